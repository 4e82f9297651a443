"""Compiles a checked tree to the SQL after WHERE, for SQLite and for the MySQL family.

As in Python each test is written as two conditions, *surely true* and *surely false*, from `AND`, `OR` and `EXISTS` alone. A
comparison with NULL makes neither true, so nothing depends on how a database negates NULL.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from nectar.cardano.address import describe
from nectar.filterlang import tree
from nectar.filterlang.kinds import T
from nectar.filterlang.scopes import ASSETS_OF_OUTPUT, BLOCK, CERT_ROWS, COLLECTIONS, TX, U64, Field, Scope
from nectar.filterlang.unknown import can_be_unknown
from nectar.tables import item_ids

_FALSE_OP = {"=": "<>", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_WITH_ADDRESS = (
    '(SELECT o.*, a."address", a."has_script" AS "address_has_script", a."payment_cred" '
    'FROM "tx_out" o JOIN "address" a ON a."id" = o."address_id")'
)
_ASKED = ", ".join(
    f'(SELECT a."{name}" FROM "address" a WHERE a."id" = o."address_id") AS "{shown}"'
    for name, shown in (("address", "address"), ("has_script", "address_has_script"), ("payment_cred", "payment_cred"))
)
_WITH_ADDRESS_ASKED = f'(SELECT o.*, {_ASKED} FROM "tx_out" o)'
"""The same for SQLite, which would build a join on the right of a LEFT JOIN whole for each row."""
_TABLE = re.compile(r'(?:FROM|JOIN) ["`](\w+)["`]')
_OF_TX = re.compile(r'(\w+)\."(?:tx_id|tx_in_id|registered_tx_id|announced_tx_id)" = t\."id"')
_IN_TX = r'\1."id" ' + item_ids('t."id"')
"""An id is a position: a transaction's rows are a range of their table's own key, which needs no index."""
_OF_THE_TX = '"id" ' + item_ids('{t}."id"')
_SHOWN = "'STRING', 'INTEGER', 'UNSIGNED INTEGER', 'DOUBLE', 'DECIMAL'"
"""MySQL's kinds of JSON values that filters compare as text."""
_LARGEST_SIGNED = (1 << 63) - 1


class NotInSql(ValueError):
    """The database cannot express a test. The text says which test and why."""


@dataclass(frozen=True, slots=True)
class Target:
    """The database that SQL is written for.

    `dialect`: sqlite, mysql or tidb. `eras`: (first slot, value) of each era, ascending. `address_table`: outputs name their
    addresses by id (an option of the transactions processor). `tables`: the tables that exist; empty: all. `json_columns`:
    values inside JSON (SQL without alias) that have a generated column, with its name. `lists`: whether entries of files are
    written out; otherwise a comment gives their number.
    """

    dialect: str
    eras: tuple[tuple[int, int], ...] = ()
    address_table: bool = False
    tables: frozenset[str] = frozenset()
    json_columns: tuple[tuple[str, str], ...] = ()
    lists: bool = True


def to_sql(test: tree.Test, target: Target, scopes: Iterable[Scope] = (), wanted: bool = True) -> str:
    """The condition over the alias `t` (and `b`, a transaction's block). Errors: NotInSql."""
    known = {scope.name: scope for scope in (BLOCK, TX, *COLLECTIONS.values(), *scopes)}
    text = _Writer(target, known).text(test, wanted)
    missing = sorted(set(_TABLE.findall(text)) - target.tables) if target.tables else []
    if missing:
        raise NotInSql(f"table {missing[0]} is not filled by this plan")
    return text


def json_value(ref: tree.Ref, target: Target, scopes: Iterable[Scope] = ()) -> str:
    """The SQL of a value inside JSON, over the alias `t`."""
    known = {scope.name: scope for scope in (BLOCK, TX, *COLLECTIONS.values(), *scopes)}
    return _Writer(target, known).ref(ref)


def quote_names(template: str, dialect: str) -> str:
    """A template's names as the dialect writes them."""
    return template if dialect == "sqlite" else template.replace('"', "`")


