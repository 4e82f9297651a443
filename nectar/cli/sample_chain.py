"""`nectar sample-chain DIR`: makes chunk files of every era, and the rows that a correct index has of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from nectar.samplechain.make import ChainSummary

BLOCKS_A_STEP = 100


def sample_chain(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder to write to.")],
    blocks: Annotated[int, typer.Option("--blocks", metavar="N", help="How many blocks the eras share.")] = 2000,
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="The same N and S make the same bytes.")] = 0,
) -> None:
    """Make a chain of every era to try plans on.

    The chunk files are valid and linked, with realistic transactions. Nectar writes DIR/immutable (the chunk files),
    DIR/genesis (the genesis files of the chain's own network), DIR/plan.toml (a plan that indexes everything), and
    DIR/expected.json and expected.jsonl (what a correct index contains).
    """
    import sys

    from nectar.samplechain.make import make_sample_chain

    if not sys.stderr.isatty():
        _print_summary(make_sample_chain(folder, blocks, seed))
        return

    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("blocks", total=blocks)

        def show(done: int) -> None:
            if done % BLOCKS_A_STEP == 0:
                bar.update(task, completed=done)

        summary = make_sample_chain(folder, blocks, seed, show)
    _print_summary(summary)


def _print_summary(summary: ChainSummary) -> None:
    typer.echo(
        f"{summary.blocks:,} blocks with {summary.txs:,} transactions in {summary.chunks:,} chunk files: "
        f"{summary.eras} eras, {summary.epochs} epochs, up to slot {summary.last_slot:,}."
    )
    typer.echo(f"What a correct index contains is in {summary.folder / 'expected.json'} and expected.jsonl.")
    typer.echo(f"Next: cd {summary.folder} && nectar run plan.toml")
