"""`[sync]` -> SyncConfig: every form of start and end, and whether they fit each other."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from nectar.cardano.era_history import ERAS
from nectar.config import codes
from nectar.config.complaints.collector import Complaints
from nectar.config.document.positions import TomlPath
from nectar.config.plan.bounds import (
    AtBlock,
    AtCheckpoint,
    AtDate,
    AtEpoch,
    AtEra,
    AtOrigin,
    AtPoint,
    AtSlot,
    Bound,
    FollowTip,
    TipMinus,
)
from nectar.config.plan.model import SyncConfig

_LAST_YEAR = 9000


def read_sync(complaints: Complaints) -> SyncConfig:
    """What is complained about is left at its default."""
    start = _side(complaints, "start", AtOrigin())
    end = _side(complaints, "end", FollowTip())
    if complaints.sound(("sync", "start")) and complaints.sound(("sync", "end")):
        _check_order(complaints, start, end)
    return SyncConfig(
        start,
        end,
        complaints.get(("sync", "skip_existing"), True),
        complaints.get(("sync", "on_decode_error"), "halt"),
    )


def _side(complaints: Complaints, side: str, default: Bound) -> Bound:
    """Slot 0 means the default on both sides: the origin, the tip."""
    bare: TomlPath = ("sync", f"{side}_slot")
    full: TomlPath = ("sync", side)
    if complaints.has(bare) and complaints.has(full):
        what = f"{side} and {side}_slot both say where to {side}"
        complaints.add(codes.TWO_BOUNDS, what, full, at="key", suggestion="leave one of them out")
        return default
    form = complaints.get(bare, None) or complaints.get(full, None)
    if isinstance(form, int):
        return AtSlot(form) if form else default
    if form is None:
        return default
    return _word(form) if isinstance(form, str) else _table(complaints, full, form)


def _word(form: str) -> Bound:
    if form == "origin":
        return AtOrigin()
    if form == "tip":
        return FollowTip()
    return TipMinus(int(form.removeprefix("tip-"))) if form.startswith("tip-") else AtEra(form)


def _table(complaints: Complaints, path: TomlPath, form: dict[str, Any]) -> Bound:
    if "epoch" in form:
        return AtEpoch(form["epoch"])
    if "date" in form:
        return _date(complaints, (*path, "date"), form["date"])
    if "slot" in form:
        return AtPoint(form["slot"], bytes.fromhex(form["hash"]))
    if "block_hash" in form:
        return AtBlock(bytes.fromhex(form["block_hash"]))
    slot, _, digest = form["checkpoint"].rpartition(".")
    return AtCheckpoint(bytes.fromhex(digest), int(slot) if slot else -1)


def _date(complaints: Complaints, path: TomlPath, value: date | datetime | str) -> Bound:
    """UTC unless an offset is said."""
    try:
        whole_day = len(str(value)) == len("2021-09-12")
        moment = _moment(value)
        if moment.year > _LAST_YEAR:
            raise ValueError(f"the year must be at most {_LAST_YEAR}")
    except (ValueError, OverflowError) as error:
        why = f": {error}" if complaints.shows(path) else ""
        complaints.add(codes.BAD_DATE, f"there is no such date{why}", path)
        return AtOrigin()
    return AtDate(moment, whole_day)


def _moment(value: date | datetime | str) -> datetime:
    if isinstance(value, str):
        value = datetime.fromisoformat(value.upper())
    elif not isinstance(value, datetime):
        value = datetime.combine(value, time())
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _check_order(complaints: Complaints, start: Bound, end: Bound) -> None:
    """Only bounds of one kind: how an epoch compares with a slot is the network's history, known when the plan is compiled."""
    from_kind, from_place = _rank(start)
    to_kind, to_place = _rank(end)
    if from_kind and from_kind == to_kind and from_place > to_place:
        said: TomlPath = ("sync", "end_slot") if complaints.has(("sync", "end_slot")) else ("sync", "end")
        complaints.add(codes.START_AFTER_END, "the start comes after the end", said, suggestion="swap them")


def _rank(bound: Bound) -> tuple[str, float]:
    """(kind, place) such that places of one kind compare; kind is empty where nothing compares."""
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
