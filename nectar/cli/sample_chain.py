"""`nectar sample-chain DIR`: chunk files of every era to try plans on, and the truth about them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from nectar.samplechain.make import ChainSummary

BLOCKS_A_STEP = 100


def sample_chain(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder to write to.")],
    blocks: Annotated[int, typer.Option("--blocks", metavar="N", help="How many blocks, shared by all eras.")] = 2000,
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="The same N and S make the same bytes.")] = 0,
) -> None:
    """Make a chain of all eras: valid, linked chunk files with realistic transactions, for property and load tests.

    Writes DIR/immutable (a node's chunk files), DIR/genesis (its custom network), DIR/plan.toml (indexes all of it)
    and DIR/expected.json, expected.jsonl (what a correct index must contain).
    """
    import sys

    from nectar.samplechain.make import make_sample_chain

    if not sys.stderr.isatty():
        _report(make_sample_chain(folder, blocks, seed))
        return

    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("blocks", total=blocks)

        def show(done: int) -> None:
            if done % BLOCKS_A_STEP == 0:
                bar.update(task, completed=done)

        summary = make_sample_chain(folder, blocks, seed, show)
    _report(summary)


def _report(made: ChainSummary) -> None:
    typer.echo(
        f"{made.blocks:,} blocks with {made.txs:,} transactions in {made.chunks:,} chunk files: "
        f"{made.eras} eras, {made.epochs} epochs, up to slot {made.last_slot:,}."
    )
    typer.echo(f"What a correct index must contain stands in {made.folder / 'expected.json'} and expected.jsonl.")
    typer.echo(f"Next: cd {made.folder} && nectar run plan.toml")
