"""Consecutive blocks cut into batches, each of which is decoded in one place and committed whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from nectar.cardano.point import ORIGIN, Era, Numbered, Point
from nectar.compiler.compiled import CompiledPlan
from nectar.config.profile.model import Server, Target
from nectar.coverage import Coverage
from nectar.errors import NectarError
from nectar.sources.events import RollForward

BLOCKS = 1_000
BYTES = 500_000
AFAR = 8  # times as many for a server, which is a way off, and has more to do in a transaction than to take rows
BYTES_A_ROW = 60  # of blocks: real ones have more (preview 400, busy mainnet 100), so that a transaction seldom has too many
RARELY = 10  # times as many in a batch, where a filter rules out most undecoded


class Batch(NamedTuple):
    """`raws` are `[era, block]` as the source gave them, `last` the last one's point, or the one before them when there are none;
    `last_no` is its number, -1 where that is not known.

    `covered` are the slots that are filled once the batch is. `previous` is the block before, when it is in the batch
    before; never a boundary block. `genesis`: the batch begins with the rows of genesis. `ask_after`: the block before its
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


class Limits(NamedTuple):
    """At most so many blocks, and about so many bytes of them, in a batch."""

    blocks: int = BLOCKS
    bytes: int = BYTES


def is_boundary(raw: bytes) -> bool:
    """A Byron epoch boundary block: its era tag, the second byte, is 0."""
    return raw[1] == Era.BYRON_EBB


def limits_of(compiled: CompiledPlan, target: Target, share: float, times: int) -> Limits:
    """The plan's own, else what was measured to be quickest; `times` as many where other things than decoding take time too.
    Of either only a `share`, at least one block, for a server that found the whole too much."""
    performance = compiled.plan.performance
    if compiled.filters.needles:
        usual = Limits(BLOCKS * RARELY, BYTES * RARELY)
    elif isinstance(target, Server):
        times = max(times, AFAR)
        usual = Limits(BLOCKS * times, min(BYTES * times, target.batch_rows * BYTES_A_ROW))
    else:
        usual = Limits(BLOCKS * times, BYTES * times)
    blocks, size = performance.batch_blocks or usual.blocks, performance.batch_bytes or usual.bytes
    return Limits(max(int(blocks * share), 1), max(int(size * share), 1))


@dataclass(slots=True)
class OpenBatch:
    """Blocks that wait to be one batch. `begins`: the first slot that it will cover; `before`: the block before its first, and
    `before_no` its number, -1 where that is not known."""

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
        """Its blocks before the last, but for boundary blocks, which share their slot with another."""
        return [block for block, raw in zip(self.blocks[:-1], self.raws, strict=False) if not is_boundary(raw)]

    def can_end(self) -> bool:
        """No batch ends on a boundary block, which shares its slot with the block after it."""
        return bool(self.raws) and not is_boundary(self.raws[-1])

    def is_full(self, limits: Limits) -> bool:
        return len(self.raws) >= limits.blocks or self.size >= limits.bytes

    def cut(self, last_slot: int | None = None, *, may_ask: bool = False) -> Batch:
        """What waited, up to `last_slot` or the last block's; what comes now is the next batch."""
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
        """Forget a boundary block at the end, whose neighbour will not come."""
        if self.raws and is_boundary(self.raws[-1]):
            self.size -= len(self.raws.pop())
            self.blocks.pop()

    def drop_after(self, point: Point) -> bool:
        """Forget what came after `point`; False when that is not in this batch, nor right before it."""
        points = [block.point for block in self.blocks]
        if point in points:
            keep = points.index(point) + 1
        elif point == self.before:
            keep = 0
        else:
            return False
        del self.raws[keep:], self.blocks[keep:]
        self.size = sum(map(len, self.raws))
        return True


def batches(events: Iterable[RollForward], wanted: Coverage, limits: Limits, first_number: int = 0) -> Iterator[Batch]:
    """Batches that together cover `wanted`: the first from its first slot, the last to its last.

    A range without blocks gives one batch without blocks: what is known to be empty is filled too. Trouble with the source is
    raised when every whole block before it was given.
    """
    waiting = OpenBatch(wanted.first, first_number)
    trouble: NectarError | None = None
    try:
        for event in events:
            if waiting.is_full(limits) and waiting.can_end():
                yield waiting.cut()
            waiting.add(event)
    except NectarError as error:
        trouble = error
    if trouble is None:
        yield waiting.cut(wanted.last)
        return
    waiting.drop_boundary()
    if waiting.raws:
        yield waiting.cut()
    raise trouble
