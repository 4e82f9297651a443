"""The job of `nectar run` and `nectar sync`, and how options choose the plan and the database."""

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


DROPPED_BATCH = "stopped as asked, at once; what was not committed yet was dropped whole. Run again to go on"
DROPPED_NOTHING = "stopped as asked, at once; nothing was written"


@dataclass(frozen=True, slots=True)
class JobOptions:
    """The options that `run` and `sync` share, as given. `source` and `socket` override the plan's."""

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


def do_job(read: Callable[[], Draft], job: JobOptions) -> int:
    """Reads the plan, runs it, prints the summary and returns the exit code."""
    from nectar.cli.exits import errors_in_json
    from nectar.cli.startup import collect_as_usual
    from nectar.runner.report import report_of
    from nectar.runner.run import run as run_job
    from nectar.runner.signals import listening, say_at_the_end
    from nectar.runner.steps import Options

    stopped_at_once = DROPPED_NOTHING if job.dry_run else DROPPED_BATCH
    if job.progress is ProgressKind.JSON:
        errors_in_json(stopped_at_once)
    compiled, target = compiled_for(read, job.db, job.profile, job.database)
    options = Options(target, job.source, job.socket, job.workers, job.once, job.dry_run, job.accept_deep_rollback)
    kind = job.progress.chosen(sys.stderr.isatty())
    if kind is ProgressKind.JSON:
        errors_in_json(stopped_at_once)
    else:
        say_at_the_end(stopped_at_once)
    collect_as_usual()
    summary_as_table = sys.stdout.isatty()
    with listening() as stop, report_of(kind.value) as progress:
        summary = run_job(compiled, options, progress, stop)
        stop.told = bool(summary.stopped)
        if summary.stopped and not summary_as_table:
            progress.say("stopped", f"stopped {summary.stopped}")
    print(f"\n{summary.as_text()}" if summary_as_table else json.dumps(summary.as_json()))
    return stop.exit_code if summary.stopped else 0


def compiled_for(
    read: Callable[[], Draft], db: Path | None, profile: Path | None, database: str | None
) -> tuple[CompiledPlan, Target]:
    """The plan, compiled once for the database that it fills, and that database.

    Errors: PlanError with every complaint about the plan and about the profile.
    """
    from nectar.errors import PlanError
    from nectar.sinks.registry import dialect_named, dialect_of

    try:
        draft = read()
    except PlanError as error:
        raise PlanError((*error.complaints, *_profile_complaints(db, profile, database))) from None
    try:
        target = target_from_options(db, profile, database, draft.plan.meta.profile)
    except PlanError as error:
        from nectar.config.profile.load import ProfileError

        connection_type = error.connection_type if isinstance(error, ProfileError) else None
        draft.refuse(error, None if connection_type is None else dialect_named(connection_type))
    return draft.compiled(dialect_of(target)), target


def _profile_complaints(db: Path | None, profile: Path | None, database: str | None) -> Sequence[Complaint]:
    """The complaints about the profile that the options name, where the plan cannot be read and so names none."""
    from nectar.errors import PlanError

    try:
        target_from_options(db, profile, database)
    except PlanError as error:
        return error.complaints
    return ()


def target_from_options(db: Path | None, profile: Path | None, database: str | None, plan_profile: Path | None = None) -> Target:
    """The database to use: the first that is named by an option, NECTAR_PROFILE, `plan_profile`, or the environment.

    It is ./nectar.db where none of them names one. Errors: PlanError; BadParameter when two options each name a database.
    """
    from nectar.config.profile.model import DEFAULT_TARGET, SqliteFile

    if db is None:
        variable = os.environ.get("NECTAR_PROFILE")
        path = profile or (Path(variable) if variable else plan_profile)
        if path is None and database is None and not any(name.startswith("NECTAR_") for name in os.environ):
            return DEFAULT_TARGET  # without importing what reads profiles: a tenth of `nectar plan validate`
        from nectar.config.profile.load import load_profile

        return load_profile(path, database)
    if profile is not None:
        raise typer.BadParameter("--db is a database, and --profile names another: give one", param_hint="--profile")
    if database is not None:
        raise typer.BadParameter("--db is a file, and --database one of a profile's databases: give one", param_hint="--database")
    return SqliteFile(db)
