"""Rows of the `governance` processor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import gcd
from typing import Any

from nectar.cardano.address import reward_address
from nectar.cardano.block import Block, Tx
from nectar.cardano.certificate import (
    Anchor,
    Certificate,
    CommitteeHotAuth,
    CommitteeResignation,
    Credential,
    DRep,
    DRepDeregistration,
    DRepRegistration,
    DRepUpdate,
    VoteDelegation,
)
from nectar.cardano.governance import (
    ACTION_KINDS,
    VOTER_ROLES,
    VOTES,
    GovActionId,
    NewConstitution,
    ParameterChange,
    Proposal,
    TreasuryWithdrawals,
    UpdateCommittee,
    Vote,
)
from nectar.cardano.position import block_id, item_id, tx_id
from nectar.cardano.script import Purpose
from nectar.decode.want import Want
from nectar.processors.dimensions import (
    COMMITTEE_HASH,
    DREP_HASH,
    POOL_HASH,
    STAKE_ADDRESS,
    VOTING_ANCHOR,
    committee_hash,
    drep_hash,
    pool_hash,
    stake_address,
    voting_anchor,
)
from nectar.processors.governance.describe import describe_action
from nectar.processors.governance.tables import (
    COMMITTEE,
    COMMITTEE_DE_REGISTRATION,
    COMMITTEE_MEMBER,
    COMMITTEE_REGISTRATION,
    CONSTITUTION,
    DELEGATION_VOTE,
    DREP_REGISTRATION,
    GOV_ACTION_PROPOSAL,
    TREASURY_WITHDRAWAL,
    VOTING_PROCEDURE,
)
from nectar.processors.param_proposal import PARAM_PROPOSAL, param_proposal_row
from nectar.processors.redeemer_ids import redeemer_ids
from nectar.processors.rows import Context, Row, RowBuffers
from nectar.tables import Table

NAME = "governance"
TABLES: tuple[Table, ...] = (
    DREP_HASH,
    DREP_REGISTRATION,
    DELEGATION_VOTE,
    COMMITTEE_HASH,
    COMMITTEE_REGISTRATION,
    COMMITTEE_DE_REGISTRATION,
    VOTING_ANCHOR,
    GOV_ACTION_PROPOSAL,
    TREASURY_WITHDRAWAL,
    COMMITTEE,
    COMMITTEE_MEMBER,
    CONSTITUTION,
    VOTING_PROCEDURE,
    PARAM_PROPOSAL,
    STAKE_ADDRESS,
    POOL_HASH,
)

_TABLE_OF: Mapping[type[Certificate], str] = {
    VoteDelegation: "delegation_vote",
    DRepRegistration: "drep_registration",
    DRepDeregistration: "drep_registration",
    DRepUpdate: "drep_registration",
    CommitteeHotAuth: "committee_registration",
    CommitteeResignation: "committee_de_registration",
}


def want(options: Mapping[str, Any]) -> Want:
    """Governance and certificates, and the redeemers that redeemer_id names."""
    return Want.TXS | Want.GOVERNANCE | Want.CERTIFICATES | Want.SCRIPTS


def tables(options: Mapping[str, Any]) -> tuple[Table, ...]:
    return TABLES


def rows(block: Block, out: RowBuffers, context: Context) -> None:
    """Rows of proposals, votes and certificates. A failed transaction has none of them."""
    for tx in block.txs:
        if tx.is_valid and (tx.certificates or tx.votes or tx.proposals):
            governed = _Governed(block, tx, out, context, tx_id(block.slot, tx.index))
            if tx.certificates:
                governed.certificates()
            for index, proposal in enumerate(tx.proposals):
                governed.proposal(index, proposal)
            for place, (index, vote) in enumerate(zip(vote_indexes(tx.votes), tx.votes, strict=True)):
                governed.vote(place, index, vote)


def vote_indexes(votes: Sequence[Vote]) -> list[int]:
    """voting_procedure.index of each vote: db-sync counts per voter, in the order of the actions' ids."""
    if len(votes) < 2:
        return [0] * len(votes)
    voted: dict[tuple[int, bytes], list[GovActionId]] = {}
    for vote in votes:
        voted.setdefault((vote.voter_kind, vote.voter_hash), []).append(vote.action)
    for actions in voted.values():
        actions.sort()
    return [voted[vote.voter_kind, vote.voter_hash].index(vote.action) for vote in votes]


