"""The SQLite sink by itself: how it loads, what it refuses, and that a failed commit leaves nothing.

While a sink is open its file is read with apsw only: Python's sqlite3 brings another copy of SQLite, and two copies in one
process undo each other's file locks (sqlite.org/howtocorrupt.html, 2.2.1).
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from nectar.cardano.point import Point
from nectar.cardano.position import ITEM_BITS, TX_BITS
from nectar.config.profile.model import Retry, SqliteFile
from nectar.coverage import Coverage
from nectar.errors import NectarError, SinkError, TransientError
from nectar.processors.rows import RowBuffers
from nectar.runner.committing.committer import epochs_of
from nectar.runner.sink_layout import layout
from nectar.sinks.base import Commit, Staged
from nectar.sinks.check_step import Outcome
from nectar.sinks.sqlite import connection
from nectar.sinks.sqlite.check import check_file
from nectar.sinks.sqlite.sink import SqliteSink
from nectar.sinks.sqlite.stage import SqliteStager
from nectar.tables import Kind
from tests.conftest import ROOT
from tests.runner.jobs import EVERYTHING, between, compiled, content, job, plan_text, same

SOURCE = ROOT / "tests/data/preview-late/immutable"
FIRST, LAST = 38_417_760, 38_426_399
TEXT = plan_text(SOURCE, between(FIRST, LAST))
PLAN = compiled(TEXT)
LAYOUT = layout(PLAN)
HERE = Point(FIRST, b"h" * 32)


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[SqliteSink]:
    sink = SqliteSink(tmp_path / "x.db", LAYOUT)
    yield sink
    sink.close()


def staged(fill: Callable[[RowBuffers], Any] = lambda rows: None) -> Staged:
    rows = RowBuffers(LAYOUT.tables)
    fill(rows)
    return SqliteStager(LAYOUT.tables, LAYOUT.definitions).stage(rows)


def commit(staged: Staged, first: int = FIRST, last: int = LAST) -> Commit:
    return Commit(staged, HERE, 1, Coverage(first, last), epochs_of(PLAN.network.history, first, last))


def with_pool(first_tx_id: int, view: str = "pool1x") -> Callable[[RowBuffers], None]:
    """Fills a batch with one thing."""
    return lambda rows: rows.dimensions["pool_hash"].update({b"p" * 28: (b"p" * 28, b"p" * 28, view, first_tx_id)})


def ask(database: Path, sql: str) -> list[Any]:
    db = apsw.Connection(str(database))
    found = list(db.execute(sql))
    db.close()
    return found


def count(database: Path, table: str) -> int:
    return int(ask(database, f'SELECT count(*) FROM "{table}"')[0][0])


def test_facts_are_copied_record_by_record(tmp_path: Path) -> None:
    """SQLite's transfer optimisation: records are copied as they are (RowData, Insert), none is built again (MakeRecord)."""
    SqliteSink(tmp_path / "x.db", LAYOUT).close()
    db = apsw.Connection(str(tmp_path / "x.db"))
    db.execute("ATTACH ':memory:' AS w")
    db.deserialize("w", staged().load_form)
    for table in LAYOUT.tables:
        if table.kind is not Kind.DIMENSION:
            plan = db.execute(f'EXPLAIN INSERT INTO main."{table.name}" SELECT * FROM w."{table.name}"')
            operations = {row[1] for row in plan}
            assert operations & {"RowData", "RowCell"}, table.name
            assert "MakeRecord" not in operations, table.name
    db.close()


@pytest.mark.parametrize("order", [(5, 9, 7), (9, 5, 7), (7, 9, 5)])
def test_of_a_thing_seen_twice_the_row_of_its_first_sight_stays_whole(order: tuple[int, ...], sink: SqliteSink) -> None:
    for first in order:
        sink.commit(commit(staged(with_pool(first, f"pool1-{first}"))))
    assert ask(sink.path, "SELECT view, first_tx_id FROM pool_hash") == [("pool1-5", 5)]


def test_a_commit_that_fails_leaves_nothing(sink: SqliteSink) -> None:
    """The same fact twice: refused, and neither rows nor checkpoint nor coverage of that batch are there."""
    row = (FIRST << TX_BITS, b"h" * 32, 1, 0, 5, 5, None, 1, None, None, 1, 0, 0)
    one = staged(lambda rows: rows.facts["tx"].append(row))
    sink.commit(commit(one, FIRST, FIRST))
    points, coverage = sink.known_blocks(), sink.coverage()

    def both(rows: RowBuffers) -> None:
        rows.facts["tx"].append(row)
        with_pool(3)(rows)

    with pytest.raises(SinkError) as caught:
        sink.commit(commit(staged(both)))
    assert caught.value.code == "NEC-K021"
    assert (sink.known_blocks(), sink.coverage()) == (points, coverage)
    assert count(sink.path, "pool_hash") == 0

    sink.commit(commit(staged(with_pool(3))))
    assert len(sink.known_blocks()) == 2
    assert count(sink.path, "pool_hash") == 1


