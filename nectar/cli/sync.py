"""`nectar sync`: a plan made of flags, or a plan file that flags change."""

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
    WorkersOption,
)


def sync(
    execution_plan: Annotated[
        Path | None, typer.Option("--execution-plan", metavar="FILE", help="The plan file. Without one, every processor is on.")
    ] = None,
    immutable: Annotated[
        Path | None,
        typer.Option("--immutable", "--source", metavar="DIR", help="Chunk files: a node's immutable folder, or a snapshot's."),
    ] = None,
    socket: Annotated[str | None, typer.Option("--socket", metavar="PATH", help="A running node's socket, or host:port.")] = None,
    network: Annotated[
        str | None,
        typer.Option(
            "--network",
            metavar="NAME",
            help="mainnet (the default without a plan), preprod, preview, or a folder of genesis files.",
        ),
    ] = None,
    start_slot: Annotated[
        int | None,
        typer.Option("--start-slot", metavar="N", help="Start at the first block at or after this slot; 0: the origin."),
    ] = None,
    end_slot: Annotated[
        int | None, typer.Option("--end-slot", metavar="N", help="End at the last block at or before this slot; 0: the tip.")
    ] = None,
    start_from_slot: Annotated[
        int | None, typer.Option("--start-from-slot", metavar="N", help="The same as --start-slot.")
    ] = None,
    start_from_checkpoint: Annotated[
        str | None,
        typer.Option(
            "--start-from-checkpoint", metavar="HASH", help="Start right after the block with this hash; also SLOT.HASH."
        ),
    ] = None,
    pool_filter: Annotated[
        list[str] | None,
        typer.Option(
            "--pool-filter",
            metavar="POOLS",
            help="Only transactions that concern these pools: ids with commas between; may be repeated.",
        ),
    ] = None,
    skip_metadata: Annotated[bool, typer.Option("--skip-metadata", help="Index no metadata, whatever the plan says.")] = False,
    skip_scripts: Annotated[bool, typer.Option("--skip-scripts", help="Index no scripts, whatever the plan says.")] = False,
    profile: ProfileOption = None,
    db: DbOption = None,
    database: DatabaseOption = None,
    workers: WorkersOption = None,
    once: OnceOption = False,
    dry_run: DryRunOption = False,
    accept_deep_rollback: DeepOption = 0,
    progress: ProgressOption = ProgressKind.AUTO,
) -> int:
    """Index the blocks that flags ask for.

    With a plan, the flags override its keys. Without one, everything is indexed.

    \b
    Index one era of mainnet from a node's files:
      nectar sync --immutable db/immutable --start-slot 39916975 --end-slot 72316895
    Run a plan for some pools only:
      nectar sync --execution-plan pool-analysis.toml --pool-filter pool1..,pool1..
    Follow a node's tip without metadata and scripts:
      nectar sync --socket /ipc/node.socket --skip-metadata --skip-scripts
    Start right after a known block:
      nectar sync --execution-plan plan.toml --start-from-checkpoint HASH

    To stop and to continue, the summary and the exit codes are as in nectar run. Errors in flags and errors in the plan are
    reported together.
    """
    from nectar.cli.sync_flags import Flags, draft_with_flags

    flags = Flags(
        immutable=immutable,
        socket=socket,
        network=network,
        start_slot=start_slot,
        end_slot=end_slot,
        start_from_slot=start_from_slot,
        start_from_checkpoint=start_from_checkpoint,
        pool_filter=pool_filter,
        skip_metadata=skip_metadata,
        skip_scripts=skip_scripts,
    )
    job = JobOptions(profile, db, workers, once, dry_run, progress, database=database, accept_deep_rollback=accept_deep_rollback)
    return do_job(lambda: draft_with_flags(execution_plan, flags), job)
