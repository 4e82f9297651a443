"""LocalStateQuery: questions about the ledger's state at a point (ouroboros-network, local-state-query.cddl).

acquire [0, point] | [8] the tip | [10] the newest immutable block (V16 on), [1] acquired, [2, why] failure, [3, query],
[4, result], [5] release, [7] done. Only what a runner needs is here; each answer has a reader of its own.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from fractions import Fraction
from typing import Any, NamedTuple

from cbor2 import CBORTag, dumps

from nectar.cardano.block import TxOut
from nectar.cardano.governance import ProtocolParamUpdate
from nectar.cardano.point import ORIGIN, Point
from nectar.decode.broken import reason_of
from nectar.decode.cbor import BROKEN
from nectar.decode.checked import OUTPUTS, SIGNED, number, sized
from nectar.decode.output import output
from nectar.decode.parameters import parameter_update
from nectar.sources.node import faults
from nectar.sources.node.message import whole


class Volatile(Enum):
    """States that are named without a point."""

    TIP = b"\x81\x08"
    IMMUTABLE = b"\x81\x0a"


TIP, IMMUTABLE = Volatile.TIP, Volatile.IMMUTABLE
IMMUTABLE_SINCE = 16
RELEASE, DONE = b"\x81\x05", b"\x81\x07"
ACQUIRED, FAILED = b"\x81\x01", b"\x82\x02\x01"

SYSTEM_START, BLOCK_NO, POINT = b"\x81\x01", b"\x81\x02", b"\x81\x03"
"""Every node answers these, in every era."""
INTERPRETER, CURRENT_ERA = b"\x82\x00\x82\x02\x81\x00", b"\x82\x00\x82\x02\x81\x01"
_PARAMETERS, _UTXO_BY_TX_IN = 3, 15


def acquire(at: Point | Volatile) -> bytes:
    if isinstance(at, Volatile):
        return at.value
    return dumps([0, [] if at == ORIGIN else [at.slot, at.hash]])


def query(inner: bytes) -> bytes:
    return b"\x82\x03" + inner


def result(inner: bytes) -> bytes:
    """A server's answer."""
    return b"\x82\x04" + inner


def in_era(index: int, question: Sequence[Any]) -> bytes:
    """A query to the ledger of era `index` (0 Byron, 6 Conway), which must be the current one."""
    return dumps([0, [0, [index, list(question)]]])


def parameters(index: int) -> bytes:
    """The query for the protocol parameters in force."""
    return in_era(index, [_PARAMETERS])


def utxo_of(index: int, inputs: Sequence[tuple[bytes, int]]) -> bytes:
    """The query for those outputs of `inputs` that are unspent."""
    return in_era(index, [_UTXO_BY_TX_IN, CBORTag(258, [[tx_hash, at] for tx_hash, at in sorted(inputs)])])


def read_acquired(message: bytes, at: Point | Volatile) -> None:
    """Checks that the state was acquired. Errors: SourceError NEC-W011."""
    if message == ACQUIRED:
        return
    match whole(message):
        case [2, 0]:
            raise faults.no_answer(f"the node no longer has the state after {_named(at)}", "only the last k blocks have one")
        case [2, 1]:
            raise faults.no_answer(f"{_named(at)} is not on the node's chain")
    raise faults.violation("no answer to the question for a state", message)


def read_result(message: bytes) -> bytes:
    if message[:2] == b"\x82\x04":
        return message[2:]
    raise faults.violation("no answer to a state query", message)


def _named(at: Point | Volatile) -> str:
    return {TIP: "its tip", IMMUTABLE: "its newest immutable block"}[at] if isinstance(at, Volatile) else str(at)


# -- answers ---------------------------------------------------------------------------------------------------------


class Bound(NamedTuple):
    """Where an era begins or ends: picoseconds since the system's start, slot, epoch."""

    time: int
    slot: int
    epoch: int


@dataclass(frozen=True, slots=True)
class EraSummary:
    """One era's time. `slot_length` is in milliseconds; `end` is None when it is not known. Exact for slots from start to end."""

    start: Bound
    end: Bound | None
    epoch_slots: int
    slot_length: int

    def picoseconds_of(self, slot: int) -> int:
        return self.start.time + (slot - self.start.slot) * self.slot_length * 1_000_000_000

    def epoch_of(self, slot: int) -> int:
        return self.start.epoch + (slot - self.start.slot) // self.epoch_slots


