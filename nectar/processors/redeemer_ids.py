"""What each redeemer unlocks: its index counts in a sorted set of the transaction (ledger: `AlonzoEraTxBody`'s pointers)."""

from __future__ import annotations

from nectar.cardano.block import Tx
from nectar.cardano.certificate import (
    Certificate,
    CommitteeHotAuth,
    CommitteeResignation,
    Credential,
    DRepDeregistration,
    DRepRegistration,
    DRepUpdate,
    StakeDelegation,
    StakeDeregistration,
    StakeRegistration,
    VoteDelegation,
)
from nectar.cardano.governance import ParameterChange, TreasuryWithdrawals
from nectar.cardano.position import item_id
from nectar.cardano.script import Purpose, Redeemer


def redeemer_ids(tx: Tx, this: int, purpose: Purpose) -> dict[int, int]:
    """Index within the purpose -> redeemer.id; empty when the transaction has none."""
    if not tx.redeemers:
        return {}
    return {
        redeemer.index: item_id(this, place, "redeemer")
        for place, redeemer in enumerate(tx.redeemers)
        if redeemer.purpose is purpose
    }


def _scripts_first(raw: bytes) -> tuple[int, bool, bytes]:
    """Sort key of reward accounts: network, scripts before keys (Haskell's derived order), then bytes."""
    return raw[0] & 15, not raw[0] & 0x10, raw[1:]


def sorted_withdrawals(tx: Tx) -> list[bytes]:
    """Reward accounts in the ledger's order."""
    return sorted((account for account, _ in tx.withdrawals), key=_scripts_first)


def sorted_policies(tx: Tx) -> list[bytes]:
    """Policies that mint anything: a quantity of zero is dropped before redeemers are counted."""
    return sorted({policy for policy, _, quantity in tx.mint if quantity})


def sorted_voters(tx: Tx) -> list[tuple[int, bytes]]:
    """(voter kind, hash): committee, DReps, pools; within each kind scripts before keys."""
    order = {1: 0, 0: 1, 3: 2, 2: 3, 4: 4}
    return sorted({(vote.voter_kind, vote.voter_hash) for vote in tx.votes}, key=lambda voter: (order[voter[0]], voter[1]))


def script_of(tx: Tx, redeemer: Redeemer) -> bytes | None:
    """Hash of the script that the redeemer is for; None for a spent output, whose address is not in the transaction."""
    purpose, at = redeemer.purpose, redeemer.index
    if purpose is Purpose.MINT:
        return _at(sorted_policies(tx), at)
    if purpose is Purpose.REWARD:
        account = _at(sorted_withdrawals(tx), at)
        return account[1:] if account is not None and account[0] & 0x10 else None
    if purpose is Purpose.CERT:
        return _script_of_certificate(tx, at)
    if purpose is Purpose.VOTE:
        voters = sorted_voters(tx)
        return voters[at][1] if at < len(voters) and voters[at][0] in (1, 3) else None
    if purpose is Purpose.PROPOSE and at < len(tx.proposals):
        action = tx.proposals[at].action
        return action.policy_hash if isinstance(action, ParameterChange | TreasuryWithdrawals) else None
    return None


def _at(items: list[bytes], at: int) -> bytes | None:
    return items[at] if at < len(items) else None


def _script_of_certificate(tx: Tx, at: int) -> bytes | None:
    credentials = (_credential(certificate) for index, certificate in tx.certificates if index == at)
    return next((credential.hash for credential in credentials if credential is not None and credential.is_script), None)


def _credential(certificate: Certificate) -> Credential | None:
    """The credential whose witness the certificate needs."""
    match certificate:
        case StakeRegistration(credential) | StakeDeregistration(credential) | StakeDelegation(credential):
            return credential
        case VoteDelegation(credential) | DRepRegistration(credential) | DRepDeregistration(credential):
            return credential
        case DRepUpdate(credential) | CommitteeHotAuth(credential) | CommitteeResignation(credential):
            return credential
    return None
