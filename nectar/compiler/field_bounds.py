"""The values that a block's fields can have within a plan's range."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from nectar.cardano.network import Network
from nectar.config.codes import START_AFTER_END
from nectar.config.complaints.collector import Complaints
from nectar.config.plan.bounds import AtDate, AtEpoch, AtEra, AtOrigin, AtPoint, AtSlot, Bound
from nectar.config.plan.keys import SyncConfig
from nectar.errors import GenesisError
from nectar.filterlang.kinds import ERA_NAMES
from nectar.filterlang.ranges import Bounds


def check_range(sync: SyncConfig, network: Network, complaints: Complaints) -> None:
    """Complains of an end before the network's first slot, and of a start after the end."""
    first, last = _first(sync.start, network), _last(sync.end, network)
    sides = [(side, f"{side}_slot") for side in ("start", "end")]
    if last is None or not all(complaints.sound(("sync", key)) for side in sides for key in side):
        return
    end_key = ("sync", "end_slot" if complaints.has(("sync", "end_slot")) else "end")
    if last < 0:
        what = f"the end comes before {network.name} began, at {network.history.time_text(0)} UTC"
        complaints.add(START_AFTER_END, what, end_key, suggestion="write a later one")
    elif first is not None and first > last:
        complaints.add(START_AFTER_END, "the start comes after the end", end_key, suggestion="swap them")


def bounds_of(sync: SyncConfig, network: Network) -> Bounds:
    """Lowest and highest slot, epoch, era and time; None for a bound that is not known without the chain."""
    first, last = _first(sync.start, network), _last(sync.end, network)
    history = network.history
    if (first is None and last is None) or (last is not None and last < max(first or 0, 0)):
        return {}
    try:
        return {
            ("block", "slot"): (first, last),
            ("block", "epoch"): _both(first, last, history.epoch_of),
            ("block", "era"): _both(first, last, lambda slot: ERA_NAMES.index(history.era_at(slot)) + 1),
            ("block", "time"): _both(first, last, history.time_text),
        }
    except GenesisError:
        return {("block", "slot"): (first, last)}


def places(sync: SyncConfig, network: Network) -> dict[str, str | None]:
    """Era and epoch of where a job starts and ends, as far as they are known without the chain."""
    first, last = bounds_of(sync, network).get(("block", "slot"), (None, None))
    return {
        "start": "origin" if isinstance(sync.start, AtOrigin) else None if first is None else network.history.slot_text(first),
        "end": None if last is None else network.history.slot_text(last),
    }


def _both(first: int | None, last: int | None, of: Any) -> tuple[Any, Any]:
    return None if first is None else of(first), None if last is None else of(last)


def _first(bound: Bound, network: Network) -> int | None:
    history = network.history
    try:
        match bound:
            case AtSlot(slot) | AtPoint(slot):
                return slot
            case AtEra(era):
                return history.first_slot_of_era(era)
            case AtEpoch(epoch):
                return history.first_slot_of_epoch(epoch)
            case AtDate(moment):
                return history.slot_at(moment)
    except GenesisError:
        return None
    return None


def _last(bound: Bound, network: Network) -> int | None:
    history = network.history
    try:
        match bound:
            case AtSlot(slot) | AtPoint(slot):
                return slot
            case AtEra(era):
                return history.last_slot_of_era(era)
            case AtEpoch(epoch):
                return history.last_slot_of_epoch(epoch)
            case AtDate(moment, whole_day):
                return history.slot_at(moment + timedelta(days=1) if whole_day else moment) - 1
    except GenesisError:
        return None
    return None
