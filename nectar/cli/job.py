"""The job of `nectar run` and `nectar sync`; and the plan and the database that the options of any command name."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from nectar.cli.options import ProgressKind

if TYPE_CHECKING:
    from nectar.compiler.compiled import CompiledPlan
    from nectar.compiler.load import Draft
    from nectar.config.profile.model import Target
    from nectar.errors import Complaint


BROKEN_OFF = "stopped as asked, at once; what was not committed yet was dropped whole. Run again to go on"
BROKEN_OFF_DRY = "stopped as asked, at once; nothing was written"


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
    from nectar.runner.report import report_of
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
    with listening() as stop, report_of(kind.value) as told:
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
        target = target_from_options(db, profile, database, draft.plan.meta.profile)
    except PlanError as error:
        known = error.connection_type if isinstance(error, ProfileError) else None
        draft.refuse(error, None if known is None else dialect_named(known))
    return draft.compiled(dialect_of(target)), target


def _wrong_with(db: Path | None, profile: Path | None, database: str | None) -> Sequence[Complaint]:
    """About the database of a plan that cannot be read, and so names no profile itself."""
    from nectar.errors import PlanError

    try:
        target_from_options(db, profile, database)
    except PlanError as error:
        return error.complaints
    return ()


def target_from_options(db: Path | None, profile: Path | None, database: str | None, of_the_plan: Path | None = None) -> Target:
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
