"""A checked filter: names resolved, literals decoded, types known. What back ends read, and what a plan's fingerprint counts.

Plain values throughout, so that a compiled plan can be handed to other processes; a reference names its field, which
`scopes` describes. Variables: `t` the transaction, `b` its block, `x1`, `x2` ... the elements of the quantifiers around.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from nectar.filterlang.kinds import T


@dataclass(frozen=True, slots=True)
class Ref:
    """A field of the scope `scope`, of the thing that `var` stands for; `path` goes into JSON."""

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
    """The elements of a collection of what `parent` stands for (`t`, or the variable of an output)."""

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
    """A field that is a yes or no."""

    ref: Ref


@dataclass(frozen=True, slots=True)
class Compare:
    """`op` is ==, <, <=, > or >=; `!=` is a Not."""

    op: str
    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class In:
    """`values` sorted, each once; `file` the path that `@file` named, which changes nothing."""

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
    """How many elements make `body` true; without one, how many there are."""

    each: Each
    body: Test | None


@dataclass(frozen=True, slots=True)
class Sum:
    """Of a field; elements without a value count nothing, and no elements give 0."""

    each: Each
    ref: Ref


Term: TypeAlias = Ref | Value | Count | Sum
Test: TypeAlias = Const | And | Or | Not | Truth | Compare | In | Glob | Regex | Starts | Contains | Null | Any


def parts_of(test: Test) -> tuple[Test, ...]:
    """What a test is made of, one level down, quantifiers' and counts' bodies too."""
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
    """Collections that a test itself goes over."""
    match test:
        case Any(each):
            return (each,)
        case Compare(_, left, right):
            return tuple(term.each for term in (left, right) if isinstance(term, Count | Sum))
        case _:
            return ()


def refs_of(test: Test) -> tuple[Ref, ...]:
    """Fields that a test itself looks at."""
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
    """Whether a list of it stands in a file."""
    return any(isinstance(one, In) and bool(one.file) for one in walk(test))
