"""Scripts, datums and redeemers as in a transaction; data stay raw bytes, hashes are of the original bytes."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class ScriptKind(IntEnum):
    """CDDL `script = [0, native_script // 1, plutus_v1_script // 2, plutus_v2_script // 3, plutus_v3_script]`."""

    NATIVE = 0
    PLUTUS_V1 = 1
    PLUTUS_V2 = 2
    PLUTUS_V3 = 3


class Script(NamedTuple):
    """`raw`: a native script's own CBOR, or the bytes of a Plutus script as they are hashed (one CBOR bytes layer taken off).

    `hash` is blake2b-224 of the kind's byte followed by `raw`.
    """

    kind: ScriptKind
    hash: bytes
    raw: bytes


class Datum(NamedTuple):
    """A Plutus datum: `hash` is blake2b-256 of `raw`, its original CBOR."""

    hash: bytes
    raw: bytes


class Purpose(IntEnum):
    """CDDL `redeemer_tag`."""

    SPEND = 0
    MINT = 1
    CERT = 2
    REWARD = 3
    VOTE = 4
    PROPOSE = 5


class Redeemer(NamedTuple):
    """`index` counts in the sorted set that the purpose names (inputs, policies, certificates, withdrawals, voters,
    proposals)."""

    purpose: Purpose
    index: int  # type: ignore[assignment]  # shadows tuple.index
    data: Datum
    mem: int
    steps: int
