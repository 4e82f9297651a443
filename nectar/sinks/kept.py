"""What a database says of itself in `nectar_plan`, checked before it is believed; and whether its tables are all there."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from nectar import __version__
from nectar.cardano.point import Numbered, Point
from nectar.coverage import Coverage, merged
from nectar.errors import SinkError

MOST = 1 << 62  # no slot is as high as this
HASH_BYTES = 32
GONE = "NEC-K027"
PLANS = "SELECT fingerprint, name, compiled, version FROM nectar_plan"

_VERSION = re.compile(r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:[-+.a-z0-9]{0,40})", re.ASCII)
_SHOWN = 6


def refuse_newer(version: object, where: str) -> None:
    """Errors: SinkError NEC-K025 when a newer Nectar filled it, NEC-K026 when that cannot be told."""
    theirs = _VERSION.fullmatch(version) if isinstance(version, str) else None
    if theirs is None:
        raise damaged_database("nectar_plan.version is no version", where)
    ours = _VERSION.fullmatch(__version__)
    assert ours is not None
    if tuple(map(int, theirs.groups())) > tuple(map(int, ours.groups())):
        what = f"this database was made by Nectar {theirs[0]}, and this is {__version__}"
        raise SinkError(what, where=where, hint="use that version, or a newer one", code="NEC-K025")


def only_plan(rows: Sequence[Sequence[Any]], where: str) -> Sequence[Any]:
    """The row of `nectar_plan`: every job enters its plan there, and no other plan's job may. Errors: SinkError NEC-K026."""
    if len(rows) != 1:
        raise damaged_database(f"nectar_plan has {len(rows) or 'no'} rows", where)
    return rows[0]


def kept_plan(text: object, where: str) -> Mapping[str, Any]:
    """The compiled plan as ``nectar_plan`` keeps it. Errors: SinkError NEC-K026."""
    try:
        found = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise damaged_database("nectar_plan.compiled is no compiled plan", where)
    return found


def stored_tables(compiled: Mapping[str, Any], where: str) -> tuple[str, list[str], list[str]]:
    """The network's name, the plan's tables, the indexes that are built at the end. Errors: SinkError NEC-K026."""
    network, indexes = compiled.get("network"), compiled.get("indexes")
    name = network.get("name") if isinstance(network, dict) else None
    deferred = indexes.get("deferred") if isinstance(indexes, dict) else None
    tables = compiled.get("tables")
    if not isinstance(name, str) or not isinstance(tables, dict | list) or not isinstance(deferred, dict | list):
        raise damaged_database("nectar_plan.compiled lacks what every compiled plan has", where)
    return name, [str(table) for table in tables], [str(index) for index in deferred]


def refuse_missing(wanted: Sequence[str], there: Collection[str], where: str) -> None:
    """Errors: SinkError NEC-K027. What is gone is not made anew: the rows would be missing, and nothing would say so."""
    gone = [name for name in wanted if name not in there]
    if gone:
        more = f" and {len(gone) - _SHOWN} more" if len(gone) > _SHOWN else ""
        what = f"tables of this database are gone: {', '.join(gone[:_SHOWN])}{more}"
        raise SinkError(what, where=where, hint="restore them from a backup, or index into a new database", code=GONE)


def ranges_of(rows: Iterable[Sequence[Any]], where: str) -> list[Coverage]:
    """What is covered, as `nectar_coverage` has it. Errors: SinkError NEC-K026 of slots that no job writes."""
    found = [(row[0], row[1]) for row in rows]
    if not all(isinstance(first, int) and isinstance(last, int) and -1 <= first <= last < MOST for first, last in found):
        raise damaged_database("nectar_coverage has slots that there are not", where)
    return merged(Coverage(*one) for one in found)


def points_of(rows: Iterable[Sequence[Any]], where: str) -> list[Numbered]:
    """Slot, hash and block number of each block that is kept, as `nectar_checkpoint` has them. Errors: SinkError NEC-K026."""
    found = [(row[0], row[1], row[2]) for row in rows]
    if not all(_is_slot(slot) and _is_hash(digest, slot) and _is_slot(block_no) for slot, digest, block_no in found):
        raise damaged_database("nectar_checkpoint has blocks that there are not", where)
    return [Numbered(Point(slot, digest), block_no) for slot, digest, block_no in found]


def highest_of(rows: Sequence[Sequence[Any]], where: str) -> int:
    """The highest block number so far, by the newest row of `nectar_checkpoint`; -1 without one. Errors: SinkError NEC-K026."""
    highest = rows[0][0] if rows else -1
    if not _is_slot(highest):
        raise damaged_database("nectar_checkpoint has a highest block that there is not", where)
    return int(highest)


def _is_slot(value: object) -> bool:
    return isinstance(value, int) and -1 <= value < MOST


def _is_hash(value: object, slot: int) -> bool:
    return isinstance(value, bytes) and len(value) == (0 if slot < 0 else HASH_BYTES)


def damaged_database(what: str, where: str) -> SinkError:
    hint = "somebody changed it: restore it from a backup, or index into a new database"
    return SinkError(f"this database is damaged: {what}", where=where, hint=hint, code="NEC-K026")
