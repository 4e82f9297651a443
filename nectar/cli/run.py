"""`nectar run PLAN`: the job."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nectar.cli.job import Asked, do_job
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
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="The plan.")],
    profile: ProfileOption = None,
    db: DbOption = None,
    database: DatabaseOption = None,
    source: Annotated[
        Path | None, typer.Option("--source", metavar="DIR", help="Chunk files, instead of the plan's [source].")
    ] = None,
    socket: SocketOption = None,
    workers: WorkersOption = None,
    once: OnceOption = False,
    dry_run: DryRunOption = False,
    accept_deep_rollback: DeepOption = 0,
    progress: ProgressOption = ProgressKind.AUTO,
) -> int:
    """Index what PLAN asks for and is not in the database yet.

    Start and end are shown before anything is written. Ctrl-C and SIGTERM stop between two batches; the same command
    goes on from there. The closing summary is a table on a terminal and one JSON object elsewhere.

    Exit codes: 0 done, 1 a person must act, 2 the plan is wrong, 130 / 143 stopped as asked.
    """
    from nectar.compiler.load import read_draft

    if source is not None and socket is not None:
        raise typer.BadParameter("blocks come from --source or from --socket, not from both", param_hint="--socket")
    asked = Asked(profile, db, workers, once, dry_run, progress, source, socket, database, accept_deep_rollback)
    return do_job(lambda: read_draft(plan), asked)
