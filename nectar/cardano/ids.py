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
    """28 bytes from `pool1...` or from 56 hex digits. Raises ValueError."""
    if text.lower().startswith("pool1"):
        _, raw = bech32.decode(text)
    else:
        raw = bytes.fromhex(text)
    if len(raw) != 28:
        raise ValueError(f"a pool id has 28 bytes, not {len(raw)}")
    return raw


@lru_cache(maxsize=1 << 17)
def asset_fingerprint(policy: bytes, name: bytes) -> tuple[bytes, str]:
    """CIP-14: blake2b-160 of policy and name, raw (20 bytes) and as `asset1...`."""
    raw = blake2b(policy + name, digest_size=20).digest()
    return raw, bech32.encode("asset", raw)


_DREP_ALWAYS = {2: "drep_always_abstain", 3: "drep_always_no_confidence"}


@lru_cache(maxsize=1 << 14)
def drep_view(kind: int, digest: bytes | None) -> str:
    """A DRep as db-sync shows it: CIP-129's `drep1...` with header byte 0x22 (key) or 0x23 (script), or the two constant ones."""
    if digest is None:
        return _DREP_ALWAYS[kind]
    return bech32.encode("drep", bytes((0x22 | kind & 1,)) + digest)


def committee_view(is_hot: bool, is_script: bool, digest: bytes) -> str:
    """CIP-129 `cc_hot1...` (0x02, 0x03) and `cc_cold1...` (0x12, 0x13)."""
    header = (0x02 if is_hot else 0x12) | is_script
    return bech32.encode("cc_hot" if is_hot else "cc_cold", bytes((header,)) + digest)


def gov_action_view(tx_hash: bytes, index: int) -> str:
    """CIP-129 `gov_action1...`: transaction id and the index in as many bytes as it needs."""
    return bech32.encode("gov_action", tx_hash + index.to_bytes(max(1, (index.bit_length() + 7) // 8), "big"))