def test_numbers_above_2_to_the_63rd_are_stored_in_order(sink: SqliteSink) -> None:
    numbers = [0, 721, (1 << 63) - 1, 1 << 63, (1 << 64) - 1]
    this = FIRST << TX_BITS
    rows = [((this << ITEM_BITS) + at, number, None, b"", this) for at, number in enumerate(reversed(numbers))]
    sink.commit(commit(staged(lambda out: out.facts["tx_metadata"].extend(rows))))
    assert [int(key) for (key,) in ask(sink.path, 'SELECT "key" FROM tx_metadata ORDER BY "key"')] == numbers


def test_another_plans_database_is_refused_with_what_differs(tmp_path: Path) -> None:
    job(tmp_path / "x.db", TEXT)
    before = content(tmp_path / "x.db")
    cases = {
        EVERYTHING.replace("scripts = true", "scripts = false"): "processors.scripts is there but not in this plan",
        EVERYTHING.replace("metadata = true", "metadata = { labels = [721] }"): "processors.metadata.labels is [] there",
    }
    for processors, told in cases.items():
        with pytest.raises(SinkError, match="filled by another plan") as caught:
            job(tmp_path / "x.db", plan_text(SOURCE, between(FIRST, LAST), processors=processors))
        assert caught.value.code == "NEC-K002"
        assert told in caught.value.what
    filtered = plan_text(SOURCE, between(FIRST, LAST), more="[filters]\nmin_transaction_value = 5_000_000")
    with pytest.raises(SinkError, match="filters is None there and"):
        job(tmp_path / "x.db", filtered)
    same(content(tmp_path / "x.db"), before)


def test_a_plan_that_means_the_same_goes_on(tmp_path: Path) -> None:
    """Name, range, indexes and hints change no row."""
    job(tmp_path / "x.db", plan_text(SOURCE, between(FIRST, FIRST + 4_000)))
    more = plan_text(SOURCE, between(FIRST, LAST), performance="batch_blocks = 50").replace('"test"', '"another"')
    assert job(tmp_path / "x.db", more).blocks > 100
    job(tmp_path / "y.db", TEXT)
    same(content(tmp_path / "x.db"), content(tmp_path / "y.db"))


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_database_of_another_program_is_refused_untouched(mode: str, tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "x.db")
    db.execute(f"PRAGMA journal_mode = {mode}")
    db.execute("CREATE TABLE important (a)")
    db.close()
    before = hashlib.sha256((tmp_path / "x.db").read_bytes()).digest()
    with pytest.raises(SinkError) as caught:
        SqliteSink(tmp_path / "x.db", LAYOUT)
    assert caught.value.code == "NEC-K003"
    assert hashlib.sha256((tmp_path / "x.db").read_bytes()).digest() == before


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("a letter to a friend, long enough to have a header " * 50)
    with pytest.raises(SinkError, match="not a database") as caught:
        SqliteSink(tmp_path / "x.db", LAYOUT)
    assert caught.value.code == "NEC-K014"
    with pytest.raises(SinkError) as caught:
        SqliteSink(tmp_path / "no" / "folder" / "x.db", LAYOUT)
    assert caught.value.code == "NEC-K015"


def test_the_smallest_database_is_taken_and_what_is_smaller_is_not(tmp_path: Path) -> None:
    """One page of 512 bytes, the least that there is (sqlite.org/fileformat.html, 1.3.2)."""
    for size, name in ((512, "x.db"), (511, "y.db")):
        db = apsw.Connection(str(tmp_path / name))
        db.pragma("page_size", 512)
        db.pragma("user_version", 1)
        db.close()
        with (tmp_path / name).open("r+b") as file:
            file.truncate(size)
    SqliteSink(tmp_path / "x.db", LAYOUT).close()
    with pytest.raises(SinkError, match="too short") as caught:
        SqliteSink(tmp_path / "y.db", LAYOUT)
    assert caught.value.code == "NEC-K014"


def test_a_range_is_replaced(tmp_path: Path) -> None:
    job(tmp_path / "x.db", TEXT)
    before = content(tmp_path / "x.db")
    assert before["block"]
    ask(tmp_path / "x.db", "UPDATE block SET size = 1")
    job(tmp_path / "x.db", plan_text(SOURCE, between(FIRST, LAST) + "\nskip_existing = false"))
    same({"block": content(tmp_path / "x.db")["block"]}, {"block": before["block"]})


def test_a_second_writer_is_found_out_before_it_writes(sink: SqliteSink) -> None:
    other = SqliteSink(sink.path, LAYOUT)
    sink.commit(commit(staged()))
    with pytest.raises(SinkError) as caught:
        other.commit(commit(staged(with_pool(3))))
    assert caught.value.code == "NEC-K004"
    assert count(sink.path, "pool_hash") == 0
    other.close()
    sink.commit(commit(staged()))