@dataclass(slots=True)
class _Governed:
    """One transaction's governance. `counts`: its rows so far, by table."""

    block: Block
    tx: Tx
    out: RowBuffers
    context: Context
    this: int
    counts: dict[str, int] = field(default_factory=dict)

    def certificates(self) -> None:
        facts, this = self.out.facts, self.this
        redeemers = redeemer_ids(self.tx, this, Purpose.CERT)
        for index, certificate in self.tx.certificates:
            row_id = item_id(this, index, _TABLE_OF.get(type(certificate), "certificates"))
            if isinstance(certificate, VoteDelegation):
                raw = reward_address(
                    self.context.network.network_id, certificate.credential.is_script, certificate.credential.hash
                )
                address = stake_address(self.out, raw, this, self.context.addresses)
                drep = drep_hash(self.out, certificate.drep, this)
                facts["delegation_vote"].append((row_id, address, index, drep, this, redeemers.get(index)))
            elif isinstance(certificate, DRepRegistration):
                self._drep(row_id, index, certificate.credential, certificate.deposit, certificate.anchor)
            elif isinstance(certificate, DRepDeregistration):
                self._drep(row_id, index, certificate.credential, -certificate.refund, None)
            elif isinstance(certificate, DRepUpdate):
                self._drep(row_id, index, certificate.credential, None, certificate.anchor)
            elif isinstance(certificate, CommitteeHotAuth):
                cold, hot = committee_hash(self.out, certificate.cold, this), committee_hash(self.out, certificate.hot, this)
                facts["committee_registration"].append((row_id, this, index, cold, hot))
            elif isinstance(certificate, CommitteeResignation):
                cold = committee_hash(self.out, certificate.cold, this)
                anchor = self._anchor(certificate.anchor, "committee_dereg")
                facts["committee_de_registration"].append((row_id, this, index, cold, anchor))

    def _drep(self, row_id: int, index: int, who: Credential, deposit: int | None, anchor: Anchor | None) -> None:
        drep = drep_hash(self.out, DRep(int(who.is_script), who.hash), self.this)
        row: Row = (row_id, self.this, index, deposit, drep, self._anchor(anchor, "drep"))
        self.out.facts["drep_registration"].append(row)

    def _anchor(self, anchor: Anchor | None, kind: str) -> bytes | None:
        if anchor is None:
            return None
        return voting_anchor(self.out, anchor, kind, block_id(self.block.slot, is_boundary=False))

    def _next(self, table: str) -> int:
        at = self.counts.get(table, 0)
        self.counts[table] = at + 1
        return item_id(self.this, at, table)

    def proposal(self, index: int, proposal: Proposal) -> None:
        action, facts = proposal.action, self.out.facts
        row_id = item_id(self.this, index, "gov_action_proposal")
        previous = getattr(action, "previous", None)
        parameters = None
        if isinstance(action, ParameterChange):
            parameters = row_id
            facts["param_proposal"].append(param_proposal_row(row_id, self.this, None, None, action.update))
        facts["gov_action_proposal"].append(
            (
                row_id,
                self.this,
                index,
                None,
                proposal.deposit,
                stake_address(self.out, proposal.reward_account, self.this, self.context.addresses),
                None,
                self._anchor(proposal.anchor, "gov_action"),
                ACTION_KINDS[type(action)],
                describe_action(action),
                parameters,
                None,
                None,
                None,
                None,
                previous.tx_hash if previous is not None else None,
                previous.index if previous is not None else None,
            )
        )
        if isinstance(action, TreasuryWithdrawals):
            for account, amount in action.withdrawals:
                address = stake_address(self.out, account, self.this, self.context.addresses)
                facts["treasury_withdrawal"].append((self._next("treasury_withdrawal"), row_id, address, amount))
        elif isinstance(action, UpdateCommittee):
            above, below = action.quorum
            shared = gcd(above, below) or 1
            facts["committee"].append((row_id, row_id, above // shared, below // shared))
            for who, epoch in action.added:
                member = committee_hash(self.out, who, self.this)
                facts["committee_member"].append((self._next("committee_member"), row_id, member, epoch))
        elif isinstance(action, NewConstitution):
            facts["constitution"].append((row_id, row_id, self._anchor(action.anchor, "constitution"), action.script_hash))

    def vote(self, place: int, index: int, vote: Vote) -> None:
        """Adds a vote. `place`: its index among the transaction's votes; `index`: among the voter's."""
        kind, who, this, out = vote.voter_kind, vote.voter_hash, self.this, self.out
        committee = committee_hash(out, Credential(kind == 1, who), this) if kind < 2 else None
        drep = drep_hash(out, DRep(kind - 2, who), this) if kind in (2, 3) else None
        pool = pool_hash(out, who, this) if kind == 4 else None
        out.facts["voting_procedure"].append(
            (
                item_id(this, place, "voting_procedure"),
                this,
                index,
                None,
                VOTER_ROLES[kind],
                committee,
                drep,
                pool,
                VOTES[vote.vote],
                self._anchor(vote.anchor, "vote"),
                None,
                vote.action.tx_hash,
                vote.action.index,
            )
        )
