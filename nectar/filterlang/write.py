"""Writes a syntax tree as text, in one spelling, which parses to the same tree again."""

from __future__ import annotations

from nectar.filterlang.syntax import (
    Between,
    Comparison,
    Conjunction,
    CountCall,
    Disjunction,
    Expr,
    File,
    IsNull,
    Literal,
    Match,
    Name,
    Negation,
    Quantifier,
    SumCall,
    Within,
)


def write(expr: Expr) -> str:
    """The text of an expression."""
    match expr:
        case Disjunction(parts):
            return " or ".join(_inside(part, (Disjunction,)) for part in parts)
        case Conjunction(parts):
            return " and ".join(_inside(part, (Disjunction, Conjunction)) for part in parts)
        case Negation(part):
            return f"not {_inside(part, (Disjunction, Conjunction))}"
        case Comparison(op, left, right):
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
    """The text, in parentheses when it binds less tightly than the expression around it."""
    return f"({write(expr)})" if isinstance(expr, looser) else write(expr)


def _operand(expr: Expr) -> str:
    match expr:
        case Name():
            return _name(expr)
        case Literal():
            return _literal(expr)
        case Quantifier(kind, collection, body):
            return f"{kind}({_name(collection)}, {write(body)})"
        case CountCall(collection, None):
            return f"count({_name(collection)})"
        case CountCall(collection, body) if body is not None:
            return f"count({_name(collection)}, {write(body)})"
        case SumCall(name):
            return f"sum({_name(name)})"
        case _:
            return f"({write(expr)})"


def _name(name: Name) -> str:
    keys = "".join(f"[{key}]" if isinstance(key, int) else f"[{text_literal(key)}]" for key in name.keys)
    return ".".join(name.parts) + keys


def _literal(literal: Literal) -> str:
    if literal.kind == "text":
        return text_literal(literal.text)
    if literal.kind == "pattern":
        return f"/{literal.text}/"
    return literal.text


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def text_literal(text: str) -> str:
    """A text literal. Characters that do not print are escaped where the language has an escape for them."""
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    return char if char.isprintable() or ord(char) > 0xFFFF else f"\\u{ord(char):04x}"


def _choices(choices: tuple[Expr, ...] | File | Name) -> str:
    if isinstance(choices, File):
        return f"@file({text_literal(choices.path)})"
    if isinstance(choices, Name):
        return _name(choices)
    return f"[{', '.join(map(_operand, choices))}]"


def _not(negated: bool) -> str:
    return " not" if negated else ""
