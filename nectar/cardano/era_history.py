"""When slots and epochs happen: Byron's slots of 20 seconds, then Shelley's of one, exact across the boundary.

Custom networks have slots of other lengths, often parts of a second, so lengths are whole microseconds (db-sync keeps times
as finely as that).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from nectar.errors import GenesisError

ERAS = ("byron", "shelley", "allegra", "mary", "alonzo", "babbage", "conway")

NOT_YET = 1 << 40
"""`shelley_epoch` of a network whose Byron era has no known end."""

_SECOND = 1_000_000
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class EraHistory:
    """Two ranges of constant slot and epoch length, and the first epoch of each era.

    Slots count from 0 at `start` (UTC); `byron_slot` and `shelley_slot` are a slot's microseconds. `shelley_epoch` is the
    first epoch with Shelley's lengths (208 on mainnet, 0 where a network had no Byron epochs); `first_epochs` has each era's
    first epoch in the order of the chain, so several eras may share one (all of them but the last are empty).
    """

    start: datetime
    byron_slot: int
    byron_epoch_slots: int
    shelley_slot: int
    shelley_epoch_slots: int
    shelley_epoch: int
    first_epochs: Mapping[str, int]

    @property
    def byron_slot_seconds(self) -> int | float:
        return _seconds(self.byron_slot)

    @property
    def shelley_slot_seconds(self) -> int | float:
        return _seconds(self.shelley_slot)

    @property
    def first_shelley_slot(self) -> int:
        """First slot with Shelley's length."""
        return self.shelley_epoch * self.byron_epoch_slots

    def epoch_of(self, slot: int) -> int:
        first = self.shelley_epoch * self.byron_epoch_slots
        if slot < first:
            return slot // self.byron_epoch_slots
        return self.shelley_epoch + (slot - first) // self.shelley_epoch_slots

    def epoch_slot_of(self, slot: int) -> int:
        """The slot's place in its epoch, from 0."""
        first = self.shelley_epoch * self.byron_epoch_slots
        return slot % self.byron_epoch_slots if slot < first else (slot - first) % self.shelley_epoch_slots

    def microseconds_of(self, slot: int) -> int:
        """Microseconds from the network's start to the slot's beginning."""
        first = self.shelley_epoch * self.byron_epoch_slots
        if slot < first:
            return slot * self.byron_slot
        return first * self.byron_slot + (slot - first) * self.shelley_slot

    def time_of(self, slot: int) -> datetime:
        """The slot's beginning in UTC. Errors: GenesisError for a slot beyond the calendar's end."""
        try:
            return self.start + timedelta(microseconds=self.microseconds_of(slot))
        except OverflowError:
            raise GenesisError(f"slot {slot} lies beyond the calendar's end", code="NEC-N006") from None

    def time_text(self, slot: int) -> str:
        """`YYYY-MM-DD HH:MM:SS`, UTC, as in block.time; with `.ffffff` where a slot begins within a second."""
        return str(self.time_of(slot))[:-6]

    def first_slot_of_epoch(self, epoch: int) -> int:
        if epoch < self.shelley_epoch:
            return epoch * self.byron_epoch_slots
        return self.first_shelley_slot + (epoch - self.shelley_epoch) * self.shelley_epoch_slots

    def last_slot_of_epoch(self, epoch: int) -> int:
        return self.first_slot_of_epoch(epoch + 1) - 1

    def first_slot_of_era(self, era: str) -> int:
        """Errors: GenesisError for an era that this network has not reached."""
        return self.first_slot_of_epoch(self._first_epoch(era))

    def last_slot_of_era(self, era: str) -> int | None:
        """The era's last slot; None for the network's current era."""
        self._first_epoch(era)
        later = [self.first_epochs[name] for name in ERAS[ERAS.index(era) + 1 :] if name in self.first_epochs]
        return self.first_slot_of_epoch(later[0]) - 1 if later else None

    def era_at(self, slot: int) -> str:
        """The era in force at a slot."""
        epoch = self.epoch_of(slot)
        return [name for name in ERAS if self.first_epochs.get(name, epoch + 1) <= epoch][-1]

    def slot_text(self, slot: int) -> str:
        """`slot 72316896 is Babbage, epoch 365`."""
        return f"slot {slot} is {self.era_at(slot).capitalize()}, epoch {self.epoch_of(slot)}"

    def slot_at(self, moment: datetime) -> int:
        """First slot that begins at or after the moment; 0 before the network's start."""
        since = (moment.astimezone(UTC) - self.start) // _MICROSECOND
        byron = self.first_shelley_slot * self.byron_slot
        if since <= byron:
            return max(0, -(-since // self.byron_slot))
        return self.first_shelley_slot + -(-(since - byron) // self.shelley_slot)

    def latest_slot_at(self, moment: datetime) -> int:
        """The last slot that may have begun by the moment; -1 before the network's start. Where Shelley's first epoch is not
        known, slots are counted as if all had its length."""
        if self.shelley_epoch == NOT_YET:
            return (moment.astimezone(UTC) - self.start) // _MICROSECOND // self.shelley_slot
        return self.slot_at(moment + _MICROSECOND) - 1

    def _first_epoch(self, era: str) -> int:
        if era not in self.first_epochs:
            known = ", ".join(name for name in ERAS if name in self.first_epochs)
            raise GenesisError(f"era {era!r} is not one that this network has had", hint=f"it has had {known}", code="NEC-N004")
        return self.first_epochs[era]


def _seconds(microseconds: int) -> int | float:
    return microseconds // _SECOND if microseconds % _SECOND == 0 else microseconds / _SECOND
