"""The rights that a job needs only at its end are tried at its beginning, so that it does not load for hours in vain.

Nothing is changed: each statement names a column that does not exist, and a user who has the right gets that error instead. Some
servers look at a view's columns before its rights, so a view is really created, and dropped again.
"""

from __future__ import annotations

from collections.abc import Iterator

from nectar.errors import NectarError, SinkError
from nectar.sinks.base import Layout
from nectar.sinks.mysql.check.privileges import CODE, NOT_ALLOWED, PREFIX, grant, lacks
from nectar.sinks.mysql.derived import look_ups
from nectar.sinks.mysql.session import ServerSession

NOT_THERE = frozenset({1054, 1072, 1091})
"""Error numbers that mean: there is no such column."""

_INDEX = "CREATE INDEX `nectar_check` ON `nectar_plan` (`nectar_no_such`)"
_ALTER = "ALTER TABLE `nectar_plan` DROP COLUMN `nectar_no_such`"
_VIEW = f"CREATE OR REPLACE VIEW `{PREFIX}view` AS SELECT 1 AS `id`"
_NEW_VIEW = f"CREATE VIEW `{PREFIX}view` AS SELECT `nectar_no_such` FROM `nectar_plan`"
_NO_VIEW = f"DROP VIEW IF EXISTS `{PREFIX}view`"


def needed_at_the_end(layout: Layout) -> dict[str, str]:
    """The rights, and what the job needs each for. Replacing a view needs DROP too."""
    named = ", ".join(view.name for view in layout.views)
    views = dict.fromkeys(("CREATE VIEW", "DROP"), f"its views ({named})") if layout.views else {}
    columns = {"ALTER": "columns that its views compare"} if layout.view_columns else {}
    looks_up = layout.deferred_indexes or (layout.derived and look_ups(layout.tables))
    return ({"INDEX": "its indexes"} if looks_up else {}) | columns | views


def refuse_without_rights(session: ServerSession, layout: Layout) -> None:
    """Errors: SinkError NEC-M010, whose hint is the GRANT that gives the missing rights."""
    needed = needed_at_the_end(layout)
    missing = [name for name in _missing(session, needed) if name in needed]
    if missing:
        ((database, account),) = session.rows("SELECT DATABASE(), CURRENT_USER()")
        what, hint = lacks(missing, str(database), needed), grant(missing, str(database), str(account))
        raise SinkError(what, where=session.where, hint=hint, code=CODE)


def _missing(session: ServerSession, needed: dict[str, str]) -> Iterator[str]:
    if "INDEX" in needed and not _may(session, _INDEX):
        yield "INDEX"
    if "ALTER" in needed and not _may(session, _ALTER):
        yield "ALTER"
    if "CREATE VIEW" in needed and not _may(session, _VIEW):
        drops = _may(session, _NO_VIEW)
        if drops or not _may(session, _NEW_VIEW):
            yield "CREATE VIEW"
        if not drops:
            yield "DROP"
    elif "CREATE VIEW" in needed:
        session.execute(_NO_VIEW)


def _may(session: ServerSession, sql: str) -> bool:
    try:
        session.execute(sql)
    except NectarError as error:
        number = next(iter(getattr(error.__cause__, "args", ())), 0)  # none where a stream ended
        if number in NOT_ALLOWED:
            return False
        if number not in NOT_THERE:
            raise
    return True
