"""Questions on a terminal. They are printed on standard error.

Python's own `input` loses a Ctrl-C that comes just as it begins to wait: it flushes standard error first, and drops every
exception of that flush. This module polls the terminal a few times a second, and reads it only when a line is there.
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


def ask(question: str, default: str | None = None, *, show: bool = True, hidden: bool = False) -> str:
    """The answer. Enter takes `default` where there is one; `show` prints it in the question. Errors: Interrupted."""
    prompt = f"{question} [{default}]: " if default is not None and show else f"{question}: "
    while True:
        answer = _hidden_line(prompt) if hidden else _line(prompt)
        if answer or default is not None:
            return answer or str(default)


def ask_number(question: str, default: int | None) -> int:
    while True:
        answer = ask(question, None if default is None else str(default))
        if answer.isdecimal():
            return int(answer)
        typer.echo(f"Error: {answer!r} is not a number.", err=True)


def ask_twice(question: str) -> str:
    """An answer that is not shown, so it is typed twice."""
    while True:
        answer = ask(question, hidden=True)
        if ask("Repeat for confirmation", hidden=True) == answer:
            return answer
        typer.echo("Error: The two entered values do not match.", err=True)


def confirm(question: str, default: bool = False) -> bool:
    while True:
        answer = ask(f"{question} [{'Y/n' if default else 'y/N'}]", "y" if default else "n", show=False).lower()
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
    data = os.read(terminal, _LINE)
    if not data:
        typer.echo("", err=True)
        raise Interrupted  # Ctrl-D: the user ends the input
    return data.decode(errors="replace").rstrip("\r\n")


def _hidden_line(prompt: str) -> str:
    """A line that is not shown. The echo is off before the question appears, so that early typing is neither shown nor lost."""
    with _silent(sys.stdin.fileno()):
        answer = _line(prompt)
    typer.echo("", err=True)
    return answer


@contextmanager
def _silent(terminal: int) -> Iterator[None]:
    """Turns the terminal's echo off while it lasts."""
    before = termios.tcgetattr(terminal)
    silent = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
    try:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, silent)
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)
