"""What can never be true, and what always is: constants and contradictions, found before anything is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from nectar.filterlang import tree
from nectar.filterlang.kinds import T
from nectar.filterlang.scopes import Scope
from nectar.filterlang.unknown import SCOPES
from nectar.filterlang.write_tree import said

_FLIP = {"==": "!=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
Bounds = Mapping[tuple[str, str], tuple[Any, Any]]
"""(scope, field) -> lowest and highest value that the plan's own range leaves; None is no bound."""


class _Limits(NamedTuple):
    bounds: Bounds
    scopes: Mapping[str, Scope]


@dataclass(slots=True)
class _Room:
    """What values a field can still have."""

    low: Any = None
    high: Any = None
    only: set[Any] | None = None
    never: set[Any] = field(default_factory=set)

    def empty(self) -> bool:
        if self.low is not None and self.high is not None and self.low > self.high:
            return True
        if self.only is None:
            return False
        return not any(self.holds(value) for value in self.only)

    def holds(self, value: Any) -> bool:
        if value in self.never:
            return False
        try:
            return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)
        except TypeError:
            return True


def trouble(test: tree.Test, bounds: Bounds, scopes: Iterable[Scope] = ()) -> list[tuple[str, str]]:
    """(kind, what): kind is constant or contradiction. `scopes` are those besides the transaction's."""
    found: list[tuple[str, str]] = []
    known = {**SCOPES, **{scope.name: scope for scope in scopes}}
    _look(test, _Limits(bounds, known), found)
    return list(dict.fromkeys(found))


def _look(test: tree.Test, limits: _Limits, found: list[tuple[str, str]]) -> None:
    if isinstance(test, tree.Compare):
        _constant(test, limits, found)
    if isinstance(test, tree.And):
        _contradiction(list(test.parts), limits, found)
    elif isinstance(test, tree.Compare | tree.In):
        _contradiction([test], limits, found)
    for part in tree.parts_of(test):
        _look(part, limits, found)
    if isinstance(test, tree.Or):
        parts = set(test.parts)
        for part in test.parts:
            if tree.Not(part) in parts and not isinstance(part, tree.Not):
                found.append(("constant", f"{said(part)}, or not: that is always so"))


def _constant(test: tree.Compare, limits: _Limits, found: list[tuple[str, str]]) -> None:
    """A comparison that a field's own range settles."""
    room, value, op = _room(test.left, limits), test.right, test.op
    if not isinstance(value, tree.Value) or isinstance(value.value, str | bytes) or room is None:
        return
    number, low, high = value.value, room.low, room.high
    above = low is not None and (number < low or (op == ">=" and number == low))
    below = high is not None and (number > high or (op == "<=" and number == high))
    if (op in (">", ">=") and above) or (op in ("<", "<=") and below):
        found.append(("constant", f"{said(test)} is always so: {_what(test.left)} is {_range(low, high)}"))


def _room(term: tree.Term, limits: _Limits) -> _Room | None:
    if isinstance(term, tree.Count):
        return _Room(0)
    if not isinstance(term, tree.Ref) or term.path:
        return None
    what = limits.scopes[term.scope].fields[term.field]
    low, high = what.low, what.high
    mine = limits.bounds.get((term.scope, term.field), (None, None))
    low = mine[0] if low is None else low if mine[0] is None else max(low, mine[0])
    high = mine[1] if high is None else high if mine[1] is None else min(high, mine[1])
    return _Room(low, high)


def _what(term: tree.Term) -> str:
    return said(term)


def _range(low: Any, high: Any) -> str:
    if high is None:
        return f"at least {low}"
    return f"from {low} to {high}" if low is not None else f"at most {high}"


def _contradiction(parts: list[tree.Test], limits: _Limits, found: list[tuple[str, str]]) -> None:
    rooms: dict[tree.Term, _Room] = {}
    for part in parts:
        if tree.Not(part) in parts:
            found.append(("contradiction", f"{said(part)}, and not: that is never so"))
        _narrow(part, rooms, limits)
    for term, room in rooms.items():
        if room.empty():
            tests = [said(part) for part in parts if _about(part) == term]
            own = _room(term, limits)
            if own is not None and len(tests) == 1:
                why = f": {_what(term)} is {_range(own.low, own.high)}" if own.low is not None or own.high is not None else ""
                found.append(("contradiction", f"{tests[0]} is never so{why}"))
            else:
                found.append(("contradiction", f"{' and '.join(tests)} is never so"))


def _about(test: tree.Test) -> tree.Term | None:
    inner = test.part if isinstance(test, tree.Not) else test
    match inner:
        case tree.Compare(_, left, tree.Value()):
            return left
        case tree.In(ref):
            return ref
    return None


def _narrow(test: tree.Test, rooms: dict[tree.Term, _Room], limits: _Limits) -> None:
    term = _about(test)
    if term is None:
        return
    room = rooms.setdefault(term, _room(term, limits) or _Room())
    negated = isinstance(test, tree.Not)
    inner = test.part if isinstance(test, tree.Not) else test
    if isinstance(inner, tree.In):
        if negated:
            room.never |= set(inner.values)
        else:
            room.only = set(inner.values) if room.only is None else room.only & set(inner.values)
        return
    assert isinstance(inner, tree.Compare)
    assert isinstance(inner.right, tree.Value)
    value, op = inner.right.value, _FLIP[inner.op] if negated else inner.op
    step = 1 if inner.right.type not in (T.TIME, T.RATIO) and isinstance(value, int) else 0
    if op == "==":
        room.only = {value} if room.only is None else room.only & {value}
    elif op == "!=":
        room.never.add(value)
    elif op in (">", ">="):
        edge = value + (step if op == ">" else 0) if isinstance(value, int) else value
        room.low = edge if room.low is None or edge > room.low else room.low
    else:
        edge = value - (step if op == "<" else 0) if isinstance(value, int) else value
        room.high = edge if room.high is None or edge < room.high else room.high
