"""The texts of `address_filter` and `pool_filter` -> values. Each parser raises EntryError with code, fault and hint."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TypeAlias

from nectar.cardano import base58, bech32
from nectar.cardano.address import network_of, parse_text
from nectar.config import codes
from nectar.config.complaints.collector import say

_MAINNET_ID = 1
_BYRON_KIND = 8
_REWARD_KINDS = (14, 15)
_BECH32_REST = re.compile(r"[qpzry9x8gf2tvdw0s3jn54khce6mua7l]*")
_BASE58 = re.compile(r"[1-9A-HJ-NP-Za-km-z]+")
_HEX_POOL = re.compile(r"[0-9a-fA-F]{56}")
_BEGINNINGS = {
    "addr1": True,
    "stake1": True,
    "Ae2": True,
    "Ddz": True,
    "addr_test1": False,
    "stake_test1": False,
    "2cWKM": False,
    "37bt": False,
}
"""How the text of an address begins (bech32, then Byron's) -> whether that is mainnet's."""
_ELLIPSIS = "..."  # how examples shorten an id
_MAGIC = {"mainnet": None, "preprod": 1, "preview": 2}

ADDRESS_FORMS = '"addr1..", "stake1..", a base58 Byron address, or a beginning followed by .* ("addr1.*")'
POOL_FORMS = '"pool1..", or the 56 hex digits of the pool\'s key hash'


@dataclass(frozen=True, slots=True, order=True)
class PaymentAddress:
    """Exactly this address: `raw` bytes as they stand in an output."""

    raw: bytes


@dataclass(frozen=True, slots=True, order=True)
class StakeAddress:
    """Any address that delegates with this credential; `raw` is the 29 bytes of the reward address."""

    raw: bytes


@dataclass(frozen=True, slots=True, order=True)
class AddressPrefix:
    """Any address whose text form begins with `prefix`, such as ``addr1``; one of `stake1` means the delegating part's text."""

    prefix: str


AddressEntry: TypeAlias = PaymentAddress | StakeAddress | AddressPrefix


class EntryError(ValueError):
    """One entry is wrong. `code` is the complaint's."""

    def __init__(self, code: str, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.code, self.what, self.hint = code, what, hint


def parse_address_entry(text: str, network: str) -> AddressEntry:
    """`network` is the plan's; entries of a custom network (a path) are not checked against it.

    Errors: EntryError NEC-P050 (no address, no pattern), NEC-P051 (another network's).
    """
    return _pattern(text, network) if text.endswith("*") else _address(text, network)


def _pattern(text: str, network: str) -> AddressPrefix:
    prefix = text[:-2]
    if not text.endswith(".*"):
        raise EntryError(codes.BAD_ADDRESS, f"{say(text)} is not a pattern", f"write {say(text[:-1] + '.*')}")
    if prefix.lower().startswith(("addr", "stake")):
        prefix = prefix.lower()
    known = next((start for start in _BEGINNINGS if prefix.startswith(start)), None)
    if known is None:
        near = next((start for start in _BEGINNINGS if prefix and start.startswith(prefix)), None)
        hint = f'did you mean "{near}.*"?' if near else "leave address_filter out to keep every address" if not prefix else ""
        raise EntryError(codes.BAD_ADDRESS, f"no address begins with {say(prefix)}", hint)
    rest = _BECH32_REST.fullmatch(prefix, len(known)) if known.endswith("1") else _BASE58.fullmatch(prefix)
    if rest is None:
        raise EntryError(codes.BAD_ADDRESS, f"{say(text)} has a character that no address has", "only the end may be .*")
    if network in _MAGIC and _BEGINNINGS[known] is not (network == "mainnet"):
        raise _foreign(text, network)
    return AddressPrefix(prefix)


def _address(text: str, network: str) -> PaymentAddress | StakeAddress:
    try:
        raw = parse_text(text)
    except ValueError as error:
        why = "" if _ELLIPSIS in text else f": {error}"
        raise EntryError(codes.BAD_ADDRESS, f"{say(text)} is not an address{why}", _address_hint(text)) from error
    kind = raw[0] >> 4
    if kind == _BYRON_KIND:
        if network in _MAGIC and not base58.byron_is_of(raw, _MAGIC[network]):
            raise _foreign(text, network)
        return PaymentAddress(raw)
    shortest = 57 if kind < 4 else 29
    if kind in range(9, 14) or len(raw) < shortest or (kind in _REWARD_KINDS and len(raw) != shortest):
        raise EntryError(codes.BAD_ADDRESS, f"{say(text)} is not an address: its {len(raw)} bytes have no known form")
    if network in _MAGIC and (network_of(raw) == _MAINNET_ID) is not (network == "mainnet"):
        raise _foreign(text, network)
    return StakeAddress(raw) if kind in _REWARD_KINDS else PaymentAddress(raw)


def _address_hint(text: str) -> str:
    if _ELLIPSIS in text:
        return "this stands for an address: put the whole address there, or a beginning followed by .*"
    if text.lower().startswith("pool1"):
        return "pools belong in pool_filter"
    if text in _BEGINNINGS:
        return f'write "{text}.*" for every address that begins so'
    return ""


def _foreign(text: str, network: str) -> EntryError:
    other = "a test network" if network == "mainnet" else f"another network than {network}"
    what = f"{say(text)} belongs to {other}, and this plan is for {network}"
    return EntryError(codes.FOREIGN_ADDRESS, what, "check [plan] network")


def parse_pool_entry(text: str) -> bytes:
    """28 bytes of a pool's key hash. Errors: EntryError NEC-P052."""
    if _HEX_POOL.fullmatch(text):
        return bytes.fromhex(text)
    try:
        prefix, raw = bech32.decode(text)
    except ValueError as error:
        why = "" if _ELLIPSIS in text else f": {error}"
        raise EntryError(codes.BAD_POOL, f"{say(text)} is not a pool id{why}", _pool_hint(text)) from error
    if prefix != "pool" or len(raw) != 28:
        why = f"a pool id has 28 bytes, not {len(raw)}" if prefix == "pool" else f"it begins with {prefix}1"
        raise EntryError(codes.BAD_POOL, f"{say(text)} is not a pool id: {why}")
    return raw


def _pool_hint(text: str) -> str:
    if _ELLIPSIS in text:
        return "this stands for a pool id: put the pool's whole id there, all of its 56 characters"
    if text.endswith("*"):
        return "pools have no patterns: list their ids"
    return ""


def as_address_entry(entry: Any) -> Any:
    """A text as `parse_address_entry` reads it for any network; an entry as it is."""
    return parse_address_entry(entry, "") if isinstance(entry, str) else entry


def as_pool_entry(entry: Any) -> Any:
    """A text as `parse_pool_entry` reads it; a key hash as it is."""
    return parse_pool_entry(entry) if isinstance(entry, str) else entry
