"""Read `nectar_coverage` and `nectar_checkpoint` of a server's database, and write coverage within a commit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nectar.cardano.point import Numbered
from nectar.coverage import Coverage
from nectar.sinks.base import Layout
from nectar.sinks.mysql.session import ServerSession
from nectar.sinks.mysql.statements import IncomingRow, literal
from nectar.sinks.stored import points_of, ranges_of

_INSERT = "INSERT INTO nectar_coverage VALUES"


def covered(session: ServerSession) -> list[Coverage]:
    """The filled slots, as few ranges as possible."""
    rows = session.rows("SELECT first_slot, last_slot FROM nectar_coverage WHERE table_name = '*'")
    return ranges_of(rows, session.where)


def kept_blocks(session: ServerSession) -> list[Numbered]:
    """The blocks of the checkpoints, highest first."""
    rows = session.rows("SELECT slot, hash, block_no FROM nectar_checkpoint ORDER BY slot DESC, seq DESC")
    return points_of(rows, session.where)


def cover(session: ServerSession, layout: Layout, ranges: Sequence[Coverage]) -> None:
    """Make `ranges` the only covered ranges."""
    inserts = [f"{_INSERT} {_rows(layout, ranges)}"] if ranges else []
    session.several(["DELETE FROM nectar_coverage WHERE table_name = '*'", *inserts])


def covering(layout: Layout, covered: Coverage, incoming: IncomingRow) -> str:
    """SQL that adds a range as a row of its own. If a row with the same begin exists, the later end stays."""
    longer = f"{incoming.head} last_slot = GREATEST(nectar_coverage.last_slot, {incoming.of('last_slot')})"
    return f"{_INSERT} {_rows(layout, [covered])} {longer}"


def whole_to(session: ServerSession, layout: Layout, filled: Sequence[Coverage]) -> int | None:
    """The last slot up to which no row is missing: no gap, no filter, no block in quarantine. None if the origin is missing."""
    if not layout.complete or not filled or filled[0].first >= 0:
        return None
    ((quarantined,),) = session.rows("SELECT MIN(slot) FROM nectar_quarantine")
    return filled[0].last if quarantined is None else min(filled[0].last, int(quarantined) - 1)


def _rows(layout: Layout, ranges: Iterable[Coverage]) -> str:
    complete = int(layout.complete)
    rows = [("*", covered.first, covered.last, layout.fingerprint, complete) for covered in ranges]
    return ", ".join(f"({', '.join(map(literal, row))})" for row in rows)
