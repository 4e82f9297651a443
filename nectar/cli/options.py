"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias

import typer


class OutputFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


class ProgressKind(StrEnum):
    AUTO = "auto"
    BAR = "bar"
    JSON = "json"
    OFF = "off"

    def chosen(self, on_a_terminal: bool) -> ProgressKind:
        """The kind that `auto` stands for; every other kind stands for itself."""
        if self is not ProgressKind.AUTO:
            return self
        return ProgressKind.BAR if on_a_terminal else ProgressKind.JSON


ProfileOption: TypeAlias = Annotated[
    Path | None, typer.Option("--profile", metavar="FILE", help="The connection profile (default: $NECTAR_PROFILE).")
]
DbOption: TypeAlias = Annotated[
    Path | None, typer.Option("--db", metavar="FILE", help="A SQLite file, instead of a profile (default: nectar.db).")
]
DatabaseOption: TypeAlias = Annotated[
    str | None, typer.Option("--database", metavar="NAME", help="One of the profile's databases (default: the one it names).")
]
WorkersOption: TypeAlias = Annotated[
    int | None, typer.Option("--workers", min=0, max=256, help="Decoding processes. 0: one for each core; 1: only this process.")
]
SocketOption: TypeAlias = Annotated[
    str | None, typer.Option("--socket", metavar="PATH", help="Read from this node: its socket or host:port; overrides [source].")
]
OnceOption: TypeAlias = Annotated[bool, typer.Option("--once", help="Stop at the tip instead of following it.")]
DeepOption: TypeAlias = Annotated[
    int,
    typer.Option(
        "--accept-deep-rollback",
        metavar="N",
        min=0,
        help="Let a fork undo up to N blocks, even more than k, the depth that nodes allow.",
    ),
]
DryRunOption: TypeAlias = Annotated[
    bool, typer.Option("--dry-run", help="Decode and count, but write nothing and create no database.")
]
ProgressOption: TypeAlias = Annotated[
    ProgressKind, typer.Option("--progress", help="On standard error. auto: a bar on a terminal, else JSON lines.")
]
FormatOption: TypeAlias = Annotated[OutputFormat, typer.Option("--format", help="text for people, json for programs.")]
