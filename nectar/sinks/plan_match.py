"""How two compiled plans differ, in words: only in what decides the rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nectar.errors import SinkError
from nectar.sinks.base import Layout
from nectar.sinks.stored import compiled_plan, only_plan, refuse_newer

_MEANING = ("network", "processors", "filters", "tables")
_SHOWN = 6


def plan_differences(stored: Mapping[str, Any], ours: Mapping[str, Any]) -> list[str]:
    """`stored` is in the database, `ours` is the plan at hand. At most six differences, then how many more there are."""
    differences = [text for part in _MEANING for text in _differ(part, stored.get(part), ours.get(part))]
    differences = differences or ["its columns were defined by another version"]
    more = len(differences) - _SHOWN
    return differences if more <= 0 else [*differences[:_SHOWN], f"and {more} more"]


def refuse_another_plan(stored: Sequence[tuple[Any, ...]], ours: Layout, where: str, other: str) -> None:
    """`stored`: the row of `nectar_plan`. `other`: what to index into instead.

    Errors: SinkError NEC-K002 when the plans differ; NEC-K025, NEC-K026 when the stored row cannot be believed.
    """
    fingerprint, name, compiled, version = only_plan(stored, where)
    refuse_newer(version, where)
    compiled_plan(compiled, where)
    if fingerprint == ours.fingerprint:
        return
    differences = "; ".join(plan_differences(compiled_plan(compiled, where), compiled_plan(ours.compiled, where)))
    raise SinkError(
        f"this database was filled by another plan, {name!r}: {differences}",
        where=where,
        hint=f"index into another {other}, or run the plan that filled this one",
        code="NEC-K002",
    )


def _differ(path: str, stored: Any, ours: Any) -> Iterator[str]:
    if stored == ours:
        return
    if isinstance(stored, Mapping) and isinstance(ours, Mapping):
        for key in dict.fromkeys((*stored, *ours)):
            if key not in ours:
                yield f"{path}.{key} is there but not in this plan"
            elif key not in stored:
                yield f"{path}.{key} is in this plan but not there"
            else:
                yield from _differ(f"{path}.{key}", stored[key], ours[key])
        return
    yield f"{path} is {_short(stored)} there and {_short(ours)} in this plan"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
