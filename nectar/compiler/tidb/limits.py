"""Finds what exceeds TiDB's limits or what TiDB lacks, in the statements that a job would run there (docs/tidb.md).

TiDB itself refuses only after hours, when an index is built at the end, or never, where it parses a word and ignores it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from nectar.compiler.ddl.statements import Statement, StatementKind
from nectar.compiler.tidb.row_size import BLOCK_BYTES, ENTRY_BYTES, largest_row
from nectar.config import codes
from nectar.tables import Table

NAME = 64
COLUMNS = 1_017  # of a table: table-column-count-limit
INDEXES = 64  # of a table: index-limit; its key is one of them where it is not clustered
KEY_BYTES = 3_072  # of an index: max-index-length
STATEMENT_BYTES = 64 << 20  # max_allowed_packet


class Breach(NamedTuple):
    """One limit that a plan exceeds. `name`: what the statement makes, on `table`."""

    code: str
    what: str
    hint: str
    table: str
    name: str = ""


LACKS: Mapping[str, str] = {
    r"FOREIGN KEY|REFERENCES": "foreign keys, which lock a parent's row for each child's",
    r"CHECK *\(": "CHECK constraints, which TiDB reads and does not heed",
    r"AUTO_INCREMENT": "AUTO_INCREMENT keys, which all go into one region",
    r"TRIGGER|PROCEDURE|CREATE EVENT|CREATE FUNCTION": "triggers, events or stored routines",
    r"FULLTEXT|SPATIAL|GEOMETRY": "FULLTEXT or spatial indexes",
    r"RETURNING": "RETURNING",
    r"AS \w+ *ON DUPLICATE": "a row's alias in ON DUPLICATE KEY UPDATE",
    r"CREATE TABLE[^(]* AS SELECT": "CREATE TABLE .. AS SELECT",
    r"SKIP LOCKED|LATERAL|LOCK IN SHARE MODE": "SKIP LOCKED, LATERAL or LOCK IN SHARE MODE",
    r"JSON_TABLE|JSON_VALUE": "JSON_TABLE or JSON_VALUE",
    r"INTO @": "SELECT .. INTO a variable",
    r"UUID|INET[46]": "the types UUID and INET",
    r"ADD COLUMN.*ADD (?:UNIQUE )?(?:INDEX|KEY)": "a column and its index made in one ALTER TABLE (error 8200)",
    r"ADD COLUMN.*STORED": "a stored generated column added to a table (error 3106)",
}
"""Patterns of SQL outside of names and texts, and the feature that each stands for."""

_QUOTED = re.compile(r"'[^'\\]*(?:(?:\\.|'')[^'\\]*)*'|/\*.*?\*/", re.DOTALL)
_NAMES = re.compile(r"`([^`]*)`")
_LACKS = [(re.compile(rf"(?<![\w@]){words}", re.IGNORECASE | re.DOTALL), what) for words, what in LACKS.items()]
_TABLE = re.compile(r"CREATE TABLE IF NOT EXISTS `([^`]+)` \((.*)\)", re.DOTALL)
_COLUMN = re.compile(r"\s*`([^`]+)` (.+)", re.DOTALL)
_PRIMARY = re.compile(r"\s*PRIMARY KEY \((.*?)\)(?: |$)")
_INDEX = re.compile(r"CREATE (?:UNIQUE )?INDEX `([^`]+)` ON `([^`]+)` \((.*)\)")
_ADD_COLUMN = re.compile(r"ALTER TABLE `([^`]+)` ADD COLUMN `([^`]+)` (.+)", re.DOTALL)
_PART = re.compile(r"`([^`]+)`(?:\((\d+)\))?( DESC)?")
_SIZED = re.compile(r"(VAR)?(CHAR|BINARY)\((\d+)\)")
_LONG = re.compile(r"(?:TINY|MEDIUM|LONG)?(TEXT|BLOB)\b")
_BYTES = {"TINYINT": 1, "BIGINT": 8, "DOUBLE": 8, "DATETIME": 8, "DECIMAL": 18}
_CHANGING = re.compile(r"\b(SELECT|RAND|NOW|SYSDATE|CURRENT_\w+|UUID|CONNECTION_ID|USER|DATABASE|VERSION|LAST_INSERT_ID)\b|@")


def breaches(tables: Sequence[Table], statements: Sequence[Statement]) -> Iterator[Breach]:
    """The breaches by `statements`, which include Nectar's own tables, and by the largest rows of `tables`."""
    columns: dict[str, dict[str, str]] = {}
    indexes: dict[str, int] = {}
    for statement in statements:
        if (size := len(statement.sql.encode())) > STATEMENT_BYTES:
            limit = f"TiDB takes {STATEMENT_BYTES:,} (max_allowed_packet)"
            what = f"the statement that makes {statement.name} has {size:,} bytes; {limit}"
            yield Breach(codes.TIDB_SIZE, what, "name fewer things in it", statement.table, statement.name)
            continue
        yield from _names(statement)
        yield from _words(statement)
        bare = _QUOTED.sub(lambda match: "''" if match[0].startswith("'") else "", statement.sql)
        if statement.kind is StatementKind.TABLE:
            yield from _table(statement, bare, columns)
        elif statement.kind is StatementKind.VIEW_COLUMN:
            name, column, kind = _read(_ADD_COLUMN, bare)
            columns[name][column] = kind
            yield from _generated(statement, kind)
        elif match := _INDEX.fullmatch(bare):
            indexes[match[2]] = indexes.get(match[2], 0) + 1
            yield from _key(statement, f"index {match[1]}", match[3], columns[match[2]])
    for name, kinds in columns.items():
        yield from _columns(name, kinds)
        if len(kinds) > COLUMNS:
            yield Breach(codes.TIDB_COUNT, f"{name} has {len(kinds):,} columns; TiDB has {COLUMNS:,} at most", _FEWER, name)
        if (count := indexes.get(name, 0)) > INDEXES:
            yield Breach(codes.TIDB_COUNT, f"{name} has {count} indexes; TiDB has {INDEXES} at most", _FEWER, name)
    for table in tables:
        if (size := largest_row(table)) > ENTRY_BYTES:
            what = f"a row of {table.name} can be {size:,} bytes; TiDB takes {ENTRY_BYTES:,} (txn-entry-size-limit)"
            yield Breach(codes.TIDB_SIZE, what, f"keep less in a row: blocks have {BLOCK_BYTES:,} bytes at most", table.name)


