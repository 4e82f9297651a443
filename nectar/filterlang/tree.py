"""The checked tree of a filter: names resolved, literals decoded, types known. Back ends read it, and fingerprints count it.

Its values are plain, so that a compiled plan can be pickled. A reference names its field, which `scopes` describes.
Variables: `t` the transaction, `b` its block, `x1`, `x2` ... the elements of the enclosing quantifiers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from nectar.filterlang.kinds import T


@dataclass(frozen=True, slots=True)
class Ref:
    """The field of `scope` on the row or element that `var` stands for. `path`: keys inside JSON."""

    scope: str
    field: str
    var: str
    path: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class Value:
    type: T
    value: int | float | str | bytes


@dataclass(frozen=True, slots=True)
class Each:
    """The elements of a collection. `parent`: the variable that has the collection (`t`, or an output's)."""

    scope: str
    var: str
    parent: str


@dataclass(frozen=True, slots=True)
class Const:
    value: bool


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Test


@dataclass(frozen=True, slots=True)
class Truth:
    """A boolean field."""

    ref: Ref


@dataclass(frozen=True, slots=True)
class Compare:
    """`op` is ==, <, <=, > or >=; `!=` is a Not."""

    op: str
    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class In:
    """`values`: sorted, each once. `file`: the path that `@file` named, for display only."""

    ref: Ref
    type: T
    values: tuple[int | str | bytes, ...]
    file: str = ""


@dataclass(frozen=True, slots=True)
class Glob:
    """`pattern`: `*` stands for any characters, the rest for itself."""

    ref: Ref
    pattern: str


@dataclass(frozen=True, slots=True)
class Regex:
    ref: Ref
    pattern: str


@dataclass(frozen=True, slots=True)
class Starts:
    ref: Ref
    value: str | bytes


@dataclass(frozen=True, slots=True)
class Contains:
    ref: Ref
    value: str | bytes


@dataclass(frozen=True, slots=True)
class Null:
    ref: Ref


@dataclass(frozen=True, slots=True)
class Any:
    each: Each
    body: Test


@dataclass(frozen=True, slots=True)
class Count:
    """How many elements make `body` true; without a body, how many elements there are."""

    each: Each
    body: Test | None


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of a field. Elements without a value count nothing; no elements give 0."""

    each: Each
    ref: Ref


Term: TypeAlias = Ref | Value | Count | Sum
Test: TypeAlias = Const | And | Or | Not | Truth | Compare | In | Glob | Regex | Starts | Contains | Null | Any


def parts_of(test: Test) -> tuple[Test, ...]:
    """The tests that a test consists of, one level down, with the bodies of quantifiers and counts."""
    match test:
        case And(parts) | Or(parts):
            return parts
        case Not(part):
            return (part,)
        case Any(_, body):
            return (body,)
        case Compare(_, left, right):
            return tuple(term.body for term in (left, right) if isinstance(term, Count) and term.body is not None)
        case _:
            return ()


def each_of(test: Test) -> tuple[Each, ...]:
    """The collections that a test itself iterates over."""
    match test:
        case Any(each):
            return (each,)
        case Compare(_, left, right):
            return tuple(term.each for term in (left, right) if isinstance(term, Count | Sum))
        case _:
            return ()


def refs_of(test: Test) -> tuple[Ref, ...]:
    """The fields that a test itself reads."""
    match test:
        case Truth(ref) | In(ref) | Glob(ref) | Regex(ref) | Starts(ref) | Contains(ref) | Null(ref):
            return (ref,)
        case Compare(_, left, right):
            terms = (left, right)
            return tuple(t if isinstance(t, Ref) else t.ref for t in terms if isinstance(t, Ref | Sum))
        case _:
            return ()


def walk(test: Test) -> tuple[Test, ...]:
    """A test and everything within it."""
    return (test, *(inner for part in parts_of(test) for inner in walk(part)))


def reads_files(test: Test) -> bool:
    """Whether one of its lists comes from an `@file`."""
    return any(isinstance(inner, In) and bool(inner.file) for inner in walk(test))
