"""What a user of `nectar.metadata` does: imports it, reads views, maps classes, follows docs/python.md."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Session, relationship

from nectar.errors import PlanError
from nectar.metadata import metadata
from tests.compiler.making import EVERY_TABLE, PLANS, compiled_from
from tests.conftest import ROOT
from tests.metadata.filled import Filled
from tests.runner.jobs import job, plan_text

VIEWS = """
[[views]]
name = "large_payments"
from = "tx_out"
where = 'value > 100_000 ada'
"""
LIBRARIES = ("pandas", "polars")


def python(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_sqlalchemy_is_imported_when_it_is_needed_only() -> None:
    python(f"""
import sys, nectar.metadata, nectar.cli.main
assert "sqlalchemy" not in sys.modules
nectar.metadata.metadata({str(ROOT / "plans" / "full.toml")!r})
assert "sqlalchemy" in sys.modules
""")


def test_without_sqlalchemy_the_error_says_what_to_install() -> None:
    program = f"""
import sys
sys.modules["sqlalchemy"] = None
from nectar.errors import FatalError
from nectar.metadata import metadata
try:
    metadata({str(ROOT / "plans" / "full.toml")!r})
except FatalError as error:
    print(error.code, error.hint)
"""
    assert python(program) == "NEC-C005 install it: pip install 'nectar-cardano[sqlalchemy]'\n"


@pytest.mark.parametrize("plan", PLANS, ids=lambda path: path.stem)
@pytest.mark.parametrize("dialect", ["sqlite", "mysql", "tidb"])
def test_every_plan_of_the_project(plan: Path, dialect: str) -> None:
    described = metadata(plan, dialect)
    assert {"nectar_checkpoint", "nectar_plan"} <= set(described.tables)
    assert ("nectar_writer" in described.tables) == (dialect != "sqlite")
    assert len(described.sorted_tables) == len(described.tables)


def test_wrong_arguments(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown dialect 'oracle': write one of sqlite, mysql, tidb"):
        metadata(PLANS[0], "oracle")
    with pytest.raises(PlanError):
        metadata(tmp_path / "absent.toml")


def test_tables_are_not_created_by_it(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/x.db")
    with pytest.raises(NotImplementedError, match="nectar db init"):
        metadata(PLANS[0]).create_all(engine)
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()


def test_views(filled: Filled) -> None:
    """`utxo_view` and views of the plan's own, which have the columns of their table."""
    with filled.engine.begin() as connection:
        connection.exec_driver_sql("CREATE VIEW large_payments AS SELECT * FROM tx_out WHERE value > 100000000000")
        described = metadata(compiled_from(EVERY_TABLE + VIEWS), filled.dialect).tables
        for name, condition in (
            ("utxo_view", "consumed_by_tx_id IS NULL AND id >= 0"),
            ("large_payments", "value > 100000000000"),
        ):
            view = described[name]
            assert view.info["view"]
            assert view.columns.keys() == described["tx_out"].columns.keys()
            expected = connection.exec_driver_sql(f"SELECT id FROM tx_out WHERE {condition} ORDER BY id").scalars().all()
            assert connection.scalars(sa.select(view.c.id).order_by(view.c.id)).all() == expected
            joined = sa.select(view.c.id).join_from(view, described["tx"], view.c.tx_id == described["tx"].c.id)
            assert sorted(connection.scalars(joined)) == expected
        assert described["large_payments"].comment == "Rows of tx_out where value > 100_000 ada"
        connection.exec_driver_sql("DROP VIEW large_payments")


def test_classes(filled: Filled) -> None:
    """Relations of the metadata are those of objects, in both directions."""
    tables = filled.metadata.tables
    base: Any = type("Base", (DeclarativeBase,), {"metadata": filled.metadata})
    relay_class: Any = type("PoolRelay", (base,), {"__table__": tables["pool_relay"]})
    update: Any = type("PoolUpdate", (base,), {"__table__": tables["pool_update"], "relays": relationship(relay_class)})
    with Session(filled.engine) as session:
        updates = session.scalars(sa.select(update)).all()
        relays = [(one.id, relay.id) for one in updates for relay in one.relays]
        rows = session.execute(sa.select(tables["pool_relay"].c.update_id, tables["pool_relay"].c.id)).all()
        assert sorted(relays) == sorted(map(tuple, rows)) != []


def test_the_examples_of_the_documentation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of docs/python.md, one after another, on a database that a plan filled."""
    missing = [name for name in LIBRARIES if find_spec(name) is None]
    assert not (missing and os.environ.get("CI")), f"CI must have {missing}"
    (tmp_path / "plan.toml").write_text(plan_text(ROOT / "tests/data/preview/immutable"))
    job(tmp_path / "nectar.db", (tmp_path / "plan.toml").read_text())
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    examples = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs/python.md").read_text(), re.MULTILINE | re.DOTALL)
    assert len(examples) == 5
    for example in examples:
        if not any(f"import {name}" in example for name in missing):
            exec(compile(example, "docs/python.md", "exec"), names)
    with names["engine"].connect() as connection:
        rows = connection.exec_driver_sql("SELECT fee FROM tx JOIN block ON block.id = block_id AND time >= '2022'").scalars()
        assert [fee for *_, fee in connection.execute(names["highest_fees"])] == sorted(rows, reverse=True)[:10]
        value = "SELECT max(value) FROM tx_out WHERE consumed_by_tx_id IS NOT NULL"
        assert names["largest"].value == connection.exec_driver_sql(value).scalar_one()
        outputs = connection.exec_driver_sql(f"SELECT value FROM tx_out WHERE tx_id = {names['first'].id}").scalars().all()
        assert [output.value for output in names["first"].outputs] == outputs != []
        if "fees" in names:
            assert list(names["fees"]["fee"]) == [fee for *_, fee in connection.execute(names["highest_fees"])]
        if "blocks" in names:
            assert names["blocks"]["tx_count"].sum() == connection.exec_driver_sql("SELECT sum(tx_count) FROM block").scalar_one()
    names["engine"].dispose()
