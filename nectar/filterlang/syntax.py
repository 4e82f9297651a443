"""The syntax tree of a filter's text, before its names are resolved: the parser makes it and the printer writes it.

Two trees are equal when they say the same; where a node stood (`at`, offsets into the text) does not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias


class Span(NamedTuple):
    """Offsets into the text: `start` included, `end` not."""

    start: int = 0
    end: int = 0


NOWHERE = Span()


@dataclass(frozen=True, slots=True)
class Name:
    """`tx.fee`, or `json.name[0]`. `keys`: the keys in brackets."""

    parts: tuple[str, ...]
    keys: tuple[str | int, ...] = ()
    at: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Literal:
    """One literal. `kind`: the grammar's word (integer, number, amount, epoch, date, hex, text, identifier, yes, no). `text`: as
    written; quoted texts are decoded."""

    kind: str
    text: str
    at: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class File:
    """`@file("wallets.txt")`: one literal a line."""

    path: str
    at: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Quantifier:
    """`kind` is any, all or none."""

    kind: str
    collection: Name
    body: Expr
    at: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class CountCall:
    collection: Name
    body: Expr | None
    at: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class SumCall:
    """`name` is a collection's field: `outputs.value`."""

    name: Name
    at: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Comparison:
    op: str
    left: Expr
    right: Expr
    at: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Between:
    operand: Expr
    low: Expr
    high: Expr
    negated: bool
    at: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Within:
    operand: Expr
    choices: tuple[Expr, ...] | File | Name
    negated: bool
    at: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Match:
    """`kind` is like, matches, starts_with or contains; `pattern` a literal (a regular expression's text without its slashes)."""

    kind: str
    operand: Expr
    pattern: Expr
    negated: bool
    at: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class IsNull:
    operand: Expr
    negated: bool
    at: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Negation:
    part: Expr
    at: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Conjunction:
    parts: tuple[Expr, ...]
    at: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Disjunction:
    parts: tuple[Expr, ...]
    at: Span = field(default=NOWHERE, compare=False, repr=False)


Expr: TypeAlias = (
    Name
    | Literal
    | Quantifier
    | CountCall
    | SumCall
    | Comparison
    | Between
    | Within
    | Match
    | IsNull
    | Negation
    | Conjunction
    | Disjunction
)


class Slip(NamedTuple):
    """One fault in a filter's text, which becomes a complaint with this `code`."""

    code: str
    what: str
    at: Span
    hint: str = ""
    allowed: str = ""
    file: str = ""  # the file that `@file` names, when the slip is in it
    line: int = 0


class FilterError(ValueError):
    """A filter's text has faults; carries every slip."""

    def __init__(self, slips: Sequence[Slip]) -> None:
        super().__init__(slips[0].what)
        self.slips = tuple(slips)
