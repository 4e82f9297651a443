"""Prepare a server's database for a plan. It looks before it writes: a database of another program or plan is not changed."""

from __future__ import annotations

from collections.abc import Sequence

from nectar.errors import SinkError, TransientError
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
    """Create the tables, and the indexes that exist during the load.

    Errors: SinkError NEC-K002 (another plan's database), NEC-K003 (not Nectar's), NEC-M010 (a right that the job needs at its end
    is missing).
    """
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


def writers_entered(writers: int) -> str:
    """SQL that inserts the missing rows of `nectar_writer`, and locks the first."""
    rows = ", ".join(f"({number}, 0, -1, '')" for number in range(FIRST, FIRST + writers))
    return f"INSERT INTO nectar_writer VALUES {rows} ON DUPLICATE KEY UPDATE id = nectar_writer.id"


def _enter_plan(session: ServerSession, layout: Layout) -> None:
    """Enter the plan before any other table is created: after an interruption the tables are known to be Nectar's.

    The lock of the first writer's row lets one job after another in: of two jobs with different plans the later one is refused.
    """
    definitions = {definition.name: definition.sql for definition in layout.definitions}
    session.several([definitions["nectar_plan"], definitions["nectar_writer"]])
    plan = (layout.fingerprint, layout.plan_name, layout.compiled, layout.version)
    with session.transaction(writers_entered(1)):
        _refuse_another_plan(session, layout, " FOR UPDATE")
        values = ", ".join(map(literal, plan))
        unless_there = "ON DUPLICATE KEY UPDATE version = nectar_plan.version"
        session.execute(f"INSERT INTO nectar_plan VALUES ({values}) {unless_there}")


def _define(session: ServerSession, layout: Layout) -> None:
    session.several([statement.sql for statement in layout.definitions])
    while missing := _missing(session, layout.kept_indexes):
        try:
            session.several([index.sql for index in missing])
        except TransientError:
            if _missing(session, missing) == missing:  # else another job has just created one of them
                raise


def _missing(session: ServerSession, indexes: Sequence[Definition]) -> list[Definition]:
    existing = session.index_names()
    return [index for index in indexes if index.name not in existing]


def _refuse_another_plan(session: ServerSession, layout: Layout, lock: str = "") -> None:
    stored = session.rows(PLANS + lock)
    if stored:  # there is no row yet if another job was interrupted, or begins at this moment
        refuse_another_plan(stored, layout, session.where, "database")


def _refuse_missing(session: ServerSession, layout: Layout, names: set[str]) -> None:
    """Refuse a database that lost tables.

    Tables are created one by one: after an interruption the last ones are missing, and nothing was committed. The checkpoints are
    read here so that damage is reported even when nothing is left to load.
    """
    first = ("nectar_plan", "nectar_writer")
    required = [*first, *(table.name for table in layout.definitions if table.name not in first)]
    created = len([name for name in required if name in names])
    empty = "nectar_checkpoint" not in names or not kept_blocks(session)
    if not (empty and set(required[:created]) <= names):
        refuse_missing(required, names, session.where)
    elif names & set(required[2:]) and not session.rows("SELECT 1 FROM nectar_plan LIMIT 1"):
        raise damaged_database("nectar_plan has no row", session.where)
