"""Addresses: raw bytes to text and credentials (CIP-19), and text to raw bytes."""

from __future__ import annotations

from collections.abc import Iterable
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


_MOST_KNOWN = 1 << 18          # addresses remembered before all are forgotten; about 100 MB
_known: dict[bytes, AddressParts] = {}
_views: dict[bytes, str] = {}


def describe(raw: bytes) -> AddressParts:
    """Text, script flag, payment credential and stake address of an output's address, whatever its form."""
    found = _known.get(raw)
    if found is None:
        found = _known[raw] = _describe(raw, None)
    return found


def learn(raws: Iterable[bytes]) -> None:
    """Work out what `describe` and `stake_view` will be asked, many at a time: several times as quick for each.

    Also where what is remembered is kept within bounds, so it is called between batches and not within one.
    """
    if len(_known) > _MOST_KNOWN:
        _known.clear()
        _views.clear()
    by_form: dict[tuple[str, int], list[bytes]] = {}
    for raw in {raw for raw in raws if raw not in _known}:
        if raw and raw[0] >> 4 < _BYRON:
            by_form.setdefault(("addr" if raw[0] & 15 == 1 else "addr_test", len(raw)), []).append(raw)
    for (prefix, _), alike in by_form.items():
        for raw, text in zip(alike, bech32.encode_many(prefix, alike), strict=True):
            _known[raw] = _describe(raw, text)
    stakes = {_known[raw].stake_address for alike in by_form.values() for raw in alike}
    learn_views(stake for stake in stakes if stake is not None)


def learn_views(accounts: Iterable[bytes]) -> None:
    """What `stake_view` will be asked of reward addresses."""
    by_prefix: dict[str, list[bytes]] = {}
    for raw in {raw for raw in accounts if raw not in _views and len(raw) == 29}:
        by_prefix.setdefault("stake" if raw[0] & 15 == 1 else "stake_test", []).append(raw)
    for prefix, alike in by_prefix.items():
        _views.update(zip(alike, bech32.encode_many(prefix, alike), strict=True))


def _describe(raw: bytes, text: str | None) -> AddressParts:
    """`text` is the bech32 form where it is known already."""
    if not raw:
        return AddressParts("", False, None, None)
    kind, network = raw[0] >> 4, raw[0] & 15
    if kind == _BYRON:
        return AddressParts(base58.encode(raw), False, None, None)
    if kind in _REWARD:
        return AddressParts(stake_view(raw), kind == 15, raw[1:29] if len(raw) >= 29 else None, None)
    if text is None:
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


def stake_view(raw: bytes) -> str:
    """A reward address's text: `stake1...`, on test networks `stake_test1...`."""
    found = _views.get(raw)
    if found is None:
        found = _views[raw] = bech32.encode("stake" if raw[0] & 15 == 1 else "stake_test", raw)
    return found


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
