"""TiDB's limits: a table, a view or a plan made for each breaks it, and every plan of the project keeps it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nectar.compiler.ddl import mysql
from nectar.compiler.ddl.statements import Statement, StatementKind, statements
from nectar.compiler.internal_tables import QUARANTINE, own_tables
from nectar.compiler.load import read_document, read_plan
from nectar.compiler.plan_json import as_json
from nectar.compiler.tidb import check
from nectar.compiler.tidb.limits import LACKS, Breach, breaches
from nectar.compiler.tidb.row_size import BLOCK_BYTES, ENTRY_BYTES, JSON_TIMES, largest_row
from nectar.config.document.load import load_text
from nectar.decode.native_json import native_json
from nectar.decode.plutus_json import plutus_json
from nectar.errors import PlanError
from nectar.tables import Column, Index, Kind, Place, Table, Type
from tests.compiler.making import ALL, EVERY_TABLE, PLANS, compiled_from
from tests.compiler.test_mariadb import VIEWS

ID = Column("id", Type.ID, "Key.")


def breaches_of_table(*columns: Column, indexes: tuple[Index, ...] = (), name: str = "t") -> list[Breach]:
    """What is wrong with a table of these columns, as the dialect writes it."""
    table = Table(name, "A table.", Kind.FACT, (ID, *columns), Place.TX, indexes)
    texts = [Statement(StatementKind.TABLE, name, name, mysql.create_table(table))]
    texts += [Statement(StatementKind.DEFERRED_INDEX, name, index.name, mysql.create_index(table, index)) for index in indexes]
    return list(breaches((table,), texts))


def breaches_of_sql(sql: str, kind: StatementKind = StatementKind.VIEW, name: str = "v") -> list[Breach]:
    """Of a statement as it stands, about a table t."""
    table = Statement(
        StatementKind.TABLE,
        "t",
        "t",
        "CREATE TABLE IF NOT EXISTS `t` (\n  `id` BIGINT NOT NULL,\n  `j` JSON NULL,\n  `x` LONGTEXT NULL\n)",
    )
    return list(breaches((), [table, Statement(kind, "t", name, sql)]))


def column(name: str, kind: Type = Type.INT) -> Column:
    return Column(name, kind, "A column.")


def numbered(count: int, kind: Type = Type.INT) -> tuple[Column, ...]:
    return tuple(column(f"c{at}", kind) for at in range(count))


TOO_MUCH: dict[str, tuple[Callable[[int], list[Breach]], int, str]] = {
    "a table's name": (lambda n: breaches_of_table(name="n" * n), 64, "NEC-P080"),
    "a column's name": (lambda n: breaches_of_table(column("n" * n)), 64, "NEC-P080"),
    "an index's name": (lambda n: breaches_of_table(column("a"), indexes=(Index("n" * n, ("a",)),)), 64, "NEC-P080"),
    "columns": (lambda n: breaches_of_table(*numbered(n - 1)), 1_017, "NEC-P081"),
    "indexes": (
        lambda n: breaches_of_table(*numbered(n), indexes=tuple(Index(f"i{at}", (f"c{at}",)) for at in range(n))),
        64,
        "NEC-P081",
    ),
    "an index of texts": (
        lambda n: breaches_of_table(*numbered(n, Type.TEXT), indexes=(Index("i", tuple(f"c{at}" for at in range(n))),)),
        3_072 // (4 * 128),
        "NEC-P082",
    ),
    "an index of labels": (
        lambda n: breaches_of_table(*numbered(n, Type.LABEL), indexes=(Index("i", tuple(f"c{at}" for at in range(n))),)),
        3_072 // (4 * 64),
        "NEC-P082",
    ),
    "an index of hashes": (
        lambda n: breaches_of_table(*numbered(n, Type.HASH32), indexes=(Index("i", tuple(f"c{at}" for at in range(n))),)),
        3_072 // 32,
        "NEC-P082",
    ),
    "columns of JSON in a row": (lambda n: breaches_of_table(*numbered(n, Type.JSON)), 3, "NEC-P083"),
    "characters of an index's beginning": (
        lambda n: breaches_of_sql(f"CREATE INDEX `v` ON `t` (`x`({n}))", StatementKind.DEFERRED_INDEX),
        768,
        "NEC-P082",
    ),
    "bytes of a statement": (lambda n: breaches_of_sql("'" + "x" * (n - 2) + "'"), 64 << 20, "NEC-P083"),
}


@pytest.mark.parametrize("what", TOO_MUCH)
def test_the_most_there_can_be_and_one_more(what: str) -> None:
    make, most, code = TOO_MUCH[what]
    assert make(most) == []
    assert {breach.code for breach in make(most + 1)} == {code}
    assert all(breach.what and breach.hint for breach in make(most + 1))


LACKING = {
    "CREATE TABLE IF NOT EXISTS `u` (\n  `a` BIGINT,\n  FOREIGN KEY (`a`) REFERENCES `t` (`id`)\n)": "foreign keys",
    "CREATE TABLE `u` (`a` BIGINT CHECK (`a` > 0))": "CHECK",
    "CREATE TABLE `u` (`a` BIGINT AUTO_INCREMENT)": "AUTO_INCREMENT",
    "CREATE TRIGGER `v` BEFORE INSERT ON `t` FOR EACH ROW SET @a = 1": "triggers",
    "CREATE FULLTEXT INDEX `v` ON `t` (`x`)": "FULLTEXT",
    "INSERT INTO `t` (`id`) VALUES (1) RETURNING `id`": "RETURNING",
    "INSERT INTO `t` (`id`) VALUES (1) AS new ON DUPLICATE KEY UPDATE id = new.id": "a row's alias",
    "CREATE TABLE `v` AS SELECT 1": "AS SELECT",
    "SELECT * FROM `t` FOR UPDATE SKIP LOCKED": "SKIP LOCKED",
    "SELECT JSON_VALUE(`j`, '$.a') FROM `t`": "JSON_VALUE",
    "SELECT 1 INTO @a": "INTO a variable",
    "CREATE TABLE `u` (`a` INET6)": "INET",
    "ALTER TABLE `t` ADD COLUMN `v` VARCHAR(9) GENERATED ALWAYS AS (`x`) VIRTUAL, ADD INDEX `i` (`v`)": "error 8200",
    "ALTER TABLE `t` ADD COLUMN `v` VARCHAR(9) GENERATED ALWAYS AS (`x`) STORED": "error 3106",
}


@pytest.mark.parametrize("sql", LACKING)
def test_what_there_is_not(sql: str) -> None:
    (breach,) = breaches_of_sql(sql)
    assert breach.code == "NEC-P084"
    assert LACKING[sql] in breach.what


def test_all_that_is_lacking_was_tried() -> None:
    assert all(any(meant in what for meant in LACKING.values()) for what in LACKS.values() if "UUID" not in what)


def test_words_in_texts_and_names_are_no_words() -> None:
    assert (
        breaches_of_sql(
            "CREATE VIEW `returning` AS SELECT 'FOREIGN KEY', 'it''s RETURNING' FROM `references` /*T! RETURNING */ WHERE 1"
        )
        == []
    )


@pytest.mark.parametrize(
    ("sql", "kind", "expected"),
    [
        ("CREATE INDEX `v` ON `t` (`x`)", StatementKind.DEFERRED_INDEX, "error 1170"),
        ("CREATE INDEX `v` ON `t` (`j`)", StatementKind.DEFERRED_INDEX, "error 3152"),
        ("CREATE INDEX `v` ON `t` (`id` DESC)", StatementKind.DEFERRED_INDEX, "descending"),
        ("CREATE TABLE IF NOT EXISTS `u` (\n  `a` LONGBLOB NOT NULL,\n  PRIMARY KEY (`a`)\n)", StatementKind.TABLE, "error 1170"),
        (
            "CREATE TABLE IF NOT EXISTS `u` (\n  `a` VARCHAR(800) NOT NULL,\n  PRIMARY KEY (`a`)\n)",
            StatementKind.TABLE,
            "error 1071",
        ),
        ("CREATE TABLE IF NOT EXISTS `u` (\n  `a` LONGTEXT DEFAULT ''\n)", StatementKind.TABLE, "error 1101"),
        ("CREATE TABLE IF NOT EXISTS `u` (\n  `a` JSON NOT NULL DEFAULT '{}'\n)", StatementKind.TABLE, "error 1101"),
        (
            "ALTER TABLE `t` ADD COLUMN `v` VARCHAR(9) GENERATED ALWAYS AS (CONCAT(`x`, RAND())) VIRTUAL",
            StatementKind.VIEW_COLUMN,
            "error 3102",
        ),
        (
            "ALTER TABLE `t` ADD COLUMN `v` VARCHAR(9) GENERATED ALWAYS AS ((SELECT 1)) VIRTUAL",
            StatementKind.VIEW_COLUMN,
            "error 3102",
        ),
    ],
)
def test_keys_defaults_and_generated_columns(sql: str, kind: StatementKind, expected: str) -> None:
    (breach,) = breaches_of_sql(sql, kind)
    assert expected in breach.what


def test_a_spelling_that_cannot_be_looked_into_is_a_bug_and_no_silence() -> None:
    with pytest.raises(ValueError, match="cannot be looked for"):
        breaches_of_sql("CREATE TEMPORARY TABLE `u` (`a` INT)", StatementKind.TABLE)


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.stem)
def test_every_plan_keeps_them(plan: Path) -> None:
    compiled = read_plan(plan, "tidb")
    assert list(breaches((*own_tables("tidb"), *compiled.tables), statements(compiled, "tidb"))) == []


def test_every_table_and_views_of_every_kind_keep_them() -> None:
    compiled = read_document(load_text(EVERY_TABLE + VIEWS, "plan.toml"), Path("plan.toml"), dialect="tidb")
    kinds = {statement.kind for statement in statements(compiled, "tidb", (0, 99_999))}
    assert kinds == set(StatementKind) - {StatementKind.ESSENTIAL_INDEX} | ({StatementKind.ESSENTIAL_INDEX} & kinds)
    assert list(breaches((*own_tables("tidb"), *compiled.tables), statements(compiled, "tidb", (0, 99_999)))) == []


def many_views(count: int) -> str:
    return ALL + "".join(
        f'[[views]]\nname = "v{at}"\nfrom = "tx_metadata"\nwhere = \'json.k{at} == "x"\'\n' for at in range(count)
    )


def test_views_that_want_more_indexes_than_a_table_has_room_for() -> None:
    """Three of the table's own: two indexes, and none for its clustered key."""
    read_document(load_text(many_views(62), "plan.toml"), Path("plan.toml"), dialect="tidb")
    text = many_views(63)
    with pytest.raises(PlanError) as caught:
        read_document(load_text(text, "plan.toml"), Path("plan.toml"), dialect="tidb")
    (complaint,) = caught.value.complaints
    assert (complaint.code, complaint.path) == ("NEC-P081", "processors.metadata")
    assert text.splitlines()[complaint.line - 1].startswith("metadata = true")
    assert "tx_metadata has 65 indexes" in complaint.what
    assert complaint.suggestion
    read_document(load_text(text, "plan.toml"), Path("plan.toml"), dialect="sqlite")


