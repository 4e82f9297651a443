"""Steps of looking at a database: for people as they come, for programs as one object."""

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
        text += _advice("next:", step.hint, colour)
    for note in step.notes:
        text += _advice("!", note.what, colour, "33")
        if note.hint:
            text += _advice("next:", note.hint, colour)
    return "\n".join(text)


def _advice(mark: str, text: str, colour: bool, code: str = "36") -> list[str]:
    first, *others = _wrapped(text, len(mark) + 1)
    pad = _INDENT + " " * (len(mark) + 1)
    return [f"{_INDENT}{_paint(mark, code, colour)} {first}", *(pad + line for line in others)]


def _wrapped(text: str, more: int = 0) -> list[str]:
    """To the terminal's width; whole elsewhere, where programs may look for it."""
    plain = printable(text)
    if not sys.stdout.isatty():
        return [plain]
    room = max(40, shutil.get_terminal_size().columns - len(_INDENT) - more - 1)
    return textwrap.wrap(plain, room, break_on_hyphens=False) or [""]


def step_json(step: Step) -> Mapping[str, Any]:
    told: dict[str, Any] = {"step": step.name, "outcome": step.outcome.value}
    if step.says:
        told["text"] = step.says
    if step.code:
        told |= {"code": step.code, "next": step.hint}
    if step.facts:
        told["facts"] = dict(step.facts)
    if step.notes:
        told["notes"] = [{"text": note.what, "next": note.hint} for note in step.notes]
    return told


def _paint(text: str, code: str, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text
