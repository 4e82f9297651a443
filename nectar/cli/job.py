"""What `nectar run` and `nectar sync` share: their options, and the job itself."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

if TYPE_CHECKING:
    from nectar.compiler.compiled import CompiledPlan
    from nectar.compiler.load import Draft
    from nectar.config.profile.model import Target
    from nectar.errors import Complaint


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


BROKEN_OFF = "stopped as asked, at once; what was not committed yet was dropped whole. Run again to go on"
BROKEN_OFF_DRY = "stopped as asked, at once; nothing was written"


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


@dataclass(frozen=True, slots=True)
class Asked:
    """The shared options, as they were given; `source` and `socket` stand above the plan's."""

    profile: Path | None
    db: Path | None
    workers: int | None
    once: bool
    dry_run: bool
    progress: ProgressKind
    source: Path | None = None
    socket: str | None = None
    database: str | None = None
    accept_deep_rollback: int = 0


def do_job(read: Callable[[], Draft], asked: Asked) -> int:
    """Read the plan, run it and print the summary; the exit code."""
    from nectar.cli.exits import errors_in_json
    from nectar.runner.report import report
    from nectar.runner.run import run as run_job
    from nectar.runner.signals import listening, say_at_the_end
    from nectar.runner.steps import Options

    broken_off = BROKEN_OFF_DRY if asked.dry_run else BROKEN_OFF
    if asked.progress is ProgressKind.JSON:
        errors_in_json(broken_off)
    compiled, target = compiled_for(read, asked.db, asked.profile, asked.database)
    options = Options(target, asked.source, asked.socket, asked.workers, asked.once, asked.dry_run, asked.accept_deep_rollback)
    kind = asked.progress.chosen(sys.stderr.isatty())
    if kind is ProgressKind.JSON:
        errors_in_json(broken_off)
    else:
        say_at_the_end(broken_off)
    in_table = sys.stdout.isatty()
    with listening() as stop, report(kind.value) as told:
        summary = run_job(compiled, options, told, stop)
        stop.told = bool(summary.stopped)
        if summary.stopped and not in_table:
            told.say("stopped", f"stopped {summary.stopped}")
    print(f"\n{summary.as_text()}" if in_table else json.dumps(summary.as_json()))
    return stop.exit_code if summary.stopped else 0


def compiled_for(
    read: Callable[[], Draft], db: Path | None, profile: Path | None, database: str | None
) -> tuple[CompiledPlan, Target]:
    """The plan compiled for the database that it goes to, once. Errors: PlanError with all that is wrong with the plan, and with
    the profile."""
    from nectar.config.profile.load import ProfileError
    from nectar.errors import PlanError
    from nectar.sinks.registry import dialect_named, dialect_of

    try:
        draft = read()
    except PlanError as error:
        raise PlanError((*error.complaints, *_wrong_with(db, profile, database))) from None
    try:
        target = target_of(db, profile, database, draft.plan.meta.profile)
    except PlanError as error:
        known = error.connection_type if isinstance(error, ProfileError) else None
        draft.refuse(error, None if known is None else dialect_named(known))
    return draft.compiled(dialect_of(target)), target


def _wrong_with(db: Path | None, profile: Path | None, database: str | None) -> Sequence[Complaint]:
    """About the database of a plan that cannot be read, and so names no profile itself."""
    from nectar.errors import PlanError

    try:
        target_of(db, profile, database)
    except PlanError as error:
        return error.complaints
    return ()


def target_of(db: Path | None, profile: Path | None, database: str | None, of_the_plan: Path | None = None) -> Target:
    """A flag's database, else NECTAR_PROFILE's, else `of_the_plan`, else what the environment says, else ./nectar.db.

    Errors: PlanError; BadParameter when two flags each name one.
    """
    from nectar.config.profile.load import load_profile
    from nectar.config.profile.model import SqliteFile

    if db is None:
        said = os.environ.get("NECTAR_PROFILE")
        return load_profile(profile or (Path(said) if said else of_the_plan), database)
    if profile is not None:
        raise typer.BadParameter("--db is a database, and --profile names another: give one", param_hint="--profile")
    if database is not None:
        raise typer.BadParameter("--db is a file, and --database one of a profile's databases: give one", param_hint="--database")
    return SqliteFile(db)
