"""A Carp execution plan -> the parts of a Nectar plan that do the same, and what each task became."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from nectar.carp.tasks import TASKS, TYPES, CarpTask, Fit
from nectar.config import codes
from nectar.config.complaints.collector import Complaints, type_name
from nectar.config.complaints.schema import load_schema
from nectar.config.document.load import Document
from nectar.config.plan.keys import Processors

_NOT_READONLY = "readonly is not translated: Nectar fills what these rows need, and what is filled is not done again"


@dataclass(frozen=True, slots=True)
class TranslatedTask:
    """What one task became: how well it fits, the processors that it switches on, and notes. Line and column count from 1."""

    task: str
    fit: Fit
    processors: tuple[str, ...]
    notes: tuple[str, ...]
    line: int
    col: int


@dataclass(frozen=True, slots=True)
class Translation:
    """`start` and `end` are words of `[sync]`, empty where the plan leaves the key out. Processors come in their own order."""

    start: str
    end: str
    processors: Mapping[str, Mapping[str, Any]]
    outcomes: tuple[TranslatedTask, ...]


def translate(document: Document) -> Translation:
    """Errors: PlanError with every complaint in file order: unknown tasks and options, or no task with an equivalent."""
    complaints = Complaints(document, words=TASKS)
    tasks = dict(_tasks(complaints))
    processors: dict[str, dict[str, Any]] = {}
    outcomes = []
    for name, options in tasks.items():
        task = TASKS[name]
        _add(processors, {**task.needs, **_option_needs(task, options)})
        line, col = document.positions.key((name,))
        notes = (*([task.note] if task.note else []), *_untranslated(task, options))
        outcomes.append(TranslatedTask(name, task.fit, tuple(task.needs), notes, line, col))
    if not processors and not complaints.collected:
        complaints.add(codes.NOTHING_TO_DO, "no task here has an equivalent: nothing would be indexed", ())
    complaints.raise_any()
    ordered = {name: processors[name] for name in Processors.names() if name in processors}
    return Translation(*_range(TASKS[name] for name in tasks), ordered, tuple(outcomes))


def _tasks(complaints: Complaints) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The tasks without a fault. Complains of the others."""
    for name, options in complaints.document.data.items():
        if name not in TASKS:
            own = name in load_schema("plan")["properties"]
            hint = "this looks like a plan of Nectar's own, which needs no import" if own else _suggest(name, TASKS)
            complaints.add(codes.UNKNOWN_TASK, "Carp has no such task", (name,), at="key", suggestion=hint)
            if own:
                return
        elif not isinstance(options, dict):
            what = f"{name} must be a table, not {type_name(options)}"
            complaints.add(codes.WRONG_TYPE, what, (name,), suggestion=f"write [{name}]")
        elif _options_are_right(complaints, name, options):
            yield name, options


def _options_are_right(complaints: Complaints, name: str, options: Mapping[str, Any]) -> bool:
    known = TASKS[name].options
    for key, value in options.items():
        if key not in known:
            what = f"{name} has no such option"
            allowed = ", ".join(known) or "none"
            complaints.add(codes.UNKNOWN_TASK, what, (name, key), at="key", allowed=allowed, suggestion=_suggest(key, known))
        elif not isinstance(value, TYPES[key]):
            wanted = "true or false" if TYPES[key] is bool else "a text in quotes"
            complaints.add(codes.WRONG_TYPE, f"{key} must be {wanted}, not {type_name(value)}", (name, key), allowed=wanted)
    return complaints.sound((name,))


def _suggest(word: str, known: Iterable[str]) -> str:
    by_lower = {name.lower(): name for name in known}
    close = get_close_matches(word[:100].lower(), by_lower, 1)
    return f"did you mean {by_lower[close[0]]}?" if close else ""


def _option_needs(task: CarpTask, options: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What a task's options need besides: the bytes of transactions."""
    if options.get("include_payload") and "transactions" in task.needs and task.era in ("byron", "multiera"):
        return {"transactions": {**task.needs["transactions"], "tx_cbor": True}}
    return {}


def _untranslated(task: CarpTask, options: Mapping[str, Any]) -> Iterator[str]:
    if options.get("readonly"):
        yield _NOT_READONLY
    if options.get("include_payload") and not _option_needs(task, options):
        yield "include_payload is not translated: only bytes of transactions in blocks can be kept"
    if task.era in ("byron", "multiera") and _option_needs(task, options):
        yield "include_payload became tx_cbor: whole transactions of every era, where Carp keeps their bodies"
    for key in ("script_hash", "address"):
        if key in options:
            yield f"{key} is not translated, since the task is not"


def _add(processors: dict[str, dict[str, Any]], needs: Mapping[str, Mapping[str, Any]]) -> None:
    """Adds options up. Labels do not add up: a task that needs every label outdoes one that needs a few."""
    for name, options in needs.items():
        before = processors.get(name)
        if name == "metadata":
            processors[name] = {} if before == {} else dict(options)
        else:
            processors[name] = {**(before or {}), **options}


def _range(tasks: Iterable[CarpTask]) -> tuple[str, str]:
    """(start, end) of the eras that the tasks are for, which are those that Carp reads."""
    eras = {task.era for task in tasks if task.fit != "nothing"}
    if not eras & {"genesis", "byron", "shelley genesis"}:
        return "shelley", ""
    start = "origin" if eras & {"genesis", "shelley genesis"} else "byron"
    return start, "" if "multiera" in eras else "byron"
