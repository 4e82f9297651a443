"""SQLite completes rows from rows, sums epochs and shows views without reading a table again for each row of another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

import apsw
import pytest

from nectar.runner.sink_layout import layout
from nectar.sinks.base import Layout
from nectar.sinks.sqlite.derived import look_ups
from nectar.sinks.sqlite.stage import SqliteStager
from nectar.sinks.unspent import unspent
from tests.sinks.made_up import BOUNDS, FILTERED_PLANS, PLANS, filled, indexes_by_then, plan, statements_at_the_end
from tests.sinks.sqlite_steps import steps_of

MEAN = 2_000


def _database(name: str, count: int, *, indexes: bool = True) -> tuple[apsw.Connection, Layout]:
    compiled = plan(name)
    made = layout(compiled, "sqlite")
    db = apsw.Connection(":memory:")
    db.deserialize("main", SqliteStager(made.tables, made.definitions).stage(filled(compiled, count)).load_form)
    for definition in made.definitions:
        db.execute(definition.sql)
    for index in indexes_by_then(made, look_ups(made.tables)) if indexes else ():
        db.execute(index.sql)
    return db, made


def _again(db: apsw.Connection, sql: str) -> Iterator[str]:
    """Steps that read a whole table for each row of another: a scan behind another step of its loop, or within what is asked
    again for each row. What is put together again for it (a co-routine) is looked at for its own steps."""
    nodes = {0: (0, "")}
    steps: dict[int, list[str]] = {}
    for node, parent, _, detail in db.execute(f"EXPLAIN QUERY PLAN {sql}", BOUNDS if ":" in sql else None):
        nodes[node] = (parent, detail)
        if re.match(r"SCAN|SEARCH", detail):
            steps.setdefault(parent, []).append(detail)
    made = {detail for _, detail in nodes.values()}
    for parent, group in steps.items():
        correlated, at = False, parent
        while at:
            at, detail = nodes[at]
            correlated |= detail.startswith("CORRELATED")
        scans = [step for step in group[0 if correlated else 1 :] if step.startswith("SCAN")]
        yield from (step for step in scans if "CONSTANT ROW" not in step and f"CO-ROUTINE {step.split()[1]}" not in made)


@pytest.mark.parametrize("name", PLANS)
def test_no_scan_within_a_loop(name: str) -> None:
    db, made = _database(name, MEAN)
    db.execute("CREATE TEMP TABLE fee_unknown (id INTEGER PRIMARY KEY, block_id INTEGER NOT NULL) STRICT")
    found = {(what, sql): again for what, sql in statements_at_the_end(made) if (again := list(_again(db, sql)))}
    assert not found
    for statement in (*made.deferred_indexes, *made.views):
        db.execute(statement.sql)
    views = {view.name: again for view in made.views if (again := list(_again(db, f'SELECT * FROM "{view.name}"')))}
    assert not views
    assert len(list(statements_at_the_end(made))) > 8


@pytest.mark.parametrize("name", FILTERED_PLANS)
def test_no_scan_within_a_loop_to_find_what_is_unspent(name: str) -> None:
    """A job that goes on asks for it before any index is built."""
    db, made = _database(name, MEAN, indexes=False)
    db.execute("DELETE FROM tx_in WHERE id IN (SELECT id FROM tx_in LIMIT 7)")
    assert len(list(db.execute(unspent(made, '"index"')))) == 7
    assert not list(_again(db, unspent(made, '"index"')))


def _operations(name: str, count: int) -> dict[str, int]:
    """Steps of SQLite's machine, by statement."""
    db, made = _database(name, count)
    bounds = {"low": 0, "high": 1 << 40}
    return {f"{columns.name} {at}": steps_of(db, columns.sql, bounds) for at, columns in enumerate((*made.derived, *made.live))}


@pytest.mark.parametrize("name", PLANS)
def test_four_times_the_rows_take_about_four_times_as_long(name: str) -> None:
    """Counted in steps of SQLite's machine, not in seconds. What is done for each pair of rows would take sixteen times as long."""
    few, many = map(partial(_operations, name), (MEAN // 2, 2 * MEAN))
    assert max(many.values()) > 100
    assert not {what: (few[what], many[what]) for what in few if many[what] > 6 * few[what] + 20}
