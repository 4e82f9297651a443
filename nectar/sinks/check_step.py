"""One step of a database check: its outcome, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

from nectar.errors import NectarError


class Outcome(Enum):
    """WARNING: it works, but somebody should know. NOT_REACHED: an earlier step failed."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    NOT_REACHED = "not reached"


class Note(NamedTuple):
    """A remark on a step: what is so, and what to do."""

    what: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """`says` is for people, `facts` for programs (JSON's types). A failed step has an error's `code` and `hint`."""

    name: str
    outcome: Outcome
    says: str = ""
    notes: tuple[Note, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    code: str = ""
    hint: str = ""


def passed(name: str, says: str, notes: Iterable[Note] = (), **facts: Any) -> Step:
    """A step that worked; with notes it is a warning."""
    remarks = tuple(notes)
    return Step(name, Outcome.WARNING if remarks else Outcome.OK, says, remarks, facts)


def failed(name: str, error: NectarError, **facts: Any) -> Step:
    return Step(name, Outcome.FAILED, error.what, facts=facts, code=error.code, hint=error.hint)


def not_reached(names: Iterable[str]) -> Iterator[Step]:
    return (Step(name, Outcome.NOT_REACHED) for name in names)


def milliseconds(seconds: float) -> float:
    """For programs."""
    return round(seconds * 1000, 3)


def ms(seconds: float) -> str:
    """For people: two figures are enough."""
    thousandths = seconds * 1000
    return f"{thousandths:,.0f} ms" if thousandths >= 10 else f"{thousandths:.2g} ms"
