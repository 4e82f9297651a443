"""Random rows of real tables, with everything that databases and Python see differently, and random tests about them."""

from __future__ import annotations

import random
from typing import Any

from nectar.cardano.address import describe, stake_view
from nectar.filterlang import tree
from nectar.filterlang.kinds import T
from nectar.filterlang.scopes import Field, Scope
from nectar.tables import Column, Table, Type

TEXTS = (
    "",
    "a",
    "A",
    "a ",
    " a",
    "abc",
    "ABC",
    "abcabc",
    "äöü",
    "Äöü",
    "a%b",
    "a_b",
    "a.b",
    "a[b",
    "a?b",
    "a'b",
    'a"b',
    "a\\b",
    "😀x",
    "z\tz",
    "e\u0301",
    "é",
)
JSONS = (
    '{"name":"abc"}',
    '{"name":["x ",1]}',
    '{"name":["x","y"]}',
    '{"name":12345678901234567890123}',
    '{"name":null}',
    '{"name":true}',
    "[1,2]",
    '"abc"',
    "5",
    '{"name":"äöü"}',
    '{"name":{"a":"b"}}',
    '{"a key":["z"],"name":""}',
    '{"name":-7}',
    '{"Name":"abc"}',
    '["abc"]',
    "{}",
)
PATHS: tuple[tuple[str | int, ...], ...] = (("name",), ("name", 0), ("a key", 0), (0,), ("none",))
NAMES = (b"", b"a", b"abc", b"ab\0c", b"\0", b"\xff\xfe", "äö".encode(), b"abcabcabc", b"a" * 32)
HASHES = (*(bytes((fill,)) * 32 for fill in (0, 1, 0x61, 0xFF)), bytes(range(32)))
ADDRESSES = tuple(
    describe(bytes((head,)) + bytes((fill,)) * 28 + (bytes((fill ^ 1,)) * 28 if head < 0x40 else b"")).text
    for head in (0x00, 0x10, 0x60)
    for fill in (1, 2)
)
STAKES = tuple(bytes((head,)) + bytes((fill,)) * 28 for head in (0xE0, 0xF0) for fill in (1, 2))
TIMES = ("2022-10-25 00:00:00", "2022-10-25 00:00:20", "2023-01-01 12:00:00")
LOVELACE = (0, 1, 999_999, 1_000_000, 1_000_001, 45_000_000_000_000_000)
NUMBERS = (0, 1, 2, 721, 2**31, 2**53 + 1)
UNSIGNED = (*NUMBERS, 2**63 - 1, 2**63, 2**64 - 1)
RATIOS = (0.0, 0.05, 0.5, 1.0)


def column_value(table: Table, column: Column, random_source: random.Random) -> Any:
    if column.null and random_source.random() < 0.3:
        return None
    match column.type:
        case Type.ID | Type.INT:
            return random_source.choice((*NUMBERS, -1, 2**63 - 1))
        case Type.U64:
            return random_source.choice(UNSIGNED)
        case Type.LOVELACE:
            return random_source.choice(LOVELACE)
        case Type.BOOL:
            return random_source.choice((0, 1))
        case Type.RATIO:
            return random_source.choice(RATIOS)
        case Type.HASH29:
            return random_source.choice(STAKES)
        case Type.NAME:
            return random_source.choice(NAMES)
        case Type.TIME:
            return random_source.choice(TIMES)
        case Type.JSON:
            return random_source.choice(JSONS)
        case Type.TEXT | Type.LABEL:
            return random_source.choice(ADDRESSES if column.name == "address" else TEXTS)
        case Type.BYTES:
            return random_source.choice((b"\x22" + HASHES[1][:28], b"\x02", b"\x22" + HASHES[2][:28]))
    size = {Type.HASH20: 20, Type.HASH28: 28, Type.HASH32: 32}[column.type]
    return random_source.choice(HASHES)[:size]


def rows(table: Table, count: int, random_source: random.Random) -> list[tuple[Any, ...]]:
    """With keys of their own: 1, 2, ..."""
    made_rows = []
    for key in range(1, count + 1):
        values = [column_value(table, column, random_source) for column in table.columns]
        if table.name == "stake_address":
            values = [values[0], values[0], stake_view(values[0]), None, 1]  # the text that the address has
        values[0] = key if table.columns[0].type in (Type.ID, Type.INT) else values[0]
        made_rows.append(tuple(values))
    return list({row[0]: row for row in made_rows}.values())


