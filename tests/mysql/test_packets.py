"""A server that takes small packets only: what fits goes through, and one row that does not is told as that, at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nectar.errors import SinkError
from nectar.mysql.load_data import PACKET
from nectar.processors.rows import RowBuffers
from nectar.sinks.base import Staged
from nectar.sinks.mysql.bulk_load import Loader, terms_of
from nectar.sinks.mysql.factory import session_of
from nectar.sinks.mysql.stage import MysqlStager
from nectar.tables import Column, Kind, Table, Type
from tests.mysql.jobs import PASSWORD_VARIABLE, profile
from tests.mysql.programs import MARIADB, MYSQL
from tests.mysql.server import Server, started

pytestmark = pytest.mark.servers(MARIADB, MYSQL)
LIMIT = 1 << 20
COLUMNS = (Column("id", Type.ID, "", source=""), Column("raw", Type.BYTES, "", source=""))
FACT = Table("facts", "", Kind.FACT, COLUMNS)


@pytest.fixture(scope="module")
def small(program: str) -> Iterator[Server]:
    with pytest.MonkeyPatch.context() as monkeypatch, started(f"--max-allowed-packet={LIMIT}", name=program) as server:
        monkeypatch.setenv(PASSWORD_VARIABLE, server.password)
        server.run("CREATE DATABASE n CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
        yield server


def _staged(sizes: list[int]) -> Staged:
    rows = RowBuffers([FACT])
    for number, size in enumerate(sizes, 1):
        rows.facts["facts"].append((number, bytes([number % 256]) * size))
    return MysqlStager([FACT]).stage(rows)


def _load(server: Server, sizes: list[int], load_data: bool) -> list[tuple[object, ...]]:
    session = session_of(profile(server, "n"))
    session.execute("DROP TABLE IF EXISTS facts")
    session.execute("CREATE TABLE facts (id BIGINT PRIMARY KEY, `raw` LONGBLOB)")
    loader = Loader(session, [FACT], terms_of(session, 1 << 24, load_data))
    try:
        with session.transaction():
            assert loader.load(_staged(sizes)) == {"facts": len(sizes)}
        return session.rows("SELECT id, LENGTH(`raw`) FROM facts ORDER BY id")
    finally:
        session.drop()


@pytest.mark.parametrize("load_data", [True, False], ids=["load data", "inserts"])
def test_much_that_is_in_small_rows(small: Server, load_data: bool) -> None:
    assert 3 * LIMIT > 4 * PACKET
    sizes = [30_000] * 100
    assert _load(small, sizes, load_data) == list(enumerate(sizes, 1))


def test_statements_that_nearly_fill_a_packet(small: Server) -> None:
    sizes = [100] * 8_000
    assert _load(small, sizes, load_data=False) == list(enumerate(sizes, 1))


@pytest.mark.parametrize("load_data", [True, False], ids=["load data", "inserts"])
def test_a_row_that_just_fits(small: Server, load_data: bool) -> None:
    sizes = [100] * 60 + [LIMIT // 2 - 200]
    assert _load(small, sizes, load_data) == list(enumerate(sizes, 1))


@pytest.mark.parametrize("size", [LIMIT // 2, LIMIT, 3 * LIMIT, 20 * LIMIT])
def test_a_row_that_does_not(small: Server, size: int) -> None:
    with pytest.raises(SinkError, match=r"a row of facts takes [\d,]+ bytes: more than max_allowed_packet, 1,048,576") as caught:
        _load(small, [100] * 3 + [size], load_data=False)
    assert caught.value.code == "NEC-M011"
    needed = int(caught.value.hint.split("max_allowed_packet = ")[1].split(",")[0])
    assert 2 * size < needed <= 8 * size


@pytest.mark.parametrize("size", [LIMIT // 2, LIMIT, 3 * LIMIT, 20 * LIMIT])
def test_nor_in_a_file(small: Server, size: int) -> None:
    """The server may take it in a file. If not, it is told as that as well."""
    sizes = [100] * 60 + [size]
    try:
        assert _load(small, sizes, load_data=True) == list(enumerate(sizes, 1))
    except SinkError as error:
        assert error.code in ("NEC-M008", "NEC-M011"), error
        assert "max_allowed_packet" in str(error)
