"""A table has room for so many indexes: a plan with more is refused before anything is loaded, and the limit is the server's own."""

from __future__ import annotations

from pathlib import Path

import pymysql
import pytest

from nectar.compiler.ddl.mysql_limits import INDEX_KINDS, INDEXES
from nectar.compiler.ddl.statements import statements
from nectar.compiler.load import read_document
from nectar.config.document.load import load_text
from nectar.errors import PlanError
from tests.mysql.programs import MARIADB, MYSQL
from tests.mysql.server import Server
from tests.runner.jobs import plan_text

PROCESSORS = "blocks = true\nmetadata = true"


def with_views(count: int) -> str:
    views = "".join(f'[[views]]\nname = "v{at}"\nfrom = "tx_metadata"\nwhere = \'json.k{at} == "x"\'\n' for at in range(count))
    return plan_text(Path("immutable"), processors=PROCESSORS, more=views)


def of_metadata(text: str) -> list[str]:
    """Statements that make indexes of the views' table."""
    compiled = read_document(load_text(text, "plan.toml"), Path("plan.toml"), dialect="mysql")
    return [one.sql for one in statements(compiled, "mysql") if one.kind in INDEX_KINDS and one.table == "tx_metadata"]


@pytest.mark.servers(MARIADB, MYSQL)
def test_the_limit_is_the_servers(server: Server, database: str) -> None:
    server.run("CREATE TABLE t (id BIGINT NOT NULL, a INT, PRIMARY KEY (id))", database)
    for at in range(INDEXES):
        server.run(f"CREATE INDEX i{at} ON t (a)", database)
    with pytest.raises(pymysql.err.MySQLError, match="1069"):
        server.run("CREATE INDEX more ON t (a)", database)


def test_one_more_is_refused() -> None:
    room = INDEXES - len(of_metadata(with_views(0)))
    assert len(of_metadata(with_views(room))) == INDEXES
    with pytest.raises(PlanError) as refused:
        of_metadata(with_views(room + 1))
    (complaint,) = refused.value.complaints
    assert complaint.code == "NEC-P081"
    assert f"has {INDEXES + 1} indexes" in complaint.what
    text = with_views(room + 1)
    assert complaint.place == f"plan.toml:{1 + text[: text.rindex('where = ')].count(chr(10))}:1"
    read_document(load_text(text, "plan.toml"), Path("plan.toml"), dialect="sqlite")  # has no such limit
