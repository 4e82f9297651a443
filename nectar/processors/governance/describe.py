"""Governance actions as JSON, for gov_action_proposal.description."""

from __future__ import annotations

import json
from typing import Any

from nectar.cardano.address import stake_view
from nectar.cardano.certificate import Credential
from nectar.cardano.governance import (
    GovAction,
    GovActionId,
    HardForkInitiation,
    InfoAction,
    NewConstitution,
    NoConfidence,
    ParameterChange,
    TreasuryWithdrawals,
    UpdateCommittee,
)

KINDS: dict[type, str] = {
    ParameterChange: "ParameterChange",
    HardForkInitiation: "HardForkInitiation",
    TreasuryWithdrawals: "TreasuryWithdrawals",
    NoConfidence: "NoConfidence",
    UpdateCommittee: "NewCommittee",
    NewConstitution: "NewConstitution",
    InfoAction: "InfoAction",
}
"""db-sync's names of the kinds."""


def describe_action(action: GovAction) -> str:
    """`{"tag": kind, "contents": [...]}`; bytes in hex, numbers above 2^53 as text."""
    told: dict[str, Any] = {"tag": KINDS[type(action)]}
    contents = _contents(action)
    if contents:
        told["contents"] = contents
    return json.dumps(told, separators=(",", ":"))


def _contents(action: GovAction) -> list[Any]:
    match action:
        case ParameterChange(previous, update, policy):
            return [_id(previous), {str(key): _plain(value) for key, value in update.values.items()}, _plain(policy)]
        case HardForkInitiation(previous, major, minor):
            return [_id(previous), {"major": major, "minor": minor}]
        case TreasuryWithdrawals(withdrawals, policy):
            return [[[stake_view(account), _plain(amount)] for account, amount in withdrawals], _plain(policy)]
        case NoConfidence(previous):
            return [_id(previous)]
        case UpdateCommittee(previous, removed, added, quorum):
            members = [[_who(who), epoch] for who, epoch in added]
            return [_id(previous), [_who(who) for who in removed], members, list(quorum)]
        case NewConstitution(previous, anchor, script):
            return [_id(previous), {"anchor": {"url": anchor.url, "dataHash": anchor.hash.hex()}, "script": _plain(script)}]
    return []


def _id(action: GovActionId | None) -> dict[str, Any] | None:
    return None if action is None else {"txId": action.tx_hash.hex(), "govActionIx": action.index}


def _who(credential: Credential) -> str:
    return f"{'scriptHash' if credential.is_script else 'keyHash'}-{credential.hash.hex()}"


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) <= 1 << 53 else str(value)
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
