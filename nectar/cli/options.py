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
        """What `auto` means there."""
        if self is not ProgressKind.AUTO:
            return self
        return ProgressKind.BAR if on_a_terminal else ProgressKind.JSON


ProfileOption: TypeAlias = Annotated[
    Path | None, typer.Option("--profile", metavar="FILE", help="Which database (default: NECTAR_PROFILE's); see --db.")
]
DbOption: TypeAlias = Annotated[
    Path | None, typer.Option("--db", metavar="FILE", help="A SQLite file, instead of a profile (default nectar.db).")
]
DatabaseOption: TypeAlias = Annotated[
    str | None, typer.Option("--database", metavar="NAME", help="Which of the profile's databases (default: what it says).")
]
WorkersOption: TypeAlias = Annotated[
    int | None, typer.Option("--workers", min=0, max=256, help="Decoding processes; 0: one a core, 1: none besides this.")
]
SocketOption: TypeAlias = Annotated[
    str | None, typer.Option("--socket", metavar="PATH", help="A node's socket, or host:port, instead of the plan's [source].")
]
OnceOption: TypeAlias = Annotated[bool, typer.Option("--once", help="Stop at the tip instead of following it.")]
DeepOption: TypeAlias = Annotated[
    int, typer.Option("--accept-deep-rollback", metavar="N", min=0, help="Let a node's fork undo up to N blocks, even beyond k.")
]
DryRunOption: TypeAlias = Annotated[bool, typer.Option("--dry-run", help="Decode and count; write nothing, make no database.")]
ProgressOption: TypeAlias = Annotated[
    ProgressKind, typer.Option("--progress", help="auto: a bar on a terminal, JSON lines elsewhere (standard error).")
]
FormatOption: TypeAlias = Annotated[OutputFormat, typer.Option("--format", help="For people or for programs.")]
