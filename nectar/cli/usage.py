"""A command line that is wrong, told as any other error: code, place, what to do, and in JSON where that was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nectar.errors import CommandLineError

CODE = "NEC-C004"
_SWITCHES = ("--format", "--progress")


def json_is_asked(words: Sequence[str]) -> bool:
    """Whether the last `--format` or `--progress` says so; the words may be wrong in other ways."""
    chosen: dict[str, str] = {}
    for word, following in zip(words, (*words[1:], ""), strict=False):
        if word == "--":
            break
        name, equals, value = word.partition("=")
        if name in _SWITCHES:
            chosen[name] = value if equals else following
    return "json" in chosen.values()


def as_error(found: Any, words: Sequence[str]) -> CommandLineError:
    """Of a complaint of click's, whichever click it is."""
    command = found.ctx.command_path if getattr(found, "ctx", None) is not None else _called(words)
    return CommandLineError(_sentence(found.format_message()), where=command, hint=f"{command} --help", code=CODE)


def _sentence(text: str) -> str:
    return " ".join(text.split()).removesuffix(".")


def _called(words: Sequence[str]) -> str:
    """The command's name: it was found, since it complained itself."""
    from nectar.cli.app import COMMANDS

    nouns = [name for name, lazy in COMMANDS.items() if lazy.part == "app"]
    return " ".join(("nectar", *words[: 2 if words[:1] and words[0] in nouns else 1]))
