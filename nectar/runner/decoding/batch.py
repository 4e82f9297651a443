"""Consecutive blocks cut into batches, each of which is decoded in one place and committed whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from nectar.cardano.point import ORIGIN, Era, Numbered, Point
from nectar.compiler.compiled import CompiledPlan
from nectar.config.profile.model import Server, Target
from nectar.coverage import Coverage
from nectar.errors import NectarError, SinkError, TooBigError
from nectar.runner.report import Report
from nectar.sources.events import RollForward

BLOCKS = 1_000
BYTES = 500_000
AFAR = 8  # times as many for a server, which is a way off, and does more in a transaction than take rows
BYTES_A_ROW = 60  # of blocks: real ones have more (preview 400, busy mainnet 100), so a transaction seldom has too many rows
RARELY = 10  # times as many in a batch, where a filter rules out most blocks undecoded
ONE_BLOCK = 500  # bytes: a batch of no more is surely of a single block
ROOM = 1.25  # what a batch is made smaller by, beyond what is known to be too much: others may be fuller


class Batch(NamedTuple):
    """`raws` are `[era, block]` as the source gave them. `last` is the last block's point, or the point before the batch when it
    has no blocks; `last_no` is its number, -1 where that is not known.

    `covered` are the slots that are filled once the batch is committed. `previous` is the block before, when it is in the batch
    before; never a boundary block. `genesis`: the batch begins with the rows of genesis. `ask_after`: the block before the
    first, at the tip, where a node can be asked for outputs that are not known.
    """

    number: int
    raws: tuple[bytes, ...]
    last: Point
    covered: Coverage
    previous: Point | None
    genesis: bool
    ask_after: Point | None = None
    last_no: int = -1


class BatchLimits(NamedTuple):
    """A batch has at most so many blocks, and about so many bytes of them."""

    blocks: int = BLOCKS
    bytes: int = BYTES


def is_boundary(raw: bytes) -> bool:
    """Whether this is a Byron epoch boundary block: its era tag, the second byte, is 0."""
    return raw[1] == Era.BYRON_EBB


def limits_of(compiled: CompiledPlan, target: Target, share: float, times: int) -> BatchLimits:
    """The plan's own limits, else those that were measured to be quickest; `times` as many where other work than decoding takes
    time too. A `share` below 1 is for a server that refused a batch as too big; a batch has at least one block."""
    performance = compiled.plan.performance
    if compiled.filters.needles:
        usual = BatchLimits(BLOCKS * RARELY, BYTES * RARELY)
    elif isinstance(target, Server):
        times = max(times, AFAR)
        usual = BatchLimits(BLOCKS * times, min(BYTES * times, target.batch_rows * BYTES_A_ROW))
    else:
        usual = BatchLimits(BLOCKS * times, BYTES * times)
    blocks, size = performance.batch_blocks or usual.blocks, performance.batch_bytes or usual.bytes
    return BatchLimits(max(int(blocks * share), 1), max(int(size * share), 1))


def smaller_share(share: float, limits: BatchLimits, error: TooBigError, report: Report) -> float:
    """Half of the batches' size from now on, or less where the error tells how much too big one was.

    Errors: SinkError NEC-M009 when the batch was a single block.
    """
    if limits.blocks <= 1 or limits.bytes <= ONE_BLOCK:
        hint = "raise the server's limits (max_allowed_packet, txn-total-size-limit, memory quota), or leave tables out"
        raise SinkError(f"one block is too much: {error.what}", where=error.where, hint=hint, code="NEC-M009") from error
    times = max(2.0, error.over * ROOM)
    how = f"{times:.1f} times smaller" if times > 2 else "half as large"
    report.say("note", f"{error}: going on with batches {how}", code=error.code)
    return share / times


@dataclass(slots=True)
class OpenBatch:
    """Blocks that wait to become one batch. `begins`: the first slot that it will cover; `before`: the block before its first;
    `before_no`: that block's number, -1 where it is not known."""

    begins: int
    number: int = 0
    before: Point | None = None
    before_no: int = -1
    raws: list[bytes] = field(default_factory=list)
    blocks: list[Numbered] = field(default_factory=list)
    size: int = 0
    linked: bool = False  # `before` is in the batch before

    def add(self, event: RollForward) -> None:
        self.raws.append(event.raw)
        self.blocks.append(Numbered(event.point, event.block_no))
        self.size += len(event.raw)

    def pass_over(self, event: RollForward) -> None:
        """The batch begins after this block."""
        self.before, self.before_no = event.point, event.block_no

    def earlier(self) -> list[Numbered]:
        """Its blocks before the last, without boundary blocks, which share their slot with another block."""
        return [block for block, raw in zip(self.blocks[:-1], self.raws, strict=False) if not is_boundary(raw)]

    def can_end(self) -> bool:
        """No batch ends on a boundary block, which shares its slot with the block after it."""
        return bool(self.raws) and not is_boundary(self.raws[-1])

    def is_full(self, limits: BatchLimits) -> bool:
        return len(self.raws) >= limits.blocks or self.size >= limits.bytes

    def cut(self, last_slot: int | None = None, *, may_ask: bool = False) -> Batch:
        """The batch of the blocks that waited, up to `last_slot` or the last block's; the next block begins another batch."""
        last, last_no = self.blocks[-1] if self.blocks else (self.before or ORIGIN, self.before_no)
        covered = Coverage(self.begins, last.slot if last_slot is None else last_slot)
        previous = self.before if self.linked else None
        ask_after = self.before if may_ask else None
        batch = Batch(self.number, tuple(self.raws), last, covered, previous, self.begins < 0, ask_after, last_no)
        if self.blocks:
            self.before, self.before_no, self.linked = last, last_no, True
        self.begins, self.number, self.size = covered.last + 1, self.number + 1, 0
        self.raws, self.blocks = [], []
        return batch

    def drop_boundary(self) -> None:
        """Drops a boundary block at the end, since the block after it will not come."""
        if self.raws and is_boundary(self.raws[-1]):
            self.size -= len(self.raws.pop())
            self.blocks.pop()

    def drop_after(self, point: Point) -> bool:
        """Drops the blocks after `point`. False when `point` is neither in this batch nor right before it."""
        points = [block.point for block in self.blocks]
        if point in points:
            count = points.index(point) + 1
        elif point == self.before:
            count = 0
        else:
            return False
        del self.raws[count:], self.blocks[count:]
        self.size = sum(map(len, self.raws))
        return True


def batches(events: Iterable[RollForward], wanted: Coverage, limits: BatchLimits, first_number: int = 0) -> Iterator[Batch]:
    """Batches that together cover `wanted`: the first from its first slot, the last to its last.

    A range without blocks gives one batch without blocks, so slots that are known to be empty are filled too. The source's error
    is raised after every whole block before it was given.
    """
    open_batch = OpenBatch(wanted.first, first_number)
    source_error: NectarError | None = None
    try:
        for event in events:
            if open_batch.is_full(limits) and open_batch.can_end():
                yield open_batch.cut()
            open_batch.add(event)
    except NectarError as error:
        source_error = error
    if source_error is None:
        yield open_batch.cut(wanted.last)
        return
    open_batch.drop_boundary()
    if open_batch.raws:
        yield open_batch.cut()
    raise source_error
