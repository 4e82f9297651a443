"""Addresses: raw bytes to text and credentials (CIP-19), and text to raw bytes."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from nectar.cardano import base58, bech32

_BYRON = 8
_POINTERS = (4, 5)
_REWARD = (14, 15)


class AddressParts(NamedTuple):
    """What the columns of an output show. `stake_address` is the 29-byte reward address of a base address's stake part.

    A pointer's stake address is not in the bytes and stays None, as does Byron's payment credential. An address that is
    longer than its form keeps every byte in its text; one that is too short has no credentials.
    """

    text: str
    has_script: bool
    payment_cred: bytes | None
    stake_address: bytes | None


@lru_cache(maxsize=1 << 17)
def describe(raw: bytes) -> AddressParts:
    """Text, script flag, payment credential and stake address of an output's address, whatever its form."""
    if not raw:
        return AddressParts("", False, None, None)
    kind, network = raw[0] >> 4, raw[0] & 15
    if kind == _BYRON:
        return AddressParts(base58.encode(raw), False, None, None)
    if kind in _REWARD:
        return AddressParts(stake_view(raw), kind == 15, raw[1:29] if len(raw) >= 29 else None, None)
    text = bech32.encode("addr" if network == 1 else "addr_test", raw)
    if kind > 7 or len(raw) < 29:
        return AddressParts(text, False, None, None)
    stake = None
    if kind < 4 and len(raw) >= 57:
        stake = bytes((0xE0 | (kind & 2) << 3 | network,)) + raw[29:57]
    return AddressParts(text, bool(kind & 1), raw[1:29], stake)


def reward_address(network_id: int, is_script: bool, credential: bytes) -> bytes:
    """The 29 bytes of a reward address: CIP-19 header (14 key, 15 script; network), 28-byte credential."""
    return bytes(((0xF0 if is_script else 0xE0) | network_id,)) + credential


@lru_cache(maxsize=1 << 16)
def stake_view(raw: bytes) -> str:
    """A reward address's text: `stake1...`, on test networks `stake_test1...`."""
    return bech32.encode("stake" if raw[0] & 15 == 1 else "stake_test", raw)


def network_of(raw: bytes) -> int | None:
    """The network id in the header; None for a Byron address, which tells its network elsewhere."""
    return None if raw[0] >> 4 == _BYRON else raw[0] & 15


_PREFIXES = {"addr": (1, False), "addr_test": (0, False), "stake": (1, True), "stake_test": (0, True)}


def parse_text(text: str) -> bytes:
    """Raw bytes of an address in bech32 or base58. Raises ValueError that says what is wrong with it."""
    if text.partition("1")[0].lower() in _PREFIXES:
        prefix, raw = bech32.decode(text)
        network, is_reward = _PREFIXES[prefix]
        if not raw or raw[0] >> 4 == _BYRON:
            raise ValueError("no Shelley address is within")
        if raw[0] & 15 != network or (raw[0] >> 4 in _REWARD) is not is_reward:
            raise ValueError(f"the address within is not one that begins with {prefix}1")
        return raw
    raw = base58.decode(text)
    base58.byron_payload(raw)
    return raw
