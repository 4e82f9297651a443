"""Text forms of pools, assets, DReps, committee members and governance actions (CIP-5, CIP-14, CIP-105, CIP-129)."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

from nectar.cardano import bech32


@lru_cache(maxsize=1 << 14)
def pool_id_view(pool: bytes) -> str:
    """`pool1...` of a 28-byte pool key hash."""
    return bech32.encode("pool", pool)


@lru_cache(maxsize=64)
def byron_leader(issuer: bytes) -> tuple[bytes, str]:
    """slot_leader.hash and description of a Byron block, from the issuer's 64-byte extended key (public key, chain code).

    28 bytes of blake2b-256 over the public key alone; db-sync shows the first eight after `ByronGenesis-`.
    """
    digest = blake2b(issuer[:32], digest_size=32).digest()[:28]
    return digest, f"ByronGenesis-{digest[:8].hex()}"


def parse_pool_id(text: str) -> bytes:
    """28 bytes from `pool1...` or from 56 hex digits. Errors: ValueError."""
    if text.lower().startswith("pool1"):
        _, raw = bech32.decode(text)
    else:
        raw = bytes.fromhex(text)
    if len(raw) != 28:
        raise ValueError(f"a pool id has 28 bytes, not {len(raw)}")
    return raw


@lru_cache(maxsize=1 << 13)
def asset_fingerprint(policy: bytes, name: bytes) -> tuple[bytes, str]:
    """CIP-14: blake2b-160 of policy and name, raw (20 bytes) and as `asset1...`."""
    raw = blake2b(policy + name, digest_size=20).digest()
    return raw, bech32.encode("asset", raw)


def drep_key(kind: int, digest: bytes | None) -> bytes:
    """drep_hash.id: CIP-129's header byte and the hash, or one byte (2, 3) for the two constant ones."""
    return bytes((kind,)) if digest is None else bytes((0x22 | kind,)) + digest


_DREP_PREFIXES = {"drep": None, "drep_vkh": False, "drep_script": True}
_DREP_ALWAYS = {2: "drep_always_abstain", 3: "drep_always_no_confidence"}


@lru_cache(maxsize=1 << 14)
def drep_view(kind: int, digest: bytes | None) -> str:
    """drep_hash.view as db-sync has it: `drep1...` of the bare 28 bytes, or the two constant ones.

    That is CIP-105's form for keys; db-sync gives scripts the same prefix, so key and script with one hash look alike there
    (its issue 1848) and has_script tells them apart. `drep_id` is the form that wallets show.
    """
    return _DREP_ALWAYS[kind] if digest is None else bech32.encode("drep", digest)


@lru_cache(maxsize=1 << 10)
def drep_id(is_script: bool, digest: bytes) -> str:
    """CIP-129's `drep1...`: header byte 0x22 (key) or 0x23 (script), then the 28 bytes."""
    return bech32.encode("drep", bytes((0x22 | is_script,)) + digest)


def parse_drep_id(text: str) -> tuple[bool | None, bytes]:
    """Whether it is a script's, and its 28 bytes, from any form in use: CIP-129, CIP-105 (`drep`, `drep_vkh`, `drep_script`).

    A bare `drep1...` may be db-sync's of either kind: None. Errors: ValueError.
    """
    prefix, raw = bech32.decode(text)
    if prefix not in _DREP_PREFIXES:
        raise ValueError(f"a DRep id begins with drep1, not with {prefix}1")
    if prefix == "drep" and len(raw) == 29 and raw[0] in (0x22, 0x23):
        return raw[0] == 0x23, raw[1:]
    if len(raw) != 28:
        raise ValueError(f"a DRep id has 28 bytes, or 29 that begin with 0x22 or 0x23; this has {len(raw)}")
    return _DREP_PREFIXES[prefix], raw


def script_view(digest: bytes) -> str:
    """CIP-5 `script1...` of a 28-byte script hash."""
    return bech32.encode("script", digest)


def committee_view(is_hot: bool, is_script: bool, digest: bytes) -> str:
    """CIP-129 `cc_hot1...` (0x02, 0x03) and `cc_cold1...` (0x12, 0x13)."""
    header = (0x02 if is_hot else 0x12) | is_script
    return bech32.encode("cc_hot" if is_hot else "cc_cold", bytes((header,)) + digest)


def gov_action_view(tx_hash: bytes, index: int) -> str:
    """CIP-129 `gov_action1...`: transaction id and the index in as many bytes as it needs."""
    return bech32.encode("gov_action", tx_hash + index.to_bytes(max(1, (index.bit_length() + 7) // 8), "big"))
