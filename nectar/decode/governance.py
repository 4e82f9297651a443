"""Votes, proposals and parameter updates: CDDL `voting_procedures`, `proposal_procedure`, `update`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nectar.cardano.certificate import Anchor
from nectar.cardano.governance import (
    GovAction,
    GovActionId,
    HardForkInitiation,
    InfoAction,
    NewConstitution,
    NoConfidence,
    ParameterChange,
    Proposal,
    ProtocolParamUpdate,
    TreasuryWithdrawals,
    Update,
    UpdateCommittee,
    Vote,
)
from nectar.decode.cbor import Reader
from nectar.decode.certificate import anchor, credential

_Parts = Sequence[Any]


def update(parts: _Parts) -> Update:
    """CDDL `update = [proposed_protocol_parameter_updates, epoch]` (Shelley to Babbage)."""
    proposals, epoch = parts
    return Update(tuple((who, ProtocolParamUpdate(values)) for who, values in proposals.items()), epoch)


def votes(procedures: Mapping[Any, Mapping[Any, _Parts]]) -> list[Vote]:
    """CDDL `voting_procedures = {+ voter => {+ gov_action_id => voting_procedure}}`, in the order of the bytes."""
    return [
        Vote(kind, digest, GovActionId(tx_hash, index), vote, anchor(text))
        for (kind, digest), ballots in procedures.items()
        for (tx_hash, index), (vote, text) in ballots.items()
    ]


def _previous(parts: _Parts | None) -> GovActionId | None:
    return None if parts is None else GovActionId(parts[0], parts[1])


def _some_anchor(parts: _Parts) -> Anchor:
    url, digest = parts
    return Anchor(url, digest)


def _update_committee(parts: _Parts) -> UpdateCommittee:
    _, previous, removed, added, quorum = parts
    return UpdateCommittee(
        _previous(previous),
        tuple(credential(who) for who in removed),
        tuple((credential(who), epoch) for who, epoch in added.items()),
        (quorum[0], quorum[1]),
    )


_ACTIONS: dict[int, Callable[[_Parts], GovAction]] = {
    0: lambda a: ParameterChange(_previous(a[1]), ProtocolParamUpdate(a[2]), a[3] if len(a) > 3 else None),
    1: lambda a: HardForkInitiation(_previous(a[1]), a[2][0], a[2][1]),
    2: lambda a: TreasuryWithdrawals(tuple(a[1].items()), a[2] if len(a) > 2 else None),
    3: lambda a: NoConfidence(_previous(a[1])),
    4: _update_committee,
    5: lambda a: NewConstitution(_previous(a[1]), _some_anchor(a[2][0]), a[2][1]),
    6: lambda a: InfoAction(),
}


def action(parts: Any) -> GovAction:
    """CDDL `gov_action`; an info action stands as `[6]` or as a bare 6."""
    return _ACTIONS[parts[0] if not isinstance(parts, int) else parts](parts)


def proposals(raw: bytes) -> list[Proposal]:
    """CDDL `proposal_procedures`, from the field's own bytes so that each action's bytes are kept."""
    reader = Reader(raw)
    found: list[Proposal] = []
    length = reader.open(4)
    while reader.more(length, len(found)):
        inner = reader.open(4)
        deposit, account = reader.item(), reader.item()
        raw_action = reader.span()
        text = reader.item()
        if inner < 0 and reader.more(inner, 4):
            raise ValueError("a proposal has four parts")
        found.append(Proposal(deposit, account, action(Reader(raw_action).item()), _some_anchor(text), raw_action))
    return found
