"""Checked tree -> text in the filter language: what a filter means, spelled out (`nectar plan explain`)."""

from __future__ import annotations

from functools import singledispatch

from nectar.cardano import bech32
from nectar.cardano.address import describe
from nectar.cardano.ids import pool_id_view
from nectar.filterlang import tree
from nectar.filterlang.kinds import DREP_NAMES, ERA_NAMES, T
from nectar.filterlang.write import text_literal

LISTED = 4  # entries of a list that are shown


def text_of(part: tree.Test | tree.Term) -> str:
    """A test or a term in the filter language."""
    return _written(part)


@singledispatch
def _written(part: object) -> str:
    raise TypeError(type(part).__name__)


@_written.register
def _(part: tree.Const) -> str:
    return "true" if part.value else "false"


@_written.register
def _(part: tree.And) -> str:
    return " and ".join(f"({_written(inner)})" if isinstance(inner, tree.Or) else _written(inner) for inner in part.parts)


@_written.register
def _(part: tree.Or) -> str:
    return " or ".join(f"({_written(inner)})" if isinstance(inner, tree.And) else _written(inner) for inner in part.parts)


@_written.register
def _(part: tree.Not) -> str:
    inner = part.part
    match inner:
        case tree.Compare("==", left, right):
            return f"{_written(left)} != {_written(right)}"
        case tree.In(ref):
            return f"{_written(ref)} not in {_listed(inner)}"
        case tree.Any(each, body):
            if isinstance(body, tree.Not):
                return f"all({each.scope}, {_written(body.part)})"
            return f"none({each.scope}, {_written(body)})"
        case tree.Null(ref):
            return f"{_written(ref)} is not null"
        case tree.And() | tree.Or():
            return f"not ({_written(inner)})"
    return f"not {_written(inner)}"


@_written.register
def _(part: tree.Truth) -> str:
    return _written(part.ref)


@_written.register
def _(part: tree.Compare) -> str:
    return f"{_written(part.left)} {part.op} {_written(part.right)}"


@_written.register
def _(part: tree.In) -> str:
    return f"{_written(part.ref)} in {_listed(part)}"


def _listed(part: tree.In) -> str:
    if part.file:
        return f"@file({text_literal(part.file)})"
    shown = [_value(part.type, value) for value in part.values[:LISTED]]
    more = f", ... {len(part.values) - LISTED} more" if len(part.values) > LISTED else ""
    return f"[{', '.join(shown)}{more}]"


@_written.register
def _(part: tree.Glob) -> str:
    return f"{_written(part.ref)} like {text_literal(part.pattern)}"


@_written.register
def _(part: tree.Regex) -> str:
    return f"{_written(part.ref)} matches /{part.pattern}/"


@_written.register
def _(part: tree.Starts) -> str:
    return f"{_written(part.ref)} starts_with {_literal(part.value, part.ref)}"


@_written.register
def _(part: tree.Contains) -> str:
    return f"{_written(part.ref)} contains {_literal(part.value, part.ref)}"


@_written.register
def _(part: tree.Null) -> str:
    return f"{_written(part.ref)} is null"


@_written.register
def _(part: tree.Any) -> str:
    return f"any({part.each.scope}, {_written(part.body)})"


@_written.register
def _(part: tree.Count) -> str:
    body = "" if part.body is None else f", {_written(part.body)}"
    return f"count({part.each.scope}{body})"


@_written.register
def _(part: tree.Sum) -> str:
    return f"sum({part.each.scope}.{part.ref.field})"


@_written.register
def _(part: tree.Ref) -> str:
    prefix = {"b": "block."}.get(part.var, "")
    path = "".join(f"[{key}]" if isinstance(key, int) else f"[{text_literal(key)}]" for key in part.path)
    return f"{prefix}{part.field}{path}"


@_written.register
def _(part: tree.Value) -> str:
    return _value(part.type, part.value)


def _literal(value: str | bytes, ref: tree.Ref) -> str:
    if isinstance(value, bytes) and ref.field == "name_text":
        return text_literal(value.decode("utf-8", "replace"))
    return text_literal(value) if isinstance(value, str) else f"0x{value.hex()}"


def _value(kind: T, value: object) -> str:
    match kind, value:
        case T.LOVELACE, int(amount):
            whole, rest = divmod(amount, 1_000_000)
            return f"{whole:_} ada" if not rest else f"{amount:_} lovelace"
        case T.TEXT, bytes(raw):
            return text_literal(raw.decode("utf-8", "replace"))
        case T.ERA, int(era):
            return ERA_NAMES[era - 1]
        case T.TIME, str(moment):
            return moment.replace(" ", "T") + "Z"
        case T.ADDRESS | T.STAKE_ADDRESS, bytes(raw):
            return describe(raw).text
        case T.POOL, bytes(raw):
            return pool_id_view(raw)
        case T.ASSET, bytes(raw):
            return bech32.encode("asset", raw)
        case T.DREP, bytes(raw):
            return next((name for name, key in DREP_NAMES.items() if key == raw), bech32.encode("drep", raw))
        case _, bytes(raw):
            return f"0x{raw.hex()}"
        case _, str(text):
            return text_literal(text) if kind is T.TEXT else text
        case _, int(number):
            return f"{number:_}" if kind is T.INT and number > 9_999 else str(number)
    return str(value)
