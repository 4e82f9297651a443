"""Finds conditions that are always true (constants) or never (contradictions), before any block is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from nectar.filterlang import tree
from nectar.filterlang.kinds import T
from nectar.filterlang.scopes import Scope
from nectar.filterlang.unknown import SCOPES
from nectar.filterlang.write_tree import text_of

_FLIP = {"==": "!=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
Bounds = Mapping[tuple[str, str], tuple[Any, Any]]
"""(scope, field) -> lowest and highest value within the plan's range; None: no bound."""


class _Limits(NamedTuple):
    bounds: Bounds
    scopes: Mapping[str, Scope]


@dataclass(slots=True)
class _Room:
    """The values that a field can still have."""

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
    """(kind, message) of each fault; kind is constant or contradiction. `scopes`: those besides the transaction's."""
    faults: list[tuple[str, str]] = []
    known = {**SCOPES, **{scope.name: scope for scope in scopes}}
    _look(test, _Limits(bounds, known), faults)
    return list(dict.fromkeys(faults))


def _look(test: tree.Test, limits: _Limits, faults: list[tuple[str, str]]) -> None:
    if isinstance(test, tree.Compare):
        _constant(test, limits, faults)
    if isinstance(test, tree.And):
        _contradiction(list(test.parts), limits, faults)
    elif isinstance(test, tree.Compare | tree.In):
        _contradiction([test], limits, faults)
    for part in tree.parts_of(test):
        _look(part, limits, faults)
    if isinstance(test, tree.Or):
        parts = set(test.parts)
        for part in test.parts:
            if tree.Not(part) in parts and not isinstance(part, tree.Not):
                faults.append(("constant", f"{text_of(part)}, or not: that is always true"))


def _constant(test: tree.Compare, limits: _Limits, faults: list[tuple[str, str]]) -> None:
    """Notes a comparison that the field's range makes always true."""
    room, value, op = _room(test.left, limits), test.right, test.op
    if not isinstance(value, tree.Value) or isinstance(value.value, str | bytes) or room is None:
        return
    number, low, high = value.value, room.low, room.high
    above = low is not None and (number < low or (op == ">=" and number == low))
    below = high is not None and (number > high or (op == "<=" and number == high))
    if (op in (">", ">=") and above) or (op in ("<", "<=") and below):
        faults.append(("constant", f"{text_of(test)} is always true: {text_of(test.left)} is {_range(low, high)}"))


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


def _range(low: Any, high: Any) -> str:
    if high is None:
        return f"at least {low}"
    return f"from {low} to {high}" if low is not None else f"at most {high}"


def _contradiction(parts: list[tree.Test], limits: _Limits, faults: list[tuple[str, str]]) -> None:
    rooms: dict[tree.Term, _Room] = {}
    for part in parts:
        if tree.Not(part) in parts:
            faults.append(("contradiction", f"{text_of(part)}, and not: that can never be true"))
        _narrow(part, rooms, limits)
    for term, room in rooms.items():
        if room.empty():
            tests = [text_of(part) for part in parts if _about(part) == term]
            own = _room(term, limits)
            if own is not None and len(tests) == 1:
                why = f": {text_of(term)} is {_range(own.low, own.high)}" if own.low is not None or own.high is not None else ""
                faults.append(("contradiction", f"{tests[0]} can never be true{why}"))
            else:
                faults.append(("contradiction", f"{' and '.join(tests)} can never be true"))


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
