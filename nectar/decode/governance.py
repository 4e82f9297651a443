"""Votes, proposals and parameter updates: CDDL `voting_procedures`, `proposal_procedure`, `update`."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
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
    TreasuryWithdrawals,
    Update,
    UpdateCommittee,
    Vote,
)
from nectar.cardano.point import Era
from nectar.decode.cbor import Reader
from nectar.decode.certificate import anchor, credential
from nectar.decode.checked import OUTPUTS, UNSIGNED, listed, number, rational, reduced, sized, sized_or_none
from nectar.decode.parameters import identity, parameter_update
from nectar.decode.repeats import once, refuse_repeats

_Parts = Sequence[Any]


def update(parts: _Parts) -> Update:
    """CDDL `update = [proposed_protocol_parameter_updates, epoch]` (Shelley to Babbage)."""
    proposals, epoch = parts
    proposed = tuple((sized(who, 28), parameter_update(values)) for who, values in proposals.items())
    return Update(proposed, number(epoch, UNSIGNED))


def _action_id(parts: _Parts) -> GovActionId:
    """CDDL `gov_action_id = [transaction_id, uint .size 2]`."""
    tx_hash, index = parts
    return GovActionId(sized(tx_hash, 32), number(index, OUTPUTS))


def votes(procedures: Mapping[Any, Mapping[Any, _Parts]]) -> list[Vote]:
    """CDDL `voting_procedures = {+ voter => {+ gov_action_id => voting_procedure}}`, in the order of the bytes."""
    return [
        Vote(number(kind, 4), sized(digest, 28), _action_id(action_id), number(vote, 2), anchor(text))
        for (kind, digest), ballots in procedures.items()
        for action_id, (vote, text) in ballots.items()
    ]


def _previous(parts: _Parts | None) -> GovActionId | None:
    return None if parts is None else _action_id(parts)


def _some_anchor(parts: _Parts) -> Anchor:
    decoded = anchor(parts)
    if decoded is None:
        raise ValueError("an anchor was expected")
    return decoded


def _policy(parts: _Parts, at: int) -> bytes | None:
    return sized_or_none(parts[at], 28) if len(parts) > at else None


def _hard_fork(a: _Parts) -> HardForkInitiation:
    major, minor = a[2]
    return HardForkInitiation(_previous(a[1]), number(major, UNSIGNED), number(minor, UNSIGNED))


def _treasury_withdrawals(a: _Parts) -> TreasuryWithdrawals:
    taken = ((sized(account, 29), number(amount, UNSIGNED)) for account, amount in a[1].items())
    return TreasuryWithdrawals(tuple(taken), _policy(a, 2))


def _update_committee(a: _Parts) -> UpdateCommittee:
    _, previous, removed, added, quorum = a
    gone = once("body.proposal_procedures.removed", [credential(who) for who in listed(removed)], Era.CONWAY)
    members = tuple((credential(who), number(epoch, UNSIGNED)) for who, epoch in added.items())
    return UpdateCommittee(_previous(previous), tuple(gone), members, rational(quorum))


_ACTIONS: dict[int, Callable[[_Parts], GovAction]] = {
    0: lambda a: ParameterChange(_previous(a[1]), parameter_update(a[2]), _policy(a, 3)),
    1: _hard_fork,
    2: _treasury_withdrawals,
    3: lambda a: NoConfidence(_previous(a[1])),
    4: _update_committee,
    5: lambda a: NewConstitution(_previous(a[1]), _some_anchor(a[2][0]), sized_or_none(a[2][1], 28)),
    6: lambda a: InfoAction(),
}


def action(parts: Any) -> GovAction:
    """CDDL `gov_action`; an info action stands as `[6]` or as a bare 6."""
    return _ACTIONS[parts[0] if not isinstance(parts, int) else parts](parts)


def proposals(raw: bytes, era: Era) -> list[Proposal]:
    """CDDL `proposal_procedures`, from the field's own bytes so that each action's bytes are kept."""
    reader = Reader(raw)
    decoded: list[Proposal] = []
    length = reader.open(4)
    while reader.more(length, len(decoded)):
        inner = reader.open(4)
        deposit, account = number(reader.item()), sized(reader.item(), 29)
        raw_action = reader.span()
        text = reader.item()
        reader.end(inner, 4)
        decoded.append(Proposal(deposit, account, action(Reader(raw_action).item()), _some_anchor(text), raw_action))
    if len(decoded) > 1:
        refuse_repeats("body.proposal_procedures", [_identity(proposal) for proposal in decoded], era)
    return decoded


def _identity(proposal: Proposal) -> Hashable:
    """Equal for proposals that the ledger holds equal, in whatever order the members of their maps and sets stand."""
    action = proposal.action
    comparable: Hashable = action
    if isinstance(action, ParameterChange):
        comparable = action.previous, identity(action.update), action.policy_hash
    elif isinstance(action, TreasuryWithdrawals):
        comparable = frozenset(action.withdrawals), action.policy_hash
    elif isinstance(action, UpdateCommittee):
        comparable = action.previous, frozenset(action.removed), frozenset(action.added), reduced(action.quorum)
    return type(action), comparable, proposal.deposit, proposal.reward_account, proposal.anchor
