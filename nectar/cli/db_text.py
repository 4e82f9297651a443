"""The steps of a database's check, as text and as JSON."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Mapping
from typing import Any

from nectar.cli.complaint_text import printable
from nectar.sinks.check_step import Outcome, Step

_WORDS = {
    Outcome.OK: ("ok", "32"),
    Outcome.WARNING: ("warn", "33"),
    Outcome.FAILED: ("FAIL", "31;1"),
    Outcome.NOT_REACHED: ("-", "2"),
}
NAME_WIDTH = 10
_INDENT = " " * (2 + 6 + NAME_WIDTH + 2)


def step_text(step: Step, colour: bool) -> str:
    word, code = _WORDS[step.outcome]
    says = step.says if step.outcome is not Outcome.NOT_REACHED else "not reached"
    head = f"  {_paint(f'{word:<4}', code, colour)}  {step.name:<{NAME_WIDTH}}  "
    lines = _wrapped(f"{step.code} {says}" if step.code else says)
    text = [head + lines[0], *(_INDENT + line for line in lines[1:])]
    if step.hint:
        text += _indented("next:", step.hint, colour)
    for note in step.notes:
        text += _indented("!", note.what, colour, "33")
        if note.hint:
            text += _indented("next:", note.hint, colour)
    return "\n".join(text)


def _indented(mark: str, text: str, colour: bool, code: str = "36") -> list[str]:
    first, *others = _wrapped(text, len(mark) + 1)
    pad = _INDENT + " " * (len(mark) + 1)
    return [f"{_INDENT}{_paint(mark, code, colour)} {first}", *(pad + line for line in others)]


def _wrapped(text: str, indent: int = 0) -> list[str]:
    """The text, wrapped to the terminal's width. It is one line elsewhere, so that programs can search it."""
    plain = printable(text)
    if not sys.stdout.isatty():
        return [plain]
    room = max(40, shutil.get_terminal_size().columns - len(_INDENT) - indent - 1)
    return textwrap.wrap(plain, room, break_on_hyphens=False) or [""]


def step_json(step: Step) -> Mapping[str, Any]:
    fields: dict[str, Any] = {"step": step.name, "outcome": step.outcome.value}
    if step.says:
        fields["text"] = step.says
    if step.code:
        fields |= {"code": step.code, "next": step.hint}
    if step.facts:
        fields["facts"] = dict(step.facts)
    if step.notes:
        fields["notes"] = [{"text": note.what, "next": note.hint} for note in step.notes]
    return fields


def _paint(text: str, code: str, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text
