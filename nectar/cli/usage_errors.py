"""Errors of the command line, reported as every other error is: code, place, what to do, and as JSON where that was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nectar.cli.commands import COMMANDS
from nectar.errors import CommandLineError

CODE = "NEC-C004"
_JSON_OPTIONS = ("--format", "--progress")


def json_is_asked(words: Sequence[str]) -> bool:
    """Whether the last `--format` or the last `--progress` is `json`. The command line may be wrong in other ways."""
    chosen: dict[str, str] = {}
    for word, following in zip(words, (*words[1:], ""), strict=False):
        if word == "--":
            break
        name, equals, value = word.partition("=")
        if name in _JSON_OPTIONS:
            chosen[name] = value if equals else following
    return "json" in chosen.values()


def command_line_error(usage_error: Any, words: Sequence[str]) -> CommandLineError:
    """A UsageError of click, as an error of Nectar. It is Any: Typer has a click of its own since 0.26."""
    context = getattr(usage_error, "ctx", None)
    command = context.command_path if context is not None else _command_in(words)
    return CommandLineError(_sentence(usage_error.format_message()), where=command, hint=f"{command} --help", code=CODE)


def _sentence(text: str) -> str:
    return " ".join(text.split()).removesuffix(".")


def _command_in(words: Sequence[str]) -> str:
    """The command's full name. The words begin with it, because the command itself raised the error."""
    command = COMMANDS.get(words[0]) if words else None
    return " ".join(("nectar", *words[: 2 if command is not None and command.is_group else 1]))