@dataclass(slots=True)
class _Writer:
    target: Target
    scopes: Mapping[str, Scope]
    sqlite: bool = field(init=False)

    def __post_init__(self) -> None:
        self.sqlite = self.target.dialect == "sqlite"

    # Tests

    def text(self, test: tree.Test, wanted: bool) -> str:
        match test:
            case tree.Const(value):
                return "1 = 1" if value is wanted else "1 = 0"
            case tree.Not(part):
                return self.text(part, not wanted)
            case tree.And(parts) | tree.Or(parts):
                word = " AND " if isinstance(test, tree.And) is wanted else " OR "
                return f"({word.join(self.text(part, wanted) for part in parts)})"
            case tree.Any(each, body):
                return self._any(each, body, wanted)
            case tree.Truth(ref):
                return self.ref(ref) if wanted else f"(NOT {self.ref(ref)})"
            case tree.Null(ref):
                return f"({self.ref(ref)} IS {'' if wanted else 'NOT '}NULL)"
            case tree.Compare(op, left, right):
                return self._compare("=" if op == "==" else op, left, right, wanted)
            case tree.In(ref, _, values, file):
                if file and not self.target.lists:
                    name = file.replace("*/", "* /")
                    return f"({self.ref(ref)} {'IN' if wanted else 'NOT IN'} (/* {len(values):,} values of {name} */ NULL))"
                return self._in(ref, values, wanted)
            case tree.Glob(ref, pattern):
                return self._glob(ref, pattern.split("*"), wanted)
            case tree.Starts(ref, value):
                return self._glob(ref, [value, "" if isinstance(value, str) else b""], wanted)
            case tree.Contains(ref, value):
                op = ">" if wanted else "="
                return f"(INSTR({self.ref(ref)}, {self.value(value)}) {op} 0)"
            case tree.Regex():
                raise NotInSql("every database reads regular expressions in its own way: use like, or filter while loading")

    def _any(self, each: tree.Each, body: tree.Test, wanted: bool) -> str:
        source, link = self.source(each)
        if wanted:
            return f"EXISTS (SELECT 1 FROM {source} WHERE {link} AND {self.text(body, True)})"
        if not can_be_unknown(body, self.scopes):
            return f"NOT EXISTS (SELECT 1 FROM {source} WHERE {link} AND {self.text(body, True)})"
        return f"NOT EXISTS (SELECT 1 FROM {source} WHERE {link} AND {self.text(body, False)} IS NOT TRUE)"

    def source(self, each: tree.Each) -> tuple[str, str]:
        """What follows FROM, and the condition that ties an element to its parent."""
        scope = self.scopes[each.scope]
        source, link, parent = scope.source, scope.link, each.parent
        if each.scope == "assets" and parent != "t":
            _, source, link = ASSETS_OF_OUTPUT
        if not source:
            hint = "a table keeps each once, with the first transaction only"
            raise NotInSql(f"no table tells which transactions show which {each.scope}: {hint}")
        if self.target.address_table:
            source = source.replace('"tx_out"', _WITH_ADDRESS_ASKED if self.sqlite else _WITH_ADDRESS)
        if "{certs}" in source:
            rows = [sql for table, sql in CERT_ROWS.items() if not self.target.tables or table in self.target.tables]
            if not rows:
                raise NotInSql("no table of certificates is filled: switch on certificates or governance")
            if self.sqlite:  # which would not use the link to look up the rows; servers do
                rows = [f"{sql} {'AND' if ' WHERE ' in sql else 'WHERE'} {_OF_THE_TX}" for sql in rows]
            source = source.replace("{certs}", f"({' UNION ALL '.join(rows)})")
        return self._template(source, each.var, parent), self._template(link, each.var, parent)

    def _template(self, text: str, var: str, parent: str = "t") -> str:
        filled = text.replace("{x}", var).replace("{t}", "t").replace("{b}", "b").replace("{p}", parent)
        if self.sqlite:
            filled = _OF_TX.sub(_IN_TX, filled)
        return quote_names(filled.replace("{era}", self._era()), self.target.dialect)

    def _era(self) -> str:
        whens = " ".join(f'WHEN b."id" >= {slot * 2} THEN {value}' for slot, value in reversed(self.target.eras) if slot > 0)
        first = next((value for slot, value in reversed(self.target.eras) if slot == 0), 1)
        inner = f'CASE WHEN b."id" < 0 THEN 1 {whens} ELSE {first} END'
        return f"({inner})"

    def _compare(self, op: str, left: tree.Term, right: tree.Term, wanted: bool) -> str:
        op = op if wanted else _FALSE_OP[op]
        texts = self.term(left), self.term(right)
        if isinstance(left, tree.Ref) and isinstance(right, tree.Value) and isinstance(right.value, str) and self._padded(left):
            size = len(right.value.encode())
            join, same = ("AND", "=") if wanted else ("OR", "<>")
            column = dict(self.target.json_columns).get(texts[0].replace("t.", "")) if wanted and op == "=" else None
            if column is not None:  # its index narrows the rows down; what follows is exact
                return f"(t.`{column}` = LEFT({texts[1]}, 255) AND {texts[0]} = {texts[1]} AND LENGTH({texts[0]}) = {size})"
            return f"({texts[0]} {op} {texts[1]} {join} LENGTH({texts[0]}) {same} {size})"
        if isinstance(left, tree.Ref) and isinstance(right, tree.Ref) and self._padded(left):
            return f"(CAST({texts[0]} AS BINARY) {op} CAST({texts[1]} AS BINARY))"
        return f"({texts[0]} {op} {texts[1]})"

    def _padded(self, ref: tree.Ref) -> bool:
        """Whether MySQL would ignore spaces at the end of this text when it compares."""
        what = self.field_of(ref)
        return not self.sqlite and (what.type is T.TEXT or bool(ref.path)) and not what.choices and not what.raw

    def _in(self, ref: tree.Ref, values: tuple[int | str | bytes, ...], wanted: bool) -> str:
        text, word = self.ref(ref), "IN" if wanted else "NOT IN"
        listed = f"{text} {word} ({', '.join(self.value(self._as_stored(ref, value)) for value in values)})"
        if self._padded(ref):
            exact = ", ".join(f"x'{value.encode().hex()}'" for value in values if isinstance(value, str))
            return f"({listed} {'AND' if wanted else 'OR'} CAST({text} AS BINARY) {word} ({exact}))"
        return f"({listed})"

    def _as_stored(self, ref: tree.Ref, value: int | float | str | bytes) -> int | float | str | bytes:
        """The value as the column stores it: addresses as text."""
        if isinstance(value, bytes) and self.field_of(ref).type is T.ADDRESS:
            return describe(value).text
        return value

    def _glob(self, ref: tree.Ref, parts: list[str] | list[str | bytes], wanted: bool) -> str:
        """A pattern test. `parts`: the text between the stars."""
        what, text, no = self.field_of(ref), self.ref(ref), "" if wanted else "NOT "
        if what.type is T.STAKE_ADDRESS:
            text = self._template('(SELECT g."view" FROM "stake_address" g WHERE g."id" = ', "x") + f"{text})"
        if what.raw or what.type in (T.BYTES, T.POLICY):
            return self._glob_bytes(text, [part.encode() if isinstance(part, str) else part for part in parts], wanted)
        texts = [part for part in parts if isinstance(part, str)]
        if self.sqlite:
            pattern = "*".join("".join(f"[{c}]" if c in "[?" else c for c in part) for part in texts)
            return f"({text} {no}GLOB {self.value(pattern)})"
        pattern = "%".join("".join(f"|{c}" if c in "|%_" else c for c in part) for part in texts)
        return f"({text} {no}LIKE {self.value(pattern)} ESCAPE '|')"

    def _glob_bytes(self, text: str, parts: list[bytes], wanted: bool) -> str:
        if len(parts) == 3 and not parts[0] and not parts[2]:
            return f"(INSTR({text}, {self.value(parts[1])}) {'>' if wanted else '='} 0)"
        if len(parts) > 2:
            raise NotInSql("bytes can be searched for a beginning, an end, or one part inside")
        begin, end = parts
        equal, join, least = ("=", " AND ", ">=") if wanted else ("<>", " OR ", "<")
        tests = []
        if begin:
            tests.append(f"SUBSTR({text}, 1, {len(begin)}) {equal} {self.value(begin)}")
        if end:
            tests.append(f"SUBSTR({text}, -{len(end)}) {equal} {self.value(end)}")
        tests.append(f"LENGTH({text}) {least} {len(begin) + len(end)}")  # SQLite's SUBSTR of an empty value is NULL
        return f"({join.join(tests)})"

    # Terms

    def term(self, term: tree.Term) -> str:
        match term:
            case tree.Ref():
                return self.ref(term)
            case tree.Value(_, value):
                stored = describe(value).text if isinstance(value, bytes) and term.type is T.ADDRESS else value
                return self.value(stored)
            case tree.Count(each, body):
                source, link = self.source(each)
                also = "" if body is None else f" AND {self.text(body, True)}"
                return f"(SELECT COUNT(*) FROM {source} WHERE {link}{also})"
            case tree.Sum(each, ref):
                what = self.field_of(ref)
                if self.sqlite and what.type is T.INT and what.name in ("quantity", "label"):
                    raise NotInSql("SQLite has no sums beyond 64 bits, and quantities and labels reach them")
                source, link = self.source(each)
                return f"(SELECT COALESCE(SUM({self.ref(ref)}), 0) FROM {source} WHERE {link})"

    def ref(self, ref: tree.Ref) -> str:
        """A field's SQL. In SQLite `+` keeps a joined table's column from its index: SQLite would read all rows with the
        value for each transaction, instead of the transaction's own rows."""
        what = self.field_of(ref)
        if not what.sql:
            raise NotInSql(f"no table has {ref.scope}.{what.name}")
        text = self._template(what.sql, ref.var)
        if self.sqlite and ref.scope in COLLECTIONS and "JOIN" in COLLECTIONS[ref.scope].source:
            text = f"+{text}"
        return self._json(text, ref.path) if ref.path else text

    def _json(self, text: str, path: tuple[str | int, ...]) -> str:
        """The SQL of a value inside JSON: texts and numbers as text, NULL for anything else."""
        if any(isinstance(key, str) and (not key.isprintable() or "\\" in key) for key in path):
            raise NotInSql("a key with such characters cannot stand in a database's JSON path")
        steps = self._steps(path)
        if self.sqlite:
            kind = f"json_type({text}, {steps})"
            number = f"WHEN {kind} IN ('integer', 'real') THEN {text} -> {steps}"
            return f"(CASE WHEN {kind} = 'text' THEN {text} ->> {steps} {number} END)"
        extracted = f"JSON_EXTRACT({text}, {steps})"
        lists = [self._steps(path[:at]) for at, key in enumerate(path) if key == 0]  # MySQL's [0] of other values is the value
        also = "".join(f" AND JSON_TYPE(JSON_EXTRACT({text}, {prefix})) = 'ARRAY'" for prefix in lists)
        return f"(CASE WHEN JSON_TYPE({extracted}) IN ({_SHOWN}){also} THEN JSON_UNQUOTE({extracted}) END)"

    def _steps(self, path: tuple[str | int, ...]) -> str:
        return self.value("$" + "".join(f"[{key}]" if isinstance(key, int) else f'."{key}"' for key in path))

    def field_of(self, ref: tree.Ref) -> Field:
        return self.scopes[ref.scope].fields[ref.field]

    def value(self, value: int | float | str | bytes) -> str:
        """A literal. SQLite stores numbers from 2^63 on as texts of 20 digits, which sort after every number."""
        if isinstance(value, bytes):
            return f"x'{value.hex()}'"
        if isinstance(value, str):
            return self._text(value)
        if self.sqlite and isinstance(value, int) and value > _LARGEST_SIGNED:
            return f"'{min(value, 10**20 - 1):020}'" if value > U64 else f"'{value:020}'"
        return repr(value)

    def _text(self, value: str) -> str:
        if self.sqlite:
            return f"CAST(x'{value.encode().hex()}' AS TEXT)" if "\0" in value else "'" + value.replace("'", "''") + "'"
        if value.isascii() and value.isprintable() and "\\" not in value and "'" not in value:
            return f"'{value}'"
        return f"_utf8mb4 x'{value.encode().hex()}'"