def test_a_locked_database_is_worth_another_try(sink: SqliteSink, monkeypatch: pytest.MonkeyPatch) -> None:
    from nectar.runner.committing import retrying_sink
    from nectar.runner.report import Quiet
    from nectar.runner.signals import Stop

    monkeypatch.setattr(retrying_sink, "FILE", Retry(0.05, 0.05, 0.2, 0.05))
    monkeypatch.setattr("nectar.sinks.sqlite.connection.BUSY_MS", 10)
    sink._db.set_busy_timeout(10)
    insistent = retrying_sink.RetryingSink(SqliteFile(sink.path), LAYOUT, Quiet(), Stop())
    other = apsw.Connection(str(sink.path))
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(TransientError) as caught:
        sink.commit(commit(staged()))
    assert caught.value.code == "NEC-K010"
    with pytest.raises(TransientError, match="another process is writing"):
        insistent.commit(commit(staged()))

    letting_go = threading.Timer(0.08, other.execute, ("ROLLBACK",))
    letting_go.start()
    insistent.commit(commit(staged()))
    letting_go.join()
    insistent.close()
    other.close()
    assert len(sink.known_blocks()) == 1


NEVER_MET = {
    "AbortError",
    "EmptyError",
    "FormatError",
    "InternalError",
    "MismatchError",
    "MisuseError",
    "NotFoundError",
    "RangeError",
    "SQLError",
}
"""Errors of SQLite that mean a mistake of ours (SQLError: our own SQL is wrong), or that it says to nobody."""


def test_every_error_of_sqlite_has_a_meaning() -> None:
    kinds = {
        kind for kind in vars(apsw).values() if isinstance(kind, type) and issubclass(kind, apsw.Error) and kind is not apsw.Error
    }
    ours = {  # apsw's own: wrong use of apsw itself
        "BindingsError",
        "ConnectionClosedError",
        "ConnectionNotClosedError",
        "CursorClosedError",
        "ExecTraceAbort",
        "ExecutionCompleteError",
        "ExtensionLoadingError",
        "ForkingViolationError",
        "IncompleteExecutionError",
        "InvalidContextError",
        "NoFTS5Error",
        "ThreadingViolationError",
        "VFSFileClosedError",
        "VFSNotImplementedError",
    }
    names = {kind.__name__ for kind in kinds}
    assert names - ours - NEVER_MET == {kind.__name__ for kind in connection._MEANING}


@pytest.mark.parametrize("kind", connection._MEANING, ids=lambda kind: kind.__name__)
def test_errors_say_where_and_what_next(kind: type[apsw.Error]) -> None:
    with pytest.raises(NectarError) as caught, connection.translated("some.db"):
        raise kind("it happened")
    assert "it happened" in str(caught.value)
    assert caught.value.where == "some.db"
    assert caught.value.hint
    assert caught.value.code.startswith("NEC-K0")


def test_readers_are_not_kept_out(sink: SqliteSink) -> None:
    """Write-ahead mode: a reader in the middle of its own transaction sees one state, and nobody waits."""
    reader = apsw.Connection(str(sink.path))
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM pool_hash").get == 0
    sink.commit(commit(staged(with_pool(3))))
    assert reader.execute("SELECT count(*) FROM pool_hash").get == 0
    reader.execute("COMMIT")
    assert reader.execute("SELECT count(*) FROM pool_hash").get == 1
    reader.close()


@pytest.mark.parametrize("policy", ["essential", "deferred", "all"])
def test_the_plan_says_which_indexes_there_are_at_the_end(policy: str, tmp_path: Path) -> None:
    text = plan_text(SOURCE, between(FIRST, LAST), more=f'[storage]\nindexes = "{policy}"')
    summary = job(tmp_path / "x.db", text)
    plan = compiled(text)
    wanted = {index.name for _, index in (*plan.essential_indexes, *plan.deferred_indexes)}
    found = {name for (name,) in content(tmp_path / "x.db")["indexes"] if not name.startswith("sqlite_")}
    assert found == wanted
    assert (len(found) > 30) is (policy != "essential")
    assert summary.closing["inputs"] >= 0


@pytest.mark.parametrize(
    ("version", "is_new_enough"), [("3.36.0", False), ("3.9.2", False), ("3.37.0", True), ("3.50.4", True), ("4.0", True)]
)
def test_a_sqlite_without_strict_tables_is_told(
    version: str, is_new_enough: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """STRICT came with 3.37.0 (sqlite.org/stricttables.html); apsw brings a newer one, so only its number is another here."""
    monkeypatch.setattr(apsw, "sqlite_lib_version", lambda: version)
    first = next(check_file(tmp_path / "x.db"))
    assert first.outcome is (Outcome.OK if is_new_enough else Outcome.FAILED)
    assert ("NEC-K022" in str(first)) is not is_new_enough


def test_pages_of_a_database_are_as_large_as_those_of_what_comes_into_it(sink: SqliteSink) -> None:
    """The two bytes of SQLite's header that say so (sqlite.org/fileformat.html, 1.3.2)."""
    load_form = staged().load_form
    assert sink.path.read_bytes()[16:18] == load_form[16:18] == (8_192).to_bytes(2, "big")
