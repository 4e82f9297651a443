"""`nectar run PLAN`: indexes the blocks that a plan asks for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nectar.cli.job import JobOptions, do_job
from nectar.cli.options import (
    DatabaseOption,
    DbOption,
    DeepOption,
    DryRunOption,
    OnceOption,
    ProfileOption,
    ProgressKind,
    ProgressOption,
    SocketOption,
    WorkersOption,
)


def run_command(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="The plan file.")],
    profile: ProfileOption = None,
    db: DbOption = None,
    database: DatabaseOption = None,
    source: Annotated[
        Path | None, typer.Option("--source", metavar="DIR", help="Read chunk files from this folder; overrides [source].")
    ] = None,
    socket: SocketOption = None,
    workers: WorkersOption = None,
    once: OnceOption = False,
    dry_run: DryRunOption = False,
    accept_deep_rollback: DeepOption = 0,
    progress: ProgressOption = ProgressKind.AUTO,
) -> int:
    """Index the blocks that PLAN asks for.

    Blocks that the database already holds are skipped. Nectar shows where it starts and ends before it writes anything.
    Ctrl-C and SIGTERM stop the job after the current batch; run the same command again to continue. At the end a summary is
    printed: a table on a terminal, one JSON object elsewhere.

    Exit codes: 0 done, 1 a person must act, 2 the plan is wrong, 130 / 143 stopped as asked.
    """
    from nectar.compiler.load import read_draft

    if source is not None and socket is not None:
        raise typer.BadParameter("blocks come from --source or from --socket, not from both", param_hint="--socket")
    job = JobOptions(profile, db, workers, once, dry_run, progress, source, socket, database, accept_deep_rollback)
    return do_job(lambda: read_draft(plan), job)
