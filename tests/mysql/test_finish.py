"""The end of a load: it can be stopped, and what is missing of it is noticed and made up for."""

from __future__ import annotations

from pathlib import Path

import pytest

from nectar.runner.run import run
from nectar.runner.signals import Stop
from nectar.runner.sink_layout import layout
from nectar.runner.steps import Options
from nectar.sinks.base import Finished
from nectar.sinks.registry import open_sink
from tests.mysql.jobs import Heard, plan_of, profile
from tests.mysql.programs import MARIADB, MYSQL
from tests.mysql.server import Server
from tests.runner.jobs import between, plan_text

pytestmark = pytest.mark.servers(MARIADB, MYSQL)
FIRST = 228 * 4_320


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
