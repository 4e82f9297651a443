"""Every statement that full runs send to a TiDB, and the statements that the sink's code can make, to be told apart by shape."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nectar.config.profile import model as config
from nectar.config.profile.model import Audit, ConnectionType, Target
from nectar.errors import SinkError
from nectar.runner.run import run
from nectar.runner.signals import Stop
from nectar.runner.sink_layout import layout
from nectar.runner.steps import Options
from nectar.sinks.base import Epochs, Layout
from nectar.sinks.check_step import Outcome
from nectar.sinks.mysql import bulk_load
from nectar.sinks.registry import check_database, create_database, database_schema, open_sink, read_state
from tests.compiler.test_mariadb import VIEWS
from tests.conftest import ROOT
from tests.mysql.faults import FaultPlan, LoseAnswer, at
from tests.mysql.jobs import Heard, plan_of, profile
from tests.mysql.proxy import Proxy
from tests.mysql.server import Server
from tests.runner.broken import bodies_as_map, damaged
from tests.runner.jobs import EVERYTHING, between, plan_text

CHUNK = 4_320
FROM_ORIGIN = -1
ALL_OPTIONS = EVERYTHING.replace(
    "transactions = true", 'transactions = { resolve_inputs = "live", address_table = true, tx_cbor = true }'
)
FOLLOWS = '[filters]\nwhere = "any(tx.outputs, value > 5000 ada) or any(tx.inputs, value > 5000 ada)"\non_unknown = "drop"\n'
VERBS = r"SELECT|INSERT|UPDATE|DELETE|REPLACE|LOAD|CREATE|ALTER|DROP|ANALYZE|SHOW|SET SESSION|BEGIN|COMMIT|ROLLBACK|SPLIT"
MADE = ROOT / "nectar" / "sinks" / "mysql"


class Runs:
    """Jobs through one recording proxy, each in a database of its own unless it is told another's."""

    def __init__(self, server: Server, proxy: Proxy, chain: Path) -> None:
        self.server, self.proxy, self.files = server, proxy, chain / "preview/immutable"

    def job(
        self,
        database: str,
        chunks: tuple[int, int],
        *,
        files: Path | None = None,
        sync: str = "",
        load_data: bool = True,
        **plan: str,
    ) -> Options:
        first, last = chunks
        text = plan_text(files or self.files, between(first * CHUNK, last * CHUNK - 1) + "\n" + sync, **plan)
        target = replace(
            profile(self.server, database, port=self.proxy.port, load_data=load_data),
            kind=ConnectionType.TIDB_LOCAL,
            audit=Audit(table=True),
        )
        options = Options(target, workers=1)
        run(plan_of(text), options, Heard(), Stop())
        return options


