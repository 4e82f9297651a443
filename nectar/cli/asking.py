"""Questions on a terminal. They go to standard error.

Python's own `input` loses a Ctrl-C that comes just as it begins to wait: it flushes standard error first, and drops whatever
that raises. Here the terminal is looked at a few times a second, and read only when there is something to read.
"""

from __future__ import annotations

import os
import select
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from nectar.runner.signals import LOOK, Interrupted, raise_if_heard

_LINE = 1 << 16


def ask(question: str, usual: str | None = None, *, show: bool = True, hidden: bool = False) -> str:
    """The answer; Enter takes `usual`, where there is one. `show`: what that is. Errors: Interrupted."""
    prompt = f"{question} [{usual}]: " if usual is not None and show else f"{question}: "
    while True:
        answer = _hidden_line(prompt) if hidden else _line(prompt)
        if answer or usual is not None:
            return answer or str(usual)


def ask_number(question: str, usual: int | None) -> int:
    while True:
        answer = ask(question, None if usual is None else str(usual))
        if answer.isdecimal():
            return int(answer)
        typer.echo(f"Error: {answer!r} is not a number.", err=True)


def ask_twice(question: str) -> str:
    """Something that is not shown, and so is asked for again."""
    while True:
        answer = ask(question, hidden=True)
        if ask("Repeat for confirmation", hidden=True) == answer:
            return answer
        typer.echo("Error: The two entered values do not match.", err=True)


def confirm(question: str, usual: bool = False) -> bool:
    while True:
        answer = ask(f"{question} [{'Y/n' if usual else 'y/N'}]", "y" if usual else "n", show=False).lower()
        if answer in ("y", "yes", "n", "no"):
            return answer in ("y", "yes")
        typer.echo("Error: invalid input", err=True)


def _line(prompt: str) -> str:
    terminal = sys.stdin.fileno()
    typer.echo(prompt, nl=False, err=True)
    while True:
        raise_if_heard()
        if select.select([terminal], [], [], LOOK)[0]:
            break
    raise_if_heard()
    told = os.read(terminal, _LINE)
    if not told:
        typer.echo("", err=True)
        raise Interrupted  # Ctrl-D: nobody wants to say more
    return told.decode(errors="replace").rstrip("\r\n")


def _hidden_line(prompt: str) -> str:
    """The terminal is silent before it asks: what is typed at once is neither shown nor thrown away."""
    with _silent(sys.stdin.fileno()):
        answer = _line(prompt)
    typer.echo("", err=True)
    return answer


@contextmanager
def _silent(terminal: int) -> Iterator[None]:
    """The terminal shows nothing that is typed."""
    before = termios.tcgetattr(terminal)
    silent = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
    try:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, silent)
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)
