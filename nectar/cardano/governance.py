"""Proposals, votes and parameter updates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

from nectar.cardano.certificate import Anchor, Credential


class GovActionId(NamedTuple):
    tx_hash: bytes
    index: int  # type: ignore[assignment]  # shadows tuple.index


class ProtocolParamUpdate(NamedTuple):
    """CDDL `protocol_param_update`: the map as it is written, key number -> plain value (rationals as `[num, den]` lists).

    Its keys' meaning depends on the era: 14 is `protocol_version` before Conway; 16-33 appear in Alonzo, Babbage, Conway.
    """

    values: Mapping[int, Any]


class Update(NamedTuple):
    """A Shelley-style update (before Conway): each genesis delegate's proposal for `epoch`."""

    proposals: tuple[tuple[bytes, ProtocolParamUpdate], ...]
    epoch: int


class ParameterChange(NamedTuple):
    previous: GovActionId | None
    update: ProtocolParamUpdate
    policy_hash: bytes | None


class HardForkInitiation(NamedTuple):
    previous: GovActionId | None
    major: int
    minor: int


class TreasuryWithdrawals(NamedTuple):
    withdrawals: tuple[tuple[bytes, int], ...]  # reward address (29 bytes), lovelace
    policy_hash: bytes | None


class NoConfidence(NamedTuple):
    previous: GovActionId | None


class UpdateCommittee(NamedTuple):
    previous: GovActionId | None
    removed: tuple[Credential, ...]
    added: tuple[tuple[Credential, int], ...]  # cold credential, last epoch of its term
    quorum: tuple[int, int]


class NewConstitution(NamedTuple):
    previous: GovActionId | None
    anchor: Anchor
    script_hash: bytes | None


class InfoAction(NamedTuple):
    pass


GovAction: TypeAlias = (
    ParameterChange | HardForkInitiation | TreasuryWithdrawals | NoConfidence | UpdateCommittee | NewConstitution | InfoAction
)


ACTION_KINDS: Mapping[type, str] = {
    ParameterChange: "ParameterChange",
    HardForkInitiation: "HardForkInitiation",
    TreasuryWithdrawals: "TreasuryWithdrawals",
    NoConfidence: "NoConfidence",
    UpdateCommittee: "NewCommittee",
    NewConstitution: "NewConstitution",
    InfoAction: "InfoAction",
}
"""db-sync's names of the kinds; a description's tag is the ledger's, `UpdateCommittee` for `NewCommittee`."""

VOTER_ROLES = ("ConstitutionalCommittee", "ConstitutionalCommittee", "DRep", "DRep", "SPO")
"""By voter kind, as voting_procedure.voter_role has them."""

VOTES = ("No", "Yes", "Abstain")
"""By vote, as voting_procedure.vote has them."""


class Proposal(NamedTuple):
    """CDDL `proposal_procedure`; `raw_action` is the action's own CBOR."""

    deposit: int
    reward_account: bytes
    action: GovAction
    anchor: Anchor
    raw_action: bytes


class Vote(NamedTuple):
    """One entry of `voting_procedures`. Voter kinds: 0/1 committee hot key/script, 2/3 DRep key/script, 4 pool."""

    voter_kind: int
    voter_hash: bytes
    action: GovActionId
    vote: int  # 0 no, 1 yes, 2 abstain
    anchor: Anchor | None