def read_eras(answer: bytes) -> tuple[EraSummary, ...]:
    """The interpreter's summary: [[start, end / null, params], ...] (consensus, HardFork.History.Summary). Newer nodes add
    fields to bounds and parameters, which are ignored."""
    eras = whole(answer)
    if not isinstance(eras, list) or not eras:
        raise faults.violation("no history of eras", answer)
    return tuple(_era(era, answer) for era in eras)


def _era(value: Any, answer: bytes) -> EraSummary:
    match value:
        case [start, end, [int(epoch_slots), length, *_]] if 0 < epoch_slots <= SIGNED:
            with contextlib.suppress(TypeError, ValueError, OverflowError):
                bounds = _bound(start, answer), None if end is None else _bound(end, answer)
                return EraSummary(*bounds, epoch_slots, int(length))
    raise faults.violation("no summary of an era", answer)


def _bound(value: Any, answer: bytes) -> Bound:
    match value:
        case [int(time), int(slot), int(epoch), *_] if 0 <= slot <= SIGNED and 0 <= epoch <= SIGNED:
            return Bound(time, slot, epoch)
    raise faults.violation("no bound of an era", answer)


def read_start(answer: bytes) -> datetime:
    """[year, day of the year, picoseconds of the day] -> UTC."""
    match whole(answer):
        case [int(year), int(day), int(picoseconds)]:
            with contextlib.suppress(ValueError, OverflowError):
                return datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=day - 1, microseconds=picoseconds // 1_000_000)
    raise faults.violation("no system start", answer)


def read_point(answer: bytes) -> Point:
    match whole(answer):
        case []:
            return ORIGIN
        case [int(slot), bytes(digest)] if 0 <= slot <= SIGNED and len(digest) == 32:
            return Point(slot, digest)
    raise faults.violation("no point", answer)


def read_block_no(answer: bytes) -> int:
    """-1 for an empty chain."""
    match whole(answer):
        case [0]:
            return -1
        case [1, int(number)] if 0 <= number <= SIGNED:
            return number
    raise faults.violation("no block number", answer)


def read_current_era(answer: bytes) -> int:
    era = whole(answer)
    if isinstance(era, int):
        return era
    raise faults.violation("no era", answer)


def read_in_era(answer: bytes) -> Any:
    """The result in `[result]`. Errors: SourceError NEC-W011 where the answer names two eras: the query was for another era."""
    match whole(answer):
        case [result]:
            return result
        case [[int(), str(asked)], [int(), str(current)]]:
            raise faults.no_answer(f"the question was for the ledger of {asked}, and the node's is {current}")
    raise faults.violation("no answer of an era's ledger", answer)


_PARAMETER_KEYS = (*range(12), 14, *range(16, 34))
"""The keys of CDDL `protocol_param_update` in the order of the ledger's `PParams`: Conway has all, Babbage 22."""

_KNOWN_SIZES = (22, 31)


def read_parameters(answer: bytes) -> ProtocolParamUpdate:
    """The parameters in force, in Babbage and Conway. Errors: SourceError NEC-W011 for those of another era."""
    values = read_in_era(answer)
    if not isinstance(values, list) or len(values) not in _KNOWN_SIZES:
        size = len(values) if isinstance(values, list) else "no"
        raise faults.no_answer(f"the node's protocol parameters are {size} values, of an era that this version does not know")
    try:
        return parameter_update(dict(zip(_PARAMETER_KEYS, map(_plain, values), strict=False)))
    except BROKEN as error:
        raise faults.violation(f"protocol parameters that cannot be read: {reason_of(error)}", answer) from error


def _plain(value: Any) -> Any:
    """Rationals (#6.30) as [above, below]."""
    if isinstance(value, Fraction):
        return [value.numerator, value.denominator]
    return [_plain(item) for item in value] if isinstance(value, list) else value


def read_utxo(answer: bytes) -> dict[tuple[bytes, int], TxOut]:
    """(transaction's hash, index) -> output. Each output is written as in a transaction's body."""
    outputs = read_in_era(answer)
    if not isinstance(outputs, dict):
        raise faults.violation("no outputs", answer)
    try:
        return {
            (sized(tx_hash, 32), number(index, OUTPUTS)): output(index, item, True, True)
            for (tx_hash, index), item in outputs.items()
        }
    except BROKEN as error:
        raise faults.violation(f"an output that cannot be read: {reason_of(error)}", answer) from error
