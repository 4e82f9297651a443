"""Starts and ends that time alone determines: the slots of an era, an epoch, a day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from nectar.cardano.position import LAST_SLOT
from nectar.config.plan.bounds import AtDate, AtEpoch, AtEra, AtSlot, Bound
from nectar.errors import GenesisError


class Calendar(Protocol):
    """The network's era history. Errors: GenesisError for an era or time that the network never had."""

    def first_slot_of_epoch(self, epoch: int) -> int: ...
    def first_slot_of_era(self, era: str) -> int: ...
    def last_slot_of_era(self, era: str) -> int | None: ...
    def slot_at(self, moment: datetime) -> int: ...


def first_slot(bound: Bound, calendar: Calendar) -> tuple[int, str]:
    """The first slot of a start given as slot, era, epoch or date, and its name for messages. Errors: GenesisError."""
    if isinstance(bound, AtEra):
        return calendar.first_slot_of_era(bound.era), f"era {bound.era}"
    if isinstance(bound, AtEpoch):
        asked = f"epoch {bound.epoch}"
        return _with_ids(asked, calendar.first_slot_of_epoch(bound.epoch)), asked
    if isinstance(bound, AtDate):
        return _with_ids(_date(bound), calendar.slot_at(bound.moment)), _date(bound)
    assert isinstance(bound, AtSlot)
    return bound.slot, f"slot {bound.slot}"


def last_slot(bound: Bound, calendar: Calendar) -> tuple[int, str]:
    """The last slot of such an end, and its name for messages; the era must have ended. Errors: GenesisError."""
    if isinstance(bound, AtEra):
        last = calendar.last_slot_of_era(bound.era)
        assert last is not None
        return last, f"era {bound.era}"
    if isinstance(bound, AtEpoch):
        asked = f"epoch {bound.epoch}"
        return _with_ids(asked, calendar.first_slot_of_epoch(bound.epoch + 1) - 1), asked
    if isinstance(bound, AtDate):
        moment = bound.moment + timedelta(days=1) if bound.whole_day else bound.moment
        return _with_ids(_date(bound), calendar.slot_at(moment) - 1), _date(bound)
    assert isinstance(bound, AtSlot)
    return bound.slot, f"slot {bound.slot}"


def _with_ids(asked: str, slot: int) -> int:
    if slot > LAST_SLOT:
        what = f"{asked} is slot {slot:,}; ids have room for slots up to {LAST_SLOT:,}"
        raise GenesisError(what, hint="no network will reach it: name an earlier one", code="NEC-N006")
    return slot


def _date(bound: AtDate) -> str:
    return f"{bound.moment:%Y-%m-%d}" if bound.whole_day else f"{bound.moment:%Y-%m-%d %H:%M:%S} UTC"


def equals(asked: str, slot: int) -> str:
    """`epoch 5 = slot 432000`."""
    return asked if asked == f"slot {slot}" else f"{asked} = slot {slot}"
