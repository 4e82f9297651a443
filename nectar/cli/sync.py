"""`nectar sync`: a plan by flags, or flags laid over a plan."""

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
    WorkersOption,
)


def sync(
    execution_plan: Annotated[
        Path | None, typer.Option("--execution-plan", metavar="FILE", help="The plan. Without one: every processor is on.")
    ] = None,
    immutable: Annotated[
        Path | None,
        typer.Option("--immutable", "--source", metavar="DIR", help="Chunk files: a node's immutable folder or a snapshot's."),
    ] = None,
    socket: Annotated[str | None, typer.Option("--socket", metavar="PATH", help="A running node's socket, or host:port.")] = None,
    network: Annotated[
        str | None, typer.Option("--network", metavar="NAME", help="mainnet (without a plan), preprod, preview, ./genesis.")
    ] = None,
    start_slot: Annotated[
        int | None, typer.Option("--start-slot", metavar="N", help="From the first block at or after this slot; 0: the origin.")
    ] = None,
    end_slot: Annotated[
        int | None, typer.Option("--end-slot", metavar="N", help="To the last block at or before this slot; 0: the tip.")
    ] = None,
    start_from_slot: Annotated[
        int | None, typer.Option("--start-from-slot", metavar="N", help="Another name of --start-slot.")
    ] = None,
    start_from_checkpoint: Annotated[
        str | None, typer.Option("--start-from-checkpoint", metavar="HASH", help="Right after that block; or SLOT.HASH.")
    ] = None,
    pool_filter: Annotated[
        list[str] | None,
        typer.Option("--pool-filter", metavar="POOLS", help="Only transactions of these pools: ids, with commas; repeatable."),
    ] = None,
    skip_metadata: Annotated[bool, typer.Option("--skip-metadata", help="No metadata, whatever the plan says.")] = False,
    skip_scripts: Annotated[bool, typer.Option("--skip-scripts", help="No scripts, whatever the plan says.")] = False,
    profile: ProfileOption = None,
    db: DbOption = None,
    database: DatabaseOption = None,
    workers: WorkersOption = None,
    once: OnceOption = False,
    dry_run: DryRunOption = False,
    accept_deep_rollback: DeepOption = 0,
    progress: ProgressOption = ProgressKind.AUTO,
) -> int:
    """Index by flags: with a plan, they stand above what it says; without one, everything is indexed.

    \b
    One era of mainnet, straight from a node's files:
      nectar sync --immutable db/immutable --start-slot 39916975 --end-slot 72316895
    A plan, for some pools only:
      nectar sync --execution-plan pool-analysis.toml --pool-filter pool1..,pool1..
    Follow a node's tip, without most of the bytes:
      nectar sync --socket /ipc/node.socket --skip-metadata --skip-scripts
    Go on after a block that is known:
      nectar sync --execution-plan plan.toml --start-from-checkpoint HASH

    Stopping, going on, the summary and exit codes are those of nectar run. What is wrong with a flag's value is told
    as it would be in a plan, together with what is wrong in the plan.
    """
    from nectar.cli.sync_flags import Flags, read

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
    asked = Asked(profile, db, workers, once, dry_run, progress, database=database, accept_deep_rollback=accept_deep_rollback)
    return do_job(lambda: read(execution_plan, flags), asked)
