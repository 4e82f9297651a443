"""Syntax tree -> text, in one spelling: what is written parses to the same tree again."""

from __future__ import annotations

from nectar.filterlang.syntax import (
    And,
    Between,
    Compare,
    Count,
    Expr,
    File,
    IsNull,
    Literal,
    Match,
    Name,
    Not,
    Or,
    Quantifier,
    Sum,
    Within,
)


def write(expr: Expr) -> str:
    match expr:
        case Or(parts):
            return " or ".join(_inside(part, (Or,)) for part in parts)
        case And(parts):
            return " and ".join(_inside(part, (Or, And)) for part in parts)
        case Not(part):
            return f"not {_inside(part, (Or, And))}"
        case Compare(op, left, right):
            return f"{_operand(left)} {op} {_operand(right)}"
        case Between(operand, low, high, negated):
            return f"{_operand(operand)}{_not(negated)} between {_operand(low)} and {_operand(high)}"
        case Within(operand, choices, negated):
            return f"{_operand(operand)}{_not(negated)} in {_choices(choices)}"
        case Match(kind, operand, pattern, negated):
            return f"{_operand(operand)}{_not(negated)} {kind} {_operand(pattern)}"
        case IsNull(operand, negated):
            return f"{_operand(operand)} is{_not(negated)} null"
        case _:
            return _operand(expr)


def _inside(expr: Expr, looser: tuple[type, ...]) -> str:
    """In parentheses when it binds less tightly than what is around it."""
    return f"({write(expr)})" if isinstance(expr, looser) else write(expr)


def _operand(expr: Expr) -> str:
    match expr:
        case Name():
            return _name(expr)
        case Literal():
            return _literal(expr)
        case Quantifier(kind, collection, body):
            return f"{kind}({_name(collection)}, {write(body)})"
        case Count(collection, None):
            return f"count({_name(collection)})"
        case Count(collection, body) if body is not None:
            return f"count({_name(collection)}, {write(body)})"
        case Sum(name):
            return f"sum({_name(name)})"
        case _:
            return f"({write(expr)})"


def _name(name: Name) -> str:
    keys = "".join(f"[{key}]" if isinstance(key, int) else f"[{quoted(key)}]" for key in name.keys)
    return ".".join(name.parts) + keys


def _literal(literal: Literal) -> str:
    if literal.kind == "text":
        return quoted(literal.text)
    if literal.kind == "pattern":
        return f"/{literal.text}/"
    return literal.text


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def quoted(text: str) -> str:
    """A text literal; what does not print is escaped, where there is an escape for it."""
    return (
        '"'
        + "".join(_ESCAPES.get(one) or (one if one.isprintable() or ord(one) > 0xFFFF else f"\\u{ord(one):04x}") for one in text)
        + '"'
    )


def _choices(choices: tuple[Expr, ...] | File | Name) -> str:
    if isinstance(choices, File):
        return f"@file({quoted(choices.path)})"
    if isinstance(choices, Name):
        return _name(choices)
    return f"[{', '.join(map(_operand, choices))}]"


def _not(negated: bool) -> str:
    return " not" if negated else ""