def test_a_plan_too_large_for_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiled plan is a row of nectar_plan: as large as may be, and a byte more."""
    document = load_text(ALL, "plan.toml")
    size = len(as_json(read_document(document, Path("plan.toml"), dialect="mysql")).encode())
    monkeypatch.setattr(check, "ENTRY_BYTES", size)
    read_document(document, Path("plan.toml"), dialect="tidb")
    monkeypatch.setattr(check, "ENTRY_BYTES", size - 1)
    with pytest.raises(PlanError) as caught:
        read_document(document, Path("plan.toml"), dialect="tidb")
    (complaint,) = caught.value.complaints
    assert (complaint.code, complaint.path) == ("NEC-P083", "plan")


# -- how large a row is -------------------------------------------------------------------------------------------


def _many(item: bytes, size: int = 16_384, begin: bytes = b"\x9f") -> bytes:
    return begin + item * (size // len(item)) + b"\xff"


@pytest.mark.parametrize("item", ["a0", "80", "00", "d87980", "a1a0a0", "40", "20", "a10000", "a2a0a0a0a0", "c240", "d8668200a0"])
def test_no_plutus_data_becomes_more_json_than_reckoned(item: str) -> None:
    raw = _many(bytes.fromhex(item))
    try:
        text = plutus_json(raw)
    except ValueError:
        return
    assert len(text) <= JSON_TIMES * len(raw)


def test_a_map_of_empty_maps_becomes_just_so_much() -> None:
    raw = _many(b"\xa0\xa0", 100_000, b"\xbf")
    assert JSON_TIMES * 0.999 < len(plutus_json(raw)) / len(raw) <= JSON_TIMES


@pytest.mark.parametrize("item", ["820180", "83030080", "820400", "8200581c" + "00" * 28])
def test_no_native_script_does(item: str) -> None:
    raw = b"\x82\x01" + _many(bytes.fromhex(item))
    assert len(native_json(raw) or "") <= JSON_TIMES * len(raw)


def test_every_row_fits() -> None:
    sizes = {table.name: largest_row(table) for table in (*own_tables("tidb"), *compiled_from(EVERY_TABLE).tables)}
    assert max(sizes.values()) <= ENTRY_BYTES
    assert sizes["datum"] > JSON_TIMES * BLOCK_BYTES
    assert largest_row(QUARANTINE) > 2_000_000
