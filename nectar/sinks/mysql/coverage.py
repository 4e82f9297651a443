"""`nectar_coverage` and `nectar_checkpoint` of a server's database: read; coverage written within a commit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nectar.cardano.point import Numbered
from nectar.coverage import Coverage
from nectar.sinks.base import Layout
from nectar.sinks.mysql.session import ServerSession
from nectar.sinks.mysql.statements import Came, literal
from nectar.sinks.stored import points_of, ranges_of

_INSERT = "INSERT INTO nectar_coverage VALUES"


def covered(session: ServerSession) -> list[Coverage]:
    found = session.rows("SELECT first_slot, last_slot FROM nectar_coverage WHERE table_name = '*'")
    return ranges_of(found, session.where)


def kept_blocks(session: ServerSession) -> list[Numbered]:
    """The highest first."""
    found = session.rows("SELECT slot, hash, block_no FROM nectar_checkpoint ORDER BY slot DESC, seq DESC")
    return points_of(found, session.where)


def cover(session: ServerSession, layout: Layout, ranges: Sequence[Coverage]) -> None:
    """These, and no others."""
    covering = [f"{_INSERT} {_rows(layout, ranges)}"] if ranges else []
    session.several(["DELETE FROM nectar_coverage WHERE table_name = '*'", *covering])


def covering(layout: Layout, one: Coverage, came: Came) -> str:
    """Adds a range as it came; of one that is there already the later end stays."""
    longer = f"{came.head} last_slot = GREATEST(nectar_coverage.last_slot, {came.of('last_slot')})"
    return f"{_INSERT} {_rows(layout, [one])} {longer}"


def whole_to(session: ServerSession, layout: Layout, filled: Sequence[Coverage]) -> int | None:
    """The last slot before which no row is missing: no gap, no filter, no block in quarantine."""
    if not layout.complete or not filled or filled[0].first >= 0:
        return None
    ((quarantined,),) = session.rows("SELECT MIN(slot) FROM nectar_quarantine")
    return filled[0].last if quarantined is None else min(filled[0].last, int(quarantined) - 1)


def _rows(layout: Layout, ranges: Iterable[Coverage]) -> str:
    rows = [("*", one.first, one.last, layout.fingerprint, int(layout.complete)) for one in ranges]
    return ", ".join(f"({', '.join(map(literal, row))})" for row in rows)
