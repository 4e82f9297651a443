"""Addresses: raw bytes to text and credentials (CIP-19), and text to raw bytes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from nectar.cardano import base58, bech32

_BYRON = 8
_POINTERS = (4, 5)
_REWARD = (14, 15)
_LENGTHS = {0: 57, 1: 57, 2: 57, 3: 57, 6: 29, 7: 29}
_POINTER_BOUNDS = (1 << 32, 1 << 16, 1 << 16)  # slot, index of the transaction, index of the certificate


class AddressParts(NamedTuple):
    """The columns of an output that come from its address. `stake_address` is the 29-byte reward address of a base address's
    stake part.

    `text` shows the address as the ledger reads it (see `as_read`), as db-sync and explorers do. A pointer's
    stake address is not in the bytes and stays None (db-sync looks it up among its rows), as does Byron's payment credential.
    """

    text: str
    has_script: bool
    payment_cred: bytes | None
    stake_address: bytes | None


def describe(raw: bytes) -> AddressParts:
    """Text, script flag, payment credential and stake address of an output's address, whatever its form."""
    return _describe(raw, None)


def describe_many(addresses: Iterable[bytes]) -> dict[bytes, AddressParts]:
    """What `describe` says of each address that has a usual form, by address. The others are left out.

    Several times as quick for each address as `describe`.
    """
    by_form: dict[tuple[str, int], list[bytes]] = {}
    for raw in addresses:
        if raw and len(raw) == _LENGTHS.get(raw[0] >> 4):
            by_form.setdefault(("addr" if raw[0] & 15 == 1 else "addr_test", len(raw)), []).append(raw)
    described: dict[bytes, AddressParts] = {}
    for (prefix, _), alike in by_form.items():
        for raw, text in zip(alike, bech32.encode_many(prefix, alike), strict=True):
            described[raw] = _describe(raw, text)
    return described


def _describe(raw: bytes, text: str | None) -> AddressParts:
    """`text` is the bech32 form where the caller has it already."""
    if not raw:
        return AddressParts("", False, None, None)
    kind, network = raw[0] >> 4, raw[0] & 15
    if kind == _BYRON:
        return AddressParts(base58.encode(raw), False, None, None)
    if kind in _REWARD:
        return AddressParts(stake_view(raw), kind == 15, raw[1:29] if len(raw) >= 29 else None, None)
    if text is None:
        raw = as_read(raw)
        text = bech32.encode("addr" if network == 1 else "addr_test", raw)
    if kind > 7 or len(raw) < 29:
        return AddressParts(text, False, None, None)
    stake = None
    if kind < 4 and len(raw) >= 57:
        stake = bytes((0xE0 | (kind & 2) << 3 | network,)) + raw[29:57]
    return AddressParts(text, bool(kind & 1), raw[1:29], stake)


def as_read(raw: bytes) -> bytes:
    """A Shelley address as the ledger writes it after reading it (cardano-ledger `decodeAddrStateLenientT`, `mkPtrNormalized`).

    Until Babbage any bytes could follow an address, and a pointer could have any numbers. The ledger cuts the bytes off, and a
    pointer with a number out of bounds becomes (0, 0, 0). Bytes that the ledger cannot read (too short, unknown kind) stay.
    """
    kind = raw[0] >> 4 if raw else _BYRON
    if kind in _POINTERS:
        return _pointer_as_read(raw)
    length = _LENGTHS.get(kind, len(raw))
    return raw[:length] if len(raw) > length else raw


def _pointer_as_read(raw: bytes) -> bytes:
    """Three numbers of seven bits a byte, highest first, follow the payment credential; the ledger keeps 64 bits of each."""
    numbers, at = [], 29
    for _ in range(3):
        number, more = 0, True
        while more:
            if at >= len(raw):
                return raw
            number = (number << 7 | raw[at] & 0x7F) & 0xFFFFFFFFFFFFFFFF
            more = raw[at] > 0x7F
            at += 1
        numbers.append(number)
    if any(number >= bound for number, bound in zip(numbers, _POINTER_BOUNDS, strict=True)):
        numbers = [0, 0, 0]
    return raw[:29] + b"".join(_variable_length(number) for number in numbers)


def _variable_length(number: int) -> bytes:
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(number & 0x7F | 0x80)
    return bytes(reversed(groups))


def reward_address(network_id: int, is_script: bool, credential: bytes) -> bytes:
    """The 29 bytes of a reward address: CIP-19 header (14 key, 15 script; network), 28-byte credential."""
    return bytes(((0xF0 if is_script else 0xE0) | network_id,)) + credential


def stake_view(raw: bytes) -> str:
    """A reward address's text: `stake1...`, on test networks `stake_test1...`."""
    return bech32.encode("stake" if raw[0] & 15 == 1 else "stake_test", raw)


def stake_views(accounts: Iterable[bytes]) -> dict[bytes, str]:
    """What `stake_view` says of each reward address of 29 bytes, by address. Those of another length are left out."""
    by_prefix: dict[str, list[bytes]] = {}
    for raw in accounts:
        if len(raw) == 29:
            by_prefix.setdefault("stake" if raw[0] & 15 == 1 else "stake_test", []).append(raw)
    views: dict[bytes, str] = {}
    for prefix, alike in by_prefix.items():
        views.update(zip(alike, bech32.encode_many(prefix, alike), strict=True))
    return views


def network_of(raw: bytes) -> int | None:
    """The network id in the header; None for a Byron address, which has its network elsewhere, and for no bytes."""
    return None if not raw or raw[0] >> 4 == _BYRON else raw[0] & 15


_SHORTEST = {0: 57, 1: 57, 2: 57, 3: 57, 4: 32, 5: 32, 6: 29, 7: 29, 14: 29, 15: 29}
_PREFIXES = {"addr": (1, False), "addr_test": (0, False), "stake": (1, True), "stake_test": (0, True)}


def parse_text(text: str) -> bytes:
    """Raw bytes of an address in bech32 or base58. Errors: ValueError with the reason.

    Bytes after a Shelley address are kept: such addresses are on the chain, and some explorers show them whole.
    """
    if text.partition("1")[0].lower() in _PREFIXES:
        prefix, raw = bech32.decode(text)
        network, is_reward = _PREFIXES[prefix]
        if not raw or raw[0] >> 4 == _BYRON:
            raise ValueError("no Shelley address is within")
        if raw[0] & 15 != network or (raw[0] >> 4 in _REWARD) is not is_reward:
            raise ValueError(f"the address within is not one that begins with {prefix}1")
        if len(raw) < _SHORTEST.get(raw[0] >> 4, len(raw) + 1):
            raise ValueError(f"its {len(raw)} bytes have no known form")
        return raw
    raw = base58.decode(text)
    base58.byron_payload(raw)
    return raw
