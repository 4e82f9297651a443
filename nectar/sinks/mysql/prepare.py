"""A server's database made ready for a plan. Looks before it touches: another program's or plan's is refused as it is."""

from __future__ import annotations

from collections.abc import Sequence

from nectar.errors import SinkError
from nectar.sinks.base import Definition, Layout
from nectar.sinks.mysql.coverage import covered, kept_blocks
from nectar.sinks.mysql.finalize import is_built, is_finalized
from nectar.sinks.mysql.needs import refuse_without_rights
from nectar.sinks.mysql.session import ServerSession
from nectar.sinks.mysql.split import split_ahead
from nectar.sinks.mysql.statements import literal
from nectar.sinks.mysql.writer import FIRST
from nectar.sinks.plan_match import refuse_another_plan
from nectar.sinks.stored import PLANS, damaged_database, refuse_missing


def prepare(session: ServerSession, layout: Layout) -> None:
    """Its tables and the indexes that are kept are there afterwards. Errors: SinkError NEC-K002 (another plan's), NEC-K003 (not
    Nectar's), NEC-M010 (a right is missing that the job needs at its end)."""
    rows = session.rows("SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()")
    names = {name for (name,) in rows}
    if names - {"nectar_connection"} and "nectar_plan" not in names:
        raise SinkError(
            "this database was not made by Nectar",
            where=session.where,
            hint="name another database, an empty one; nothing was changed in this one",
            code="NEC-K003",
        )
    if "nectar_plan" in names:
        _refuse_another_plan(session, layout)
        _refuse_missing(session, layout, names)
    _enter_plan(session, layout)
    _define(session, layout)
    if not (is_finalized(session) and is_built(session, layout)):
        refuse_without_rights(session, layout)
    if layout.pre_splits and not covered(session):
        split_ahead(session, layout.pre_splits)


def writers_entered(lanes: int) -> str:
    """Inserts their rows where they are not there, and locks the first."""
    rows = ", ".join(f"({number}, 0, -1, '')" for number in range(FIRST, FIRST + lanes))
    return f"INSERT INTO nectar_writer VALUES {rows} ON DUPLICATE KEY UPDATE id = nectar_writer.id"


def _enter_plan(session: ServerSession, layout: Layout) -> None:
    """Before any other table is made: what is left when that is interrupted is known as ours. One job after another, by the
    lock of the first lane's row: of two with different plans the later one is refused."""
    definitions = {one.name: one.sql for one in layout.definitions}
    session.several([definitions["nectar_plan"], definitions["nectar_writer"]])
    plan = (layout.fingerprint, layout.plan_name, layout.compiled, layout.version)
    with session.transaction(writers_entered(1)):
        _refuse_another_plan(session, layout, " FOR UPDATE")
        values = ", ".join(map(literal, plan))
        unless_there = "ON DUPLICATE KEY UPDATE version = nectar_plan.version"
        session.execute(f"INSERT INTO nectar_plan VALUES ({values}) {unless_there}")


def _define(session: ServerSession, layout: Layout) -> None:
    session.several([statement.sql for statement in layout.definitions])
    while wanted := _not_there(session, layout.kept_indexes):
        try:
            session.several([one.sql for one in wanted])
        except SinkError:
            if _not_there(session, wanted) == wanted:  # else another job has just made one of them
                raise


def _not_there(session: ServerSession, indexes: Sequence[Definition]) -> list[Definition]:
    there = session.index_names()
    return [one for one in indexes if one.name not in there]


def _refuse_another_plan(session: ServerSession, layout: Layout, lock: str = "") -> None:
    stored = session.rows(PLANS + lock)
    if stored:  # none yet: another job was interrupted, or begins at this moment
        refuse_another_plan(stored, layout, session.where, "database")


def _refuse_missing(session: ServerSession, layout: Layout, names: set[str]) -> None:
    """Tables are made one by one. When that was interrupted, the last ones are missing, and nothing was committed. Kept blocks
    are looked at here, so that damage is told where nothing is left to load, too."""
    first = ("nectar_plan", "nectar_writer")
    wanted = [*first, *(one.name for one in layout.definitions if one.name not in first)]
    made = len([one for one in wanted if one in names])
    empty = "nectar_checkpoint" not in names or not kept_blocks(session)
    if not (empty and set(wanted[:made]) <= names):
        refuse_missing(wanted, names, session.where)
    elif names & set(wanted[2:]) and not session.rows("SELECT 1 FROM nectar_plan LIMIT 1"):
        raise damaged_database("nectar_plan has no row", session.where)