def field_value(what: Field, random_source: random.Random) -> Any:
    """Something to compare with, now and then equal to what a row has."""
    match what.type:
        case T.LOVELACE:
            return random_source.choice(UNSIGNED if what.high == 2**64 - 1 else LOVELACE)
        case T.INT | T.SLOT | T.EPOCH:
            return random_source.choice(UNSIGNED if what.high == 2**64 - 1 else (*NUMBERS, -1, 2**63 - 1))
        case T.RATIO:
            return random_source.choice(RATIOS)
        case T.TEXT:
            text = random_source.choice(TEXTS)
            return text.encode() if what.raw else text
        case T.ADDRESS:
            return random_source.choice(ADDRESSES)
        case T.STAKE_ADDRESS:
            return random_source.choice(STAKES)
        case T.TIME:
            return random_source.choice(TIMES)
        case T.DREP:
            return random_source.choice((b"\x02", b"\x22" + HASHES[1][:28]))
        case T.POOL | T.POLICY:
            return random_source.choice(HASHES)[:28]
        case T.ASSET:
            return random_source.choice(HASHES)[:20]
    return random_source.choice(NAMES) if what.name.endswith("name") else random_source.choice(HASHES)[: what.length or 32]


def random_test(scope: Scope, random_source: random.Random, depth: int = 3) -> tree.Test:
    """A random test about a row."""
    if depth and random_source.random() < 0.6:
        parts = tuple(random_test(scope, random_source, depth - 1) for _ in range(random_source.choice((2, 2, 3))))
        match random_source.randrange(3):
            case 0:
                return tree.And(parts)
            case 1:
                return tree.Or(parts)
        return tree.Not(parts[0])
    name = random_source.choice(list(scope.fields))
    what = scope.fields[name]
    return _leaf(scope, what, tree.Ref(scope.name, name, "t"), random_source)


def _leaf(scope: Scope, what: Field, ref: tree.Ref, random_source: random.Random) -> tree.Test:
    if what.type is T.BOOL:
        return tree.Truth(ref)
    if what.type is T.JSON:
        ref = tree.Ref(ref.scope, ref.field, ref.var, random_source.choice(PATHS))
        what = Field(what.name, T.TEXT, "", "", null=True)
        text = random_source.choice(("abc", "x ", "x", "12345678901234567890123", "-7", "äöü", ""))
        equal: tree.Test = tree.Compare("==", ref, tree.Value(T.TEXT, text))
        return random_source.choice((equal, tree.In(ref, T.TEXT, tuple(sorted({text, "abc"}))), tree.Null(ref)))
    if what.null and random_source.random() < 0.15:
        return tree.Null(ref)
    value = tree.Value(what.type, field_value(what, random_source))
    choice = random_source.random()
    if what.type in (T.INT, T.LOVELACE, T.SLOT, T.EPOCH, T.TIME, T.RATIO):
        if choice < 0.2 and what.type is not T.TIME:
            same = [
                name
                for name, other in scope.fields.items()
                if other.type is what.type and (other.high == 2**64 - 1) == (what.high == 2**64 - 1)
            ]
            return tree.Compare(
                random_source.choice(("==", "<", ">=")), ref, tree.Ref(scope.name, random_source.choice(same), "t")
            )
        if choice < 0.8:
            return tree.Compare(random_source.choice(("==", "<", "<=", ">", ">=")), ref, value)
    if choice < 0.3:
        values = {field_value(what, random_source) for _ in range(3)}
        return tree.In(ref, what.type, tuple(sorted(values)))
    if what.type in (T.TEXT, T.ADDRESS, T.STAKE_ADDRESS) and choice < 0.55:
        return tree.Glob(ref, random_source.choice(_globs(what)))
    if what.type in (T.TEXT, T.BYTES, T.POLICY) and choice < 0.8 and isinstance(value.value, str | bytes) and value.value:
        part = value.value[: random_source.choice((1, 2, 3))]
        return tree.Starts(ref, part) if random_source.random() < 0.5 else tree.Contains(ref, part)
    return tree.Compare("==", ref, value)


def _globs(what: Field) -> tuple[str, ...]:
    if what.type is T.ADDRESS:
        return ("addr_test1q*", "addr_test1v*", "*q", "addr_test1*")
    if what.type is T.STAKE_ADDRESS:
        return ("stake_test1u*", "stake_test17*", "*z*")
    if what.raw:
        return ("a*", "*c", "*bc*", "ab*c", "ä*")
    return ("a*", "*c", "*b*", "a*b", "a%*", "a_*", "*[*", "*?b", "Ä*", "a\\*", "*'*", "*b*b*", "😀*")
