"""What genesis creates: Byron's vouchers and balances, Shelley's initial funds, and stake delegated from the start."""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Mapping
from fractions import Fraction
from hashlib import blake2b, sha3_256
from typing import Any, NamedTuple
from zlib import crc32

from nectar.cardano import base58
from nectar.cardano.address import parse_text
from nectar.cardano.certificate import Anchor, Credential, PoolRegistration, Relay

Json = Mapping[str, Any]


_MAINNET_MAGIC = 764824073
_NUMBER = re.compile(r"-?[0-9]{1,30}(/[0-9]{1,30}|(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?)", re.ASCII)


def _named(text: bytes, length: int) -> bytes:
    return text.ljust(length, b"\0")[:length]


# db-sync gives Shelley's genesis names where other blocks have hashes (Era.Shelley.Genesis).
SHELLEY_BLOCK_HASH = _named(b"Shelley Genesis Block Hash ", 32)
SHELLEY_LEADER_HASH = _named(b"Shelley Genesis SlotLeader Hash", 28)
STAKING_TX_HASH = _named(b"Shelley Genesis Staking Tx Hash ", 32)


class GenesisOutput(NamedTuple):
    """`tx_hash` is the pretend transaction that creates it, always output 0: blake2b-256 of the address's bytes."""

    tx_hash: bytes
    address: bytes
    value: int


class GenesisOutputs(NamedTuple):
    outputs: tuple[GenesisOutput, ...]
    pools: tuple[PoolRegistration, ...] = ()
    delegations: tuple[tuple[bytes, bytes], ...] = ()  # stake key hash, pool


class GenesisGovernance(NamedTuple):
    """Conway's first committee, each member with the last epoch of its term, and its constitution."""

    members: tuple[tuple[Credential, int], ...]
    quorum: tuple[int, int]
    constitution: Anchor
    guardrails: bytes | None  # hash of the script


def governance(conway: Json) -> GenesisGovernance:
    """Reads Conway's genesis file. Errors: KeyError, ValueError and TypeError for values that are missing or of another type."""
    committee, constitution = conway["committee"], conway["constitution"]
    members = []
    for name, epoch in committee["members"].items():
        kind, _, digest = name.rpartition("-")
        members.append((Credential(("keyHash", "scriptHash").index(kind) == 1, bytes.fromhex(digest)), int(epoch)))
    threshold = committee["threshold"]
    if isinstance(threshold, dict):
        share = Fraction(threshold["numerator"], threshold["denominator"])
    else:
        share = exact_number(threshold)
    anchor = Anchor(constitution["anchor"]["url"], bytes.fromhex(constitution["anchor"]["dataHash"]))
    script = constitution.get("script")
    return GenesisGovernance(tuple(sorted(members)), share.as_integer_ratio(), anchor, bytes.fromhex(script) if script else None)


def exact_number(value: Any) -> Fraction:
    """The exact value of a JSON number, or of a text such as "1/2". Errors: ValueError, also for more digits or a larger power of
    ten than any genesis file has."""
    text = str(value)
    if not _NUMBER.fullmatch(text):
        raise ValueError("not a number, or one that is far too long")
    return Fraction(text)


def _output(address: bytes, value: int) -> GenesisOutput:
    return GenesisOutput(blake2b(address, digest_size=32).digest(), address, value)


def voucher_address(key: bytes, magic: int | None) -> bytes:
    """The redeem address of an AVVM voucher's 32-byte key; a network that requires its magic adds it as attribute 2."""
    attributes = b"\xa0"
    if magic is not None:
        encoded = _unsigned(magic)
        attributes = b"\xa1\x02" + bytes((0x40 | len(encoded),)) + encoded
    spending = b"\x82\x02\x58\x20" + key
    root = blake2b(sha3_256(b"\x83\x02" + spending + attributes).digest(), digest_size=28).digest()
    payload = b"\x83\x58\x1c" + root + attributes + b"\x02"
    return b"\x82\xd8\x18\x58" + bytes((len(payload),)) + payload + _unsigned(crc32(payload))


