"""`[sync]` -> SyncConfig: every form of start and end, and whether they fit each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nectar.cardano.era_history import ERAS
from nectar.config import codes
from nectar.config.complaints.collector import Complaints
from nectar.config.document.positions import TomlPath
from nectar.config.plan.bound_forms import end_of, start_of
from nectar.config.plan.bounds import AtDate, AtEpoch, AtEra, AtOrigin, AtPoint, AtSlot, Bound, FollowTip, TipMinus
from nectar.config.plan.keys import SyncConfig


def read_sync(complaints: Complaints) -> SyncConfig:
    """The range that the plan asks for. A key that was complained about has its default."""
    start = _side(complaints, "start", start_of, AtOrigin())
    end = _side(complaints, "end", end_of, FollowTip())
    if complaints.sound(("sync", "start")) and complaints.sound(("sync", "end")):
        _check_order(complaints, start, end)
    others = {key: value for key, value in complaints.sound_items(("sync",)) if key.removesuffix("_slot") not in ("start", "end")}
    return SyncConfig(start=start, end=end, **others)


def _side(complaints: Complaints, side: str, bound_of: Callable[[Any], Bound], default: Bound) -> Bound:
    bare: TomlPath = ("sync", f"{side}_slot")
    full: TomlPath = ("sync", side)
    if complaints.has(bare) and complaints.has(full):
        what = f"{side} and {side}_slot both say where to {side}"
        complaints.add(codes.TWO_BOUNDS, what, full, at="key", suggestion="leave one of them out")
        return default
    form = complaints.get(bare, None) or complaints.get(full, None)
    if form is None:
        return default
    try:
        return bound_of(form)
    except ValueError as error:  # of a date: the schema has judged all else
        path = (*full, "date")
        why = f": {error}" if complaints.shows(path) else ""
        complaints.add(codes.BAD_DATE, f"there is no such date{why}", path)
        return default


def _check_order(complaints: Complaints, start: Bound, end: Bound) -> None:
    """Compares bounds of one kind only. The compiler, which knows the network, compares an epoch with a slot."""
    from_kind, from_place = _rank(start)
    to_kind, to_place = _rank(end)
    if from_kind and from_kind == to_kind and from_place > to_place:
        end_path: TomlPath = ("sync", "end_slot") if complaints.has(("sync", "end_slot")) else ("sync", "end")
        complaints.add(codes.START_AFTER_END, "the start comes after the end", end_path, suggestion="swap them")


def _rank(bound: Bound) -> tuple[str, float]:
    """(kind, place): places of one kind compare. The kind is empty for a bound that compares with none."""
    if isinstance(bound, AtSlot | AtPoint):
        return "slot", bound.slot
    if isinstance(bound, AtEpoch):
        return "epoch", bound.epoch
    if isinstance(bound, AtEra):
        return "era", ERAS.index(bound.era)
    if isinstance(bound, AtDate):
        return "date", bound.moment.timestamp()
    if isinstance(bound, TipMinus):
        return "tip", -bound.blocks
    return "", 0