_FEWER = "leave out views, or fill another database"


def _table(statement: Statement, bare: str, columns: dict[str, dict[str, str]]) -> Iterator[Breach]:
    """Enters the table's columns into `columns`, and checks its primary key. `bare`: the statement without quotes and texts."""
    name, body = _read(_TABLE, bare)
    lines = body.split(",\n")
    columns[name] = {parts[0]: parts[1] for parts in (_read(_COLUMN, line) for line in lines if not _PRIMARY.match(line))}
    for key in filter(None, map(_PRIMARY.match, lines)):
        yield from _key(statement, "its primary key", key[1], columns[name])


def _read(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    """Errors: ValueError when the dialect spells a statement in a way that this module does not know."""
    match = pattern.match(text)
    if match is None:
        raise ValueError(f"a statement for TiDB that its limits cannot be looked for in: {text[:100]}")
    return match.groups()


def _names(statement: Statement) -> Iterator[Breach]:
    bare = _QUOTED.sub("", statement.sql)
    for name in dict.fromkeys(name for name in (*_NAMES.findall(bare), statement.name) if len(name) > NAME):
        what = f"the name {name} has {len(name)} characters; TiDB has {NAME}"
        yield Breach(codes.TIDB_NAME, what, "give it a shorter name", statement.table, statement.name)


def _words(statement: Statement) -> Iterator[Breach]:
    bare = _NAMES.sub("``", _QUOTED.sub("''", statement.sql))
    for words, what in _LACKS:
        if words.search(bare):
            breach = f"{statement.name}: Nectar does not use {what} on TiDB"
            yield Breach(codes.TIDB_LACKS, breach, "write the view another way", statement.table, statement.name)


def _key(statement: Statement, what: str, parts: str, columns: Mapping[str, str]) -> Iterator[Breach]:
    size, hint = 0, "index less of it"
    for column, prefix, descending in _PART.findall(parts):
        kind = columns[column].upper()
        if kind.startswith("JSON"):
            breach = f"{what} of {statement.table} is on {column}, which is JSON (error 3152)"
            yield Breach(codes.TIDB_KEY, breach, hint, statement.table, statement.name)
        elif _LONG.match(kind) and not prefix:
            breach = f"{what} of {statement.table} is on {column}, which is {kind.split()[0]}, without a length (error 1170)"
            yield Breach(codes.TIDB_KEY, breach, hint, statement.table, statement.name)
        if descending:
            breach = f"{what} of {statement.table} is descending in {column}, which TiDB reads and does not heed"
            yield Breach(codes.TIDB_KEY, breach, "leave DESC out: an index is read both ways", statement.table, statement.name)
        size += _bytes(kind, int(prefix) if prefix else None)
    if size > KEY_BYTES:
        breach = (
            f"{what} of {statement.table} takes {size:,} bytes; TiDB has {KEY_BYTES:,} at most (max-index-length, error 1071)"
        )
        yield Breach(codes.TIDB_KEY, breach, hint, statement.table, statement.name)


def _bytes(kind: str, prefix: int | None) -> int:
    """Bytes that a column takes in an index; a character of utf8mb4 counts four."""
    sized, long = _SIZED.match(kind), _LONG.match(kind)
    if sized is not None:
        return (prefix or int(sized[3])) * (4 if sized[2] == "CHAR" else 1)
    if long is not None:
        return (prefix or 0) * (4 if long[1] == "TEXT" else 1)
    return 0 if kind.startswith("JSON") else _BYTES[re.split(r"\W", kind)[0]]


def _columns(table: str, columns: Mapping[str, str]) -> Iterator[Breach]:
    for name, kind in columns.items():
        if re.match(r"(?:\w*TEXT|\w*BLOB|JSON)\b.*\bDEFAULT\b(?! NULL)", kind, re.IGNORECASE | re.DOTALL):
            what = f"{table}.{name} has a default, which TiDB takes for no {kind.split()[0]} (error 1101)"
            yield Breach(codes.TIDB_LACKS, what, "say the value in every row", table)


def _generated(statement: Statement, kind: str) -> Iterator[Breach]:
    if "GENERATED" in kind.upper() and (changing := _CHANGING.search(_NAMES.sub("``", kind).upper())):
        column = f"{statement.table}.{statement.name}"
        what = f"{column} is generated by {changing[0]}, which TiDB takes in no generated column (error 3102)"
        yield Breach(codes.TIDB_LACKS, what, "write the view another way", statement.table, statement.name)