def record(runs: Runs, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All that was sent: loads and inserts, both orders, replacing, filters and views, quarantine, a fork, a lost commit, a row
    that is there already."""
    monkeypatch.setattr(bulk_load, "FEW", 5)
    server, proxy = runs.server, runs.proxy
    small = "batch_blocks = 50"
    with server.scratch() as database:
        runs.job(database, (236, 238), processors=ALL_OPTIONS, performance=small)
        runs.job(database, (235, 236), processors=ALL_OPTIONS, load_data=False)
        runs.job(database, (236, 237), processors=ALL_OPTIONS, sync="skip_existing = false")
        options = runs.job(database, (238, 239), processors=ALL_OPTIONS)
        compiled = plan_of(plan_text(runs.files, processors=ALL_OPTIONS))
        sink = open_sink(options.target, layout(compiled, "tidb"))
        assert sink.finished()
        assert sink.size() > 0
        sink.roll_back(sink.known_blocks()[1], Epochs(11, 11, 0, 1 << 40), sink.highest_block_no())
        sink.finish(None, lambda: False, live=True)
        sink.close()
        _looked_at(options.target)
        server.run(f"DROP DATABASE {database}_made")
    with server.scratch() as database:
        assert isinstance(options.target, config.Server)
        for _ in range(2):  # tables without a commit: asked whether a plan is named in them
            open_sink(replace(options.target, database=database), layout(compiled, "tidb")).close()
        _refused(server, replace(options.target, database=database), layout(compiled, "tidb"))
        server.run("DROP TABLE tx_out", database)
        assert [step for step in check_database(replace(options.target, database=database)) if step.outcome is Outcome.OK]
    with server.scratch() as database:
        for last in (234, 236):
            runs.job(database, (233, last), more=FOLLOWS + VIEWS)
    with server.scratch() as database:
        runs.job(database, (FROM_ORIGIN, 2))
    with server.scratch() as database:
        damaged(runs.files, scratch / "damaged", 236, 3, bodies_as_map)
        runs.job(
            database,
            (236, 237),
            files=scratch / "damaged",
            sync='on_decode_error = "quarantine"',
            more='[storage]\nindexes = "essential"\n',
        )
    with server.scratch() as database:
        proxy.plan = FaultPlan([at("^COMMIT", LoseAnswer(), nth=5)])
        runs.job(database, (236, 237), performance=small)
        proxy.plan = FaultPlan()
        server.run("DELETE FROM nectar_coverage", database)
        with pytest.raises(SinkError, match=r"the server took|are there already"):
            runs.job(database, (236, 237))
    return [one for packet in proxy.recorded for one in packet.split(";\n")]


def _refused(server: Server, target: config.Server, made: Layout) -> None:
    """A user who has too few rights for what comes at the end."""
    server.run(f"CREATE USER few@'%' IDENTIFIED BY '{server.password}'")
    try:
        server.run(f"GRANT CREATE, INSERT, SELECT, UPDATE, DELETE ON {target.database}.* TO few@'%'")
        with pytest.raises(SinkError, match="lacks INDEX, CREATE VIEW, DROP on"):
            open_sink(replace(target, user="few"), made)
    finally:
        server.run("DROP USER few@'%'")


def _looked_at(target: Target) -> None:
    """By the commands that only look, and by the one that makes a database."""
    assert isinstance(target, config.Server)
    absent = replace(target, database=f"{target.database}_made")
    assert create_database(absent) is not None
    for one in (target, absent):
        assert [step for step in check_database(one) if step.outcome is Outcome.OK]
    assert read_state(target).finished
    assert database_schema(target).tables


def shape(sql: str) -> str:
    """The statement without its values: those of one shape are one to a grammar."""
    text = re.sub(r"x'[0-9a-f]*'|'(?:[^'\\]|\\.|'')*'", "''", sql)
    text = re.sub(r"-?\b\d[\d.e+-]*\b", "0", text)
    text = re.sub(r"(\((?:''|0|NULL)(?:,\s*(?:''|0|NULL))*\))(?:,\s*\((?:''|0|NULL)(?:,\s*(?:''|0|NULL))*\))+", r"\1", text)
    return " ".join(text.split())


def templates(files: Iterable[Path] = tuple(sorted(MADE.rglob("*.py")))) -> Iterator[tuple[str, re.Pattern[str]]]:
    """(place, what it makes) of every text in the code that begins as a statement does."""
    for file in files:
        tree = ast.parse(file.read_text())
        docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in ast.walk(tree):
            if id(node) in docs or id(node) in inner:
                continue
            for text in _pieces(node):
                if text not in ELSEWHERE and re.match(rf"\s*(?:{VERBS})\b", text):
                    yield f"{file.name}:{getattr(node, 'lineno', 0)}", _pattern(text)


ELSEWHERE = ("CREATE VIEW", "SELECT CURRENT_USER()")
"""The name of a right; and what is asked only where one is missing, which tests/cli/test_db_check.py does."""
HOLE = "\x00"


def _pieces(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.split(";")
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else HOLE for part in node.values).split(";")
    return []


def _pattern(text: str) -> re.Pattern[str]:
    """Holes are anything, `{}` and `{0}` too; `:name` is a number."""
    escaped = re.escape(" ".join(re.sub(r"\{\d?\}", HOLE, text).split()))
    return re.compile(re.sub(r":[a-z]+\b", r"-?\\d+", escaped.replace(re.escape(HOLE), ".*")) + ".*", re.DOTALL)
