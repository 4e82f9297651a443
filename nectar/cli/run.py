"""`nectar run PLAN`: the job."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class ProgressKind(StrEnum):
    AUTO = "auto"
    BAR = "bar"
    JSON = "json"
    OFF = "off"


def run(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="The plan.")],
    profile: Annotated[
        Path | None, typer.Option("--profile", metavar="FILE", envvar="NECTAR_PROFILE", help="Which database; see --db.")
    ] = None,
    db: Annotated[
        Path | None, typer.Option("--db", metavar="FILE", help="A SQLite file, instead of a profile (default nectar.db).")
    ] = None,
    source: Annotated[
        Path | None, typer.Option("--source", metavar="DIR", help="Chunk files, instead of the plan's [source].")
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", min=0, max=256, help="Decoding processes; 0: one a core, 1: none besides this.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Stop at the tip instead of following it.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Decode and count; write nothing, make no database.")] = False,
    progress: Annotated[
        ProgressKind, typer.Option("--progress", help="auto: a bar on a terminal, JSON lines elsewhere (standard error).")
    ] = ProgressKind.AUTO,
) -> int:
    """Index what PLAN asks for and is not in the database yet.

    Start and end are shown before anything is written. Ctrl-C and SIGTERM stop between two batches; the same command
    goes on from there. The closing summary is a table on a terminal and one JSON object elsewhere.

    Exit codes: 0 done, 1 a person must act, 2 the plan is wrong, 130 / 143 stopped as asked.
    """
    from nectar.compiler.read import read_plan
    from nectar.runner.report import report
    from nectar.runner.run import Options
    from nectar.runner.run import run as run_job
    from nectar.runner.signals import listening

    compiled = read_plan(plan)
    options = Options(
        database_path(db, profile or compiled.plan.meta.profile), source=source, workers=workers, once=once, dry_run=dry_run
    )
    with listening() as stop, report(progress.value) as told:
        summary = run_job(compiled, options, told, stop)
    if sys.stdout.isatty():
        print(f"\n{summary.as_text()}")
    else:
        print(json.dumps(summary.as_json()))
    if summary.stopped:
        print(f"stopped {summary.stopped}", file=sys.stderr)
        return stop.exit_code
    return 0


def database_path(db: Path | None, profile: Path | None) -> Path:
    """--db, else the profile's file, else ./nectar.db."""
    from nectar.config.profile import load_profile

    if db is not None:
        return db
    return load_profile(profile).path if profile is not None else Path("nectar.db")
