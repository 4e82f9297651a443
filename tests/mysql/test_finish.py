"""The end of a load: it can be stopped, and what is missing of it is noticed and made up for."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from threading import Thread

import pymysql
import pytest

from nectar.errors import TransientError
from nectar.runner.run import run
from nectar.runner.signals import Stop
from nectar.runner.sink_layout import layout
from nectar.runner.steps import Options
from nectar.sinks.base import Finished
from nectar.sinks.mysql.derived import look_ups
from nectar.sinks.registry import open_sink
from tests.mysql.jobs import Heard, plan_of, profile
from tests.mysql.programs import MARIADB, MYSQL
from tests.mysql.server import Server
from tests.runner.jobs import between, plan_text

pytestmark = pytest.mark.servers(MARIADB, MYSQL)
FIRST = 228 * 4_320
WAITING = "SELECT 1 FROM information_schema.processlist WHERE state LIKE 'Waiting for%metadata lock'"
VIEWS = '\n[[views]]\nname = "named"\nfrom = "tx_metadata"\nwhere = \'json.name == "x"\'\n'


def test_an_index_that_was_dropped_is_built_again_and_a_stopped_end_is_no_end(chain: Path, server: Server, database: str) -> None:
    text = plan_text(chain / "preview/immutable", between(FIRST, FIRST + 400), more='[storage]\nindexes = "deferred"')
    plan, target = plan_of(text), profile(server, database)
    run(plan, Options(target, workers=1), Heard(), Stop())
    made = layout(plan, "mysql")
    index = made.deferred_indexes[0]
    server.run(f"DROP INDEX `{index.name}` ON `{index.table}`", database)
    sink = open_sink(target, made)
    try:
        assert not sink.finished()
        assert sink.finish(None, lambda: True) == Finished({}, False)
        assert not sink.finished()
        assert sink.finish(None, lambda: False).whole
        assert sink.finished()
    finally:
        sink.close()


@pytest.mark.parametrize("step", range(5))
def test_a_statement_of_a_job_that_died_ends_late(step: int, chain: Path, server: Server, database: str) -> None:
    """Killed while the server builds an index, a job leaves the statement running: it ends when the next job already looked."""
    text = plan_text(chain / "preview/immutable", between(FIRST, FIRST + 400), more=f'[storage]\nindexes = "deferred"\n{VIEWS}')
    plan, target = plan_of(text), profile(server, database)
    wanted = layout(plan, "mysql")
    missing = [*wanted.deferred_indexes, *look_ups(wanted.tables), *wanted.view_columns]
    run(plan, Options(target, workers=1), Heard(), Stop())
    for column in wanted.view_columns:
        server.run(f"ALTER TABLE `{column.table}` DROP COLUMN `{column.name}`", database)
    for index in wanted.deferred_indexes:
        with suppress(pymysql.Error):  # dropped with its column
            server.run(f"DROP INDEX `{index.name}` ON `{index.table}`", database)
    server.run("UPDATE nectar_writer SET finished = finished - 1", database)
    sink = open_sink(target, wanted)
    steps = iter(range(100))

    def end_late() -> None:
        for definition in missing:
            with suppress(pymysql.Error):
                server.run(definition.sql, database)

    dead = Thread(target=end_late)

    def stopping() -> bool:
        """Called by the job between two of its statements, after it has looked at what is missing."""
        if next(steps) == step:
            dead.start()
            while dead.is_alive() and not server.run(WAITING):
                time.sleep(0.01)
        return False

    try:
        while not sink.finished():
            try:
                assert sink.finish(None, stopping).whole
            except TransientError as error:
                assert "another session" in error.what
    finally:
        sink.close()
        dead.join()
