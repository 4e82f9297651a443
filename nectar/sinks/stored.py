"""What Nectar's own tables in a database say, checked before it is believed; and whether the plan's tables are all there.

Each family reads the rows. The functions here raise SinkError: NEC-K003 when Nectar did not make the database, NEC-K025 when a
newer Nectar filled it, NEC-K026 when a row holds what no job writes, NEC-K027 when tables are missing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from nectar import __version__
from nectar.cardano.point import Numbered, Point
from nectar.coverage import Coverage, merged
from nectar.errors import SinkError

PLANS = "SELECT fingerprint, name, compiled, version FROM nectar_plan"
GONE = "NEC-K027"

_SLOT_LIMIT = 1 << 62  # no chain has a slot as high as this
_HASH_BYTES = 32
_VERSION = re.compile(r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:[-+.a-z0-9]{0,40})", re.ASCII)
_SHOWN = 6  # names of missing tables in a message


class StoredPlan(NamedTuple):
    """The plan that filled a database, as the database says it. `deferred` are the indexes that are built at the end."""

    fingerprint: str
    name: str
    version: str
    network: str
    tables: tuple[str, ...]
    deferred: tuple[str, ...]


def stored_plan(rows: Sequence[Sequence[Any]], table_names: Collection[str], own: Sequence[str], where: str) -> StoredPlan:
    """`rows`: those that PLANS selects. `table_names`: the database's tables. `own`: Nectar's own tables, which must exist.

    Errors: SinkError NEC-K003, NEC-K025 to NEC-K027.
    """
    if not rows:
        raise not_made_by_nectar(where)
    fingerprint, name, compiled, version = only_plan(rows, where)
    refuse_newer(version, where)
    network, tables, deferred = stored_tables(compiled_plan(compiled, where), where)
    refuse_missing([*own, *tables], table_names, where)
    return StoredPlan(str(fingerprint), str(name), version, network, tuple(tables), tuple(deferred))


def only_plan(rows: Sequence[Sequence[Any]], where: str) -> Sequence[Any]:
    """The one row of `nectar_plan`: each job enters its plan there, and Nectar refuses a second plan. Errors: NEC-K026."""
    if len(rows) != 1:
        raise damaged_database(f"nectar_plan has {len(rows) or 'no'} rows", where)
    return rows[0]


def refuse_newer(version: object, where: str) -> None:
    """Errors: SinkError NEC-K025 when a newer Nectar filled it, NEC-K026 when `version` is none."""
    theirs = _VERSION.fullmatch(version) if isinstance(version, str) else None
    if theirs is None:
        raise damaged_database("nectar_plan.version is no version", where)
    ours = _VERSION.fullmatch(__version__)
    assert ours is not None
    if tuple(map(int, theirs.groups())) > tuple(map(int, ours.groups())):
        what = f"this database was made by Nectar {theirs[0]}, and this is {__version__}"
        raise SinkError(what, where=where, hint="use that version, or a newer one", code="NEC-K025")


def compiled_plan(text: object, where: str) -> Mapping[str, Any]:
    """The compiled plan in a row of `nectar_plan`. Errors: SinkError NEC-K026."""
    try:
        compiled = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        compiled = None
    if not isinstance(compiled, dict):
        raise damaged_database("nectar_plan.compiled is no compiled plan", where)
    return compiled


def stored_tables(compiled: Mapping[str, Any], where: str) -> tuple[str, list[str], list[str]]:
    """The network's name, the plan's tables, the indexes that are built at the end. Errors: SinkError NEC-K026."""
    network, indexes = compiled.get("network"), compiled.get("indexes")
    name = network.get("name") if isinstance(network, dict) else None
    deferred = indexes.get("deferred") if isinstance(indexes, dict) else None
    tables = compiled.get("tables")
    if not isinstance(name, str) or not isinstance(tables, dict | list) or not isinstance(deferred, dict | list):
        raise damaged_database("nectar_plan.compiled lacks what every compiled plan has", where)
    return name, [str(table) for table in tables], [str(index) for index in deferred]


def refuse_missing(required: Sequence[str], table_names: Collection[str], where: str) -> None:
    """Errors: SinkError NEC-K027. A missing table is not created again: its rows would be missing, and nothing would say so."""
    gone = [name for name in required if name not in table_names]
    if gone:
        more = f" and {len(gone) - _SHOWN} more" if len(gone) > _SHOWN else ""
        what = f"tables of this database are gone: {', '.join(gone[:_SHOWN])}{more}"
        raise SinkError(what, where=where, hint="restore them from a backup, or index into a new database", code=GONE)


def ranges_of(rows: Iterable[Sequence[Any]], where: str) -> list[Coverage]:
    """The covered ranges, from rows of `nectar_coverage` (first, last, ..). Errors: SinkError NEC-K026."""
    bounds = [(row[0], row[1]) for row in rows]
    if not all(isinstance(first, int) and isinstance(last, int) and -1 <= first <= last < _SLOT_LIMIT for first, last in bounds):
        raise damaged_database("nectar_coverage has impossible slots", where)
    return merged(Coverage(first, last) for first, last in bounds)


def points_of(rows: Iterable[Sequence[Any]], where: str) -> list[Numbered]:
    """The blocks in rows of `nectar_checkpoint` (slot, hash, block number), in their order. Errors: SinkError NEC-K026."""
    blocks = [(row[0], row[1], row[2]) for row in rows]
    if not all(_is_slot(slot) and _is_hash(digest, slot) and _is_slot(block_no) for slot, digest, block_no in blocks):
        raise damaged_database("nectar_checkpoint has impossible blocks", where)
    return [Numbered(Point(slot, digest), block_no) for slot, digest, block_no in blocks]


def highest_of(rows: Sequence[Sequence[Any]], where: str) -> int:
    """The highest block number so far, by the newest row of `nectar_checkpoint`; -1 without one. Errors: SinkError NEC-K026."""
    highest = rows[0][0] if rows else -1
    if not _is_slot(highest):
        raise damaged_database("nectar_checkpoint has an impossible highest block", where)
    return int(highest)


def _is_slot(value: object) -> bool:
    return isinstance(value, int) and -1 <= value < _SLOT_LIMIT


def _is_hash(value: object, slot: int) -> bool:
    return isinstance(value, bytes) and len(value) == (0 if slot < 0 else _HASH_BYTES)


def not_made_by_nectar(where: str) -> SinkError:
    hint = "name one that `nectar run` made"
    return SinkError("this database was not made by Nectar", where=where, hint=hint, code="NEC-K003")


def damaged_database(what: str, where: str) -> SinkError:
    hint = "somebody changed it: restore it from a backup, or index into a new database"
    return SinkError(f"this database is damaged: {what}", where=where, hint=hint, code="NEC-K026")