def _unsigned(number: int) -> bytes:
    if number < 24:
        return bytes((number,))
    width = 1 if number < 1 << 8 else 2 if number < 1 << 16 else 4
    return bytes((0x17 + width.bit_length(),)) + number.to_bytes(width, "big")


def byron_outputs(genesis: Json, magic: int, requires: str | None = None) -> GenesisOutputs:
    """Vouchers (avvmDistr), then balances (nonAvvmBalances), in the order of the file.

    `requires` is the node's `RequiresNetworkMagic`: whether vouchers' addresses hold the magic. By default every network's do
    except mainnet's.
    """
    in_address = magic if (requires or _requires(magic)) == "RequiresMagic" else None
    vouchers = [
        _output(voucher_address(base64.urlsafe_b64decode(key), in_address), _amount(value, _LOVELACE))
        for key, value in genesis["avvmDistr"].items()
    ]
    balances = [_output(base58.decode(text), _amount(value, _LOVELACE)) for text, value in genesis["nonAvvmBalances"].items()]
    return GenesisOutputs((*vouchers, *balances))


def _amount(value: object, most: int) -> int:
    """A whole number, which Byron's file writes as text."""
    if type(value) is int or isinstance(value, str):
        amount = int(value)
        if 0 <= amount <= most:
            return amount
    raise ValueError(f"an amount is a whole number up to {most}")


_LOVELACE, _COIN = (1 << 63) - 1, (1 << 64) - 1  # of an output; of a pool (docs/decisions/0003)


def _requires(magic: int) -> str:
    return "RequiresNoMagic" if magic == _MAINNET_MAGIC else "RequiresMagic"


def shelley_outputs(genesis: Json, network_id: int) -> GenesisOutputs:
    """Initial funds, and `staking`: pools and the stake keys that delegate to them.

    Staking is in the order of its keys, as the ledger reads it: genesis' certificates are numbered in this order.
    """
    funds = [_output(_address(text), _amount(value, _LOVELACE)) for text, value in genesis.get("initialFunds", {}).items()]
    staking = genesis.get("staking") or {}
    pools = tuple(_pool(bytes.fromhex(key), entry, network_id) for key, entry in sorted(staking.get("pools", {}).items()))
    delegations = tuple((bytes.fromhex(key), bytes.fromhex(pool)) for key, pool in sorted(staking.get("stake", {}).items()))
    return GenesisOutputs(tuple(funds), pools, delegations)


def _address(text: str) -> bytes:
    return parse_text(text) if text.startswith("addr") else bytes.fromhex(text)


def _pool(key: bytes, entry: Json, network_id: int) -> PoolRegistration:
    margin = exact_number(entry["margin"])
    metadata = entry.get("metadata")
    account = entry.get("rewardAccount") or entry["accountAddress"]
    return PoolRegistration(
        key,
        bytes.fromhex(entry["vrf"]),
        _amount(entry["pledge"], _COIN),
        _amount(entry["cost"], _COIN),
        (margin.numerator, margin.denominator),
        _reward_account(account, network_id),
        tuple(bytes.fromhex(owner) for owner in entry.get("owners", ())),
        tuple(_relay(relay) for relay in entry.get("relays", ())),
        Anchor(metadata["url"], bytes.fromhex(metadata["hash"])) if metadata else None,
    )


def _reward_account(account: Json | str, network_id: int) -> bytes:
    if isinstance(account, str):
        return parse_text(account)
    credential = account["credential"]
    is_script = "scriptHash" in credential or "script hash" in credential
    digest = next(value for name, value in credential.items() if "ash" in name)
    return bytes(((0xF0 if is_script else 0xE0) | network_id,)) + bytes.fromhex(digest)


def _relay(entry: Json) -> Relay:
    kind, body = next(iter(entry.items()))
    if kind == "single host address":
        four, six = body.get("IPv4"), body.get("IPv6")
        return Relay(
            body.get("port"),
            ipaddress.IPv4Address(four) if four else None,
            ipaddress.IPv6Address(six) if six else None,
            None,
            None,
        )
    if kind == "single host name":
        return Relay(body.get("port"), None, None, body["dnsName"], None)
    return Relay(None, None, None, None, body["dnsName"])
