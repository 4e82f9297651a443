"""A server completes rows from rows and sums epochs without reading a table again for each row of another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pymysql.connections import Connection
from pymysql.cursors import DictCursor

from nectar.runner.sink_layout import layout
from nectar.sinks.base import Layout
from nectar.sinks.mysql.bulk_load import Loader, terms_of
from nectar.sinks.mysql.derived import look_ups
from nectar.sinks.mysql.factory import session_of
from nectar.sinks.mysql.stage import MysqlStager
from nectar.sinks.mysql.statements import with_values
from nectar.sinks.unspent import unspent
from tests.mysql.jobs import profile
from tests.mysql.programs import MARIADB, MYSQL
from tests.mysql.server import Server
from tests.sinks.made_up import BOUNDS, FILTERED_PLANS, PLANS, filled, indexes_by_then, plan, statements_at_the_end

ROWS = 3_000


def _again(connection: Connection[DictCursor], sql: str) -> Iterator[str]:
    """Tables that are read whole behind another table of the same join, or in what is asked again for each row. A hash of all
    its rows is made once."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN FORMAT=TRADITIONAL {sql}")
        lines = list(cursor.fetchall())
    begun: set[object] = set()
    for line in lines:
        behind = line["id"] in begun or "DEPENDENT" in str(line["select_type"])
        begun.add(line["id"])
        if behind and line["type"] in ("ALL", "index") and "hash join" not in str(line["Extra"]):
            yield f"{line['table']}: {line['type']}, {line['Extra']}"


def _made(server: Server, database: str, name: str, *, indexes: bool = True) -> Layout:
    """The plan's tables with rows."""
    compiled = plan(name)
    made = layout(compiled, "mysql")
    session = session_of(profile(server, database))
    try:
        session.several([one.sql for one in made.definitions])
        session.several([one.sql for one in indexes_by_then(made, look_ups(made.tables)) if indexes])
        with session.transaction():
            Loader(session, made.tables, terms_of(session, 1 << 20, True)).load(
                MysqlStager(made.tables).stage(filled(compiled, ROWS))
            )
        session.several([f"ANALYZE TABLE `{table.name}`" for table in made.tables])
    finally:
        session.drop()
    return made


@pytest.mark.servers(MARIADB, MYSQL)
@pytest.mark.parametrize("name", PLANS)
def test_no_scan_within_a_loop(name: str, server: Server, database: str) -> None:
    made = _made(server, database, name)
    connection: Connection[DictCursor] = server.connect(database, cursorclass=DictCursor)  # type: ignore[assignment]
    try:
        found = {
            (what, sql): again
            for what, sql in statements_at_the_end(made)
            if (again := list(_again(connection, with_values(sql, BOUNDS))))
        }
    finally:
        connection.close()
    assert not found


@pytest.mark.servers(MARIADB, MYSQL)
@pytest.mark.parametrize("name", FILTERED_PLANS)
def test_no_scan_within_a_loop_to_find_what_is_unspent(name: str, server: Server, database: str) -> None:
    """A job that goes on asks for it before any index is built."""
    made = _made(server, database, name, indexes=False)
    server.run("DELETE FROM tx_in ORDER BY id LIMIT 7", database)
    assert len(server.run(unspent(made, "`index`"), database)) == 7
    connection: Connection[DictCursor] = server.connect(database, cursorclass=DictCursor)  # type: ignore[assignment]
    try:
        found = list(_again(connection, unspent(made, "`index`")))
    finally:
        connection.close()
    assert not found
