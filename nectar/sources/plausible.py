"""Checks of a header that need no signature: its time, its number, its era. Both sources use them.

Nectar checks no signatures. But a slot becomes coverage and an id, and covered slots are never requested again: a block that
cannot be true must not extend it.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, timedelta

from nectar.cardano.era_history import EraHistory
from nectar.cardano.point import Era

MARGIN = timedelta(hours=1)
"""A block may be this far ahead of this machine's clock. Nodes allow five seconds, but their clocks are kept right."""
NEXT_ERA = int(Era.CONWAY) + 1
"""The newest era that a block may have: that of the next hard fork, which decoding does not know yet."""


class Horizon:
    """The latest slot that a block of a network may have now."""

    def __init__(self, history: EraHistory) -> None:
        self._history, self._latest = history, -1

    def has(self, slot: int) -> bool:
        if slot > self._latest:  # the clock is only read when it can matter
            self._latest = self._history.latest_slot_at(datetime.now(UTC) + MARGIN)
        return slot <= self._latest

    def trouble(self, slot: int) -> str:
        """Why a block cannot have this slot; empty when it can."""
        if self.has(slot):
            return ""
        return f"its slot {shown(slot)} lies in the future: by this machine's clock plus one hour it is slot {self._latest:,}"


def number_trouble(tag: int, slot: int, block_no: int, before: tuple[int, int] | None) -> str:
    """What is wrong with a block's number; empty when nothing is.

    `before`: era tag and number of the block before it, (-1, -1) for the origin; None when its number is not known.

    A boundary block has the number of the block before it (consensus: `expectedNextBlockNo`). No chain has more blocks than
    slots and the boundary block of epoch 0.
    """
    if block_no > slot + 1:
        return f"its number {shown(block_no)} is higher than its slot {shown(slot)} allows"
    if before is None:
        return ""
    before_tag, before_no = before
    follows = before_no if tag == Era.BYRON_EBB and before_tag > Era.BYRON_EBB else before_no + 1
    return "" if block_no == follows else f"its number is {shown(block_no)}, where {follows:,} follows"


class Eras:
    """A network's eras as (first slot, tag) in order of slots, Byron with tag 1; empty when they are not known."""

    def __init__(self, eras: tuple[tuple[int, int], ...]) -> None:
        self._firsts, self._tags = [first for first, _ in eras], [tag for _, tag in eras]

    def trouble(self, tag: int, slot: int, before_tag: int) -> str:
        """What is wrong with a block's era; empty when nothing is. An era has no slot after its end. A later era than the known
        one is allowed: the chain may have forked since."""
        if tag > NEXT_ERA:
            return f"its era's tag is {shown(tag)}, and there is no such era"
        era = max(tag, int(Era.BYRON))
        if era < before_tag:
            return f"it is of era {era_name(era)}, after a block of era {era_name(before_tag)}"
        if self._tags:
            expected = self._tags[max(bisect_right(self._firsts, slot) - 1, 0)]
            if era < expected:
                return f"it is of era {era_name(era)}, at a slot of era {era_name(expected)}"
        return ""


def eras_of(history: EraHistory) -> tuple[tuple[int, int], ...]:
    """(first slot, tag) of each era that has slots."""
    firsts = {history.first_slot_of_era(era): int(Era[era.upper()]) for era in history.first_epochs}
    return tuple(sorted(firsts.items()))


def era_name(tag: int) -> str:
    return Era(tag).name.capitalize() if tag <= Era.CONWAY else f"tag {shown(tag)}"


def shown(number: int) -> str:
    """The number as text; few words for one of more than 64 bits."""
    return f"{number:,}" if number < 1 << 64 else "of more than 64 bits"
