"""Governance actions as JSON, for gov_action_proposal.description: the ledger's `ToJSON GovAction`, keys in jsonb's order.

An action has its kind as `tag` and its parts as a list in `contents`: a single part stands alone, no parts give no `contents`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

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
from nectar.processors.governance.parameters import described_parameters

_DECIMALS = 19  # of a rational; one with more becomes numerator and denominator (ledger: `maxDecimalsWord64`)
_EXACT = 1 << 53


def describe_action(action: GovAction) -> str:
    """`{"tag": kind, "contents": ...}`; hashes in hex, numbers above 2^53 as text."""
    description: dict[str, Any] = {"tag": type(action).__name__}
    if not isinstance(action, InfoAction):
        description["contents"] = _contents(action)
    return _text(description)


def _contents(action: GovAction) -> Any:
    match action:
        case ParameterChange(previous, update, policy):
            return [_id(previous), described_parameters(update), policy]
        case HardForkInitiation(previous, major, minor):
            return [_id(previous), {"major": major, "minor": minor}]
        case TreasuryWithdrawals(withdrawals, policy):
            return [[[_account(account), amount] for account, amount in sorted(withdrawals, key=_ledger_order)], policy]
        case NoConfidence(previous):
            return _id(previous)
        case UpdateCommittee(previous, removed, added, (above, below)):
            gone = [_credential(who) for who in sorted(removed, key=lambda who: (not who.is_script, who.hash))]
            members = {f"{_role(who)}-{who.hash.hex()}": epoch for who, epoch in added}
            return [_id(previous), gone, members, Fraction(above, below) if below else 0]
        case NewConstitution(previous, anchor, script):
            constitution: dict[str, Any] = {"anchor": {"url": anchor.url, "dataHash": anchor.hash}}
            return [_id(previous), constitution | ({} if script is None else {"script": script})]
    return None


def _ledger_order(withdrawal: tuple[bytes, int]) -> tuple[int, bool, bytes]:
    account, _ = withdrawal
    return account[0] & 15, not account[0] & 0x10, account[1:]


def _id(action: GovActionId | None) -> dict[str, Any] | None:
    return None if action is None else {"txId": action.tx_hash, "govActionIx": action.index}


def _role(credential: Credential) -> str:
    return "scriptHash" if credential.is_script else "keyHash"


def _credential(credential: Credential) -> dict[str, bytes]:
    return {_role(credential): credential.hash}


def _account(raw: bytes) -> dict[str, Any]:
    network = "Mainnet" if raw[0] & 15 == 1 else "Testnet"
    return {"network": network, "credential": _credential(Credential(bool(raw[0] & 0x10), raw[1:]))}


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        ordered = sorted(value.items(), key=lambda pair: (len(pair[0].encode()), pair[0].encode()))
        return _within("{}", (f"{_string(key)}:{_text(part)}" for key, part in ordered))
    if isinstance(value, list | tuple):
        return _within("[]", map(_text, value))
    if isinstance(value, bytes):
        return f'"{value.hex()}"'
    if isinstance(value, Fraction):
        return _rational(value)
    if isinstance(value, int) and abs(value) > _EXACT:
        return f'"{value}"'
    return _string(value)


_string: Callable[[Any], str] = json.JSONEncoder(ensure_ascii=False).encode


def _within(brackets: str, parts: Iterable[str]) -> str:
    return f"{brackets[0]}{','.join(parts)}{brackets[1]}"


def _rational(value: Fraction) -> str:
    """A finite decimal as such, any other number as numerator and denominator (ledger: `ToJSON BoundedRatio`)."""
    for digits in range(_DECIMALS + 1):
        scaled = value * 10**digits
        if scaled.denominator == 1:
            text = str(scaled.numerator).rjust(digits + 1, "0")
            return f"{text[:-digits]}.{text[-digits:]}" if digits else text
    return _text({"numerator": value.numerator, "denominator": value.denominator})
