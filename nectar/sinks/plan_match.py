"""What two compiled plans say differently, in words, of what decides the rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nectar.errors import SinkError
from nectar.sinks.base import Layout
from nectar.sinks.kept import kept_plan, only_plan, refuse_newer

_MEANING = ("network", "processors", "filters", "tables")


def plan_differences(there: Mapping[str, Any], ours: Mapping[str, Any]) -> list[str]:
    """`there` is in the database, `ours` is the plan at hand; at most six differences, then how many more."""
    found = [text for part in _MEANING for text in _differ(part, there.get(part), ours.get(part))]
    found = found or ["its columns were defined by another version"]
    return found if len(found) <= 6 else [*found[:6], f"and {len(found) - 6} more"]


def refuse_another_plan(stored: Sequence[tuple[Any, ...]], ours: Layout, where: str, other: str) -> None:
    """`stored`: fingerprint, name, compiled plan and version of the one that filled it; `other`: what to index into instead.

    Errors: SinkError NEC-K002 when ours means something else; NEC-K025, NEC-K026 when what is stored cannot be believed.
    """
    fingerprint, name, compiled, version = only_plan(stored, where)
    refuse_newer(version, where)
    kept_plan(compiled, where)
    if fingerprint == ours.fingerprint:
        return
    told = "; ".join(plan_differences(kept_plan(compiled, where), kept_plan(ours.compiled, where)))
    raise SinkError(
        f"this database was filled by another plan, {name!r}: {told}",
        where=where,
        hint=f"index into another {other}, or run the plan that filled this one",
        code="NEC-K002",
    )


def _differ(path: str, there: Any, ours: Any) -> Iterator[str]:
    if there == ours:
        return
    if isinstance(there, Mapping) and isinstance(ours, Mapping):
        for key in dict.fromkeys((*there, *ours)):
            if key not in ours:
                yield f"{path}.{key} is there but not in this plan"
            elif key not in there:
                yield f"{path}.{key} is in this plan but not there"
            else:
                yield from _differ(f"{path}.{key}", there[key], ours[key])
        return
    yield f"{path} is {_short(there)} there and {_short(ours)} in this plan"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
