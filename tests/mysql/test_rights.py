"""The right that is missing is the one that is blamed, on every server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from nectar.compiler.compiled import CompiledPlan
from nectar.config.profile.model import Server as Profile
from nectar.errors import SinkError, TransientError
from nectar.runner.report import Quiet
from nectar.runner.run import run
from nectar.runner.signals import Stop
from nectar.runner.sink_layout import layout
from nectar.runner.steps import Options
from nectar.sinks.mysql.check.privileges import TRIED
from nectar.sinks.mysql.check.run import check_server
from nectar.sinks.mysql.needs import needed_at_the_end
from nectar.sinks.mysql.session import ServerSession
from tests.conftest import ROOT
from tests.mysql.jobs import plan_of, profile
from tests.mysql.programs import MARIADB, MYSQL, PASSWORD
from tests.mysql.server import Server
from tests.runner.jobs import plan_text

ALL = ("DROP", *(right.name for right in TRIED))
SELDOM = {"DROP", *(right.name for right in TRIED if right.seldom)}
USER = "one_less"


def _found(server: Server, database: str, target: Profile, grants: list[str]) -> tuple[list[str], str]:
    server.run(f"CREATE USER {USER}@'%' IDENTIFIED BY '{PASSWORD}'")
    try:
        server.run(f"GRANT {', '.join(grants)} ON {database}.* TO {USER}@'%'")
        *_, step = check_server(replace(target, user=USER), count=1)
        return step.facts["missing"], step.outcome.value
    finally:
        server.run(f"DROP USER {USER}@'%'")


@pytest.mark.servers(MARIADB, MYSQL)
def test_each_right_that_is_missing_alone(server: Server, database: str) -> None:
    target = profile(server, database)
    found = {right: _found(server, database, target, [one for one in ALL if one != right]) for right in ALL}
    assert found == {right: ([right], "warning" if right in SELDOM else "failed") for right in ALL}
    assert server.run("SHOW TABLES", database) == []


@pytest.mark.servers(MARIADB, MYSQL)
def test_pairs_of_rights_that_are_missing(server: Server, database: str) -> None:
    """A statement that needs both of two rights would blame the wrong one, or hide one behind the other."""
    target = profile(server, database)
    pairs = [(one, two) for at, one in enumerate(ALL[2:]) for two in ALL[2:][at + 1 :]]
    found = {pair: _found(server, database, target, [one for one in ALL if one not in pair])[0] for pair in pairs}
    assert found == {pair: list(pair) for pair in pairs}


VIEW = '[[views]]\nname = "nfts"\nfrom = "tx_metadata"\nwhere = \'json.name == "x"\'\n'
OUTPUTS = "blocks = true\ntransactions = true"
PLANS = {
    "no indexes but for completing rows": (
        OUTPUTS + "\nmetadata = true",
        '[storage]\nindexes = "essential"\n',
        {"INDEX", "CREATE VIEW", "DROP"},
    ),
    "indexes": ("blocks = true\nmetadata = true", "", {"INDEX"}),
    "utxo_view": (OUTPUTS, "", {"INDEX", "CREATE VIEW", "DROP"}),
    "a view of values in JSON": ("blocks = true\nmetadata = true", VIEW, {"INDEX", "ALTER", "CREATE VIEW", "DROP"}),
}
BASIC = ("CREATE", "INSERT", "SELECT", "UPDATE", "DELETE")
AT_THE_END = ("INDEX", "ALTER", "CREATE VIEW", "DROP")


def _plan(name: str) -> CompiledPlan:
    processors, more, _ = PLANS[name]
    return plan_of(plan_text(ROOT / "tests/data/preview/immutable", "end_slot = 2000", processors=processors, more=more))


@contextmanager
def _who_has(server: Server, database: str, rights: Iterable[str]) -> Iterator[None]:
    server.run(f"CREATE USER {USER}@'%' IDENTIFIED BY '{PASSWORD}'")
    try:
        server.run(f"GRANT {', '.join(rights)} ON {database}.* TO {USER}@'%'")
        yield
    finally:
        server.run(f"DROP USER {USER}@'%'")


@pytest.mark.servers(MARIADB, MYSQL)
@pytest.mark.parametrize("name", PLANS)
def test_a_job_tells_at_its_beginning_what_it_would_lack_at_its_end(name: str, server: Server, database: str) -> None:
    """And what `check` says of the plan is what holds: who has what it asks for comes to the end."""
    compiled, (_, _, needed) = _plan(name), PLANS[name]
    made, target = layout(compiled, "mysql"), replace(profile(server, database), user=USER)
    assert set(needed_at_the_end(made)) == needed
    for right in AT_THE_END:
        with _who_has(server, database, {*BASIC, *AT_THE_END} - {right}):
            *_, step = check_server(target, count=1, layout=made)
            wanted = "failed" if right in needed or right == "INDEX" else "warning" if right == "DROP" else "ok"
            assert (step.outcome.value, step.facts["missing"]) == (wanted, [right])
            if right not in needed:
                continue
            with pytest.raises(SinkError) as caught:
                run(compiled, Options(target, workers=1), Quiet(), Stop())
            error = caught.value
            assert error.code == step.code == "NEC-M010"
            assert error.what.startswith(f"the user lacks {right} on {database}, which the plan needs for ")
            assert error.hint == step.hint == f"GRANT {right} ON `{database}`.* TO '{USER}'@'%'"
            assert server.run("SELECT COUNT(*) FROM block", database) == [(0,)]
    with _who_has(server, database, {*BASIC, *needed}):
        assert run(compiled, Options(target, workers=1), Quiet(), Stop()).blocks == 101
        run(compiled, Options(target, workers=1), Quiet(), Stop())  # built: nothing is tried any more
    there = {str(table) for (table,) in server.run("SHOW TABLES", database)}
    assert not [table for table in there if table.startswith("nectar_check_")]
    assert {view.name for view in made.views} <= there


@pytest.mark.servers(MARIADB, MYSQL)
def test_several_that_are_missing_are_told_together(server: Server, database: str) -> None:
    target = replace(profile(server, database), user=USER)
    with _who_has(server, database, BASIC), pytest.raises(SinkError) as caught:
        run(_plan("a view of values in JSON"), Options(target, workers=1), Quiet(), Stop())
    assert "lacks INDEX, ALTER, CREATE VIEW, DROP on" in caught.value.what
    assert "(nfts)" in caught.value.what


@pytest.mark.servers(MARIADB)
def test_a_stream_that_ends_while_rights_are_tried_is_tried_again(
    server: Server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute = ServerSession.execute
    ended: list[str] = []

    def end_once(session: ServerSession, sql: str) -> int:
        if "nectar_no_such" in sql and not ended:
            ended.append(sql)
            raise TransientError("the connection was lost") from EOFError()
        return execute(session, sql)

    monkeypatch.setattr(ServerSession, "execute", end_once)
    plan = _plan("a view of values in JSON")
    run(plan, Options(profile(server, database), workers=1), Quiet(), Stop())
    assert ended
    assert {(view.name,) for view in plan.views} <= set(server.run("SHOW TABLES", database))
