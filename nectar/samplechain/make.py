"""The sample chain itself: `make_sample_chain` writes immutable/, genesis/, a plan and the truth into an empty folder."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from typing import NamedTuple

from nectar.cardano.point import Era
from nectar.errors import FatalError
from nectar.samplechain import blocks, byron, genesis
from nectar.samplechain.chunks import ChunkWriter
from nectar.samplechain.dice import Dice
from nectar.samplechain.seal import SealedTx
from nectar.samplechain.timeline import Seat, plan_timeline, seats
from nectar.samplechain.truth import Book, Fact, byron_fact, shelley_fact
from nectar.samplechain.world import MAGIC, World

MOST_BLOCKS = 5_000_000
PLAN = """\
# Indexes this sample chain from its genesis; run it from this folder: nectar run plan.toml
[plan]
name = "sample-chain"
description = "Everything on the sample chain"
network = "./genesis"

[source]
kind = "immutable"
path = "./immutable"

[sync]
start = "origin"

[processors]
blocks = true
transactions = true
multi_assets = true
metadata = true
scripts = true
certificates = true
withdrawals = true
governance = true
"""
Progress = Callable[[int], None]


class ChainSummary(NamedTuple):
    """What was written: counts, eras that have a block, and lovelace unspent at the end."""

    folder: Path
    blocks: int
    txs: int
    eras: int
    chunks: int
    epochs: int
    last_slot: int
    unspent: int


def make_sample_chain(folder: Path, count: int, seed: int, progress: Progress | None = None) -> ChainSummary:
    """Write a chain of `count` blocks; the same count and seed give the same bytes.

    `progress` is called with the number of each block.

    Raises FatalError when `count` is out of range, or the folder is not empty or cannot be written.
    """
    if not 1 <= count <= MOST_BLOCKS:
        raise FatalError(f"a sample chain has 1 to {MOST_BLOCKS:,} blocks, not {count:,}", hint="--blocks 2000", code="NEC-G001")
    try:
        was_there = folder.exists()
        _empty(folder)
        try:
            return _write(folder, count, seed, progress)
        except BaseException:  # a signal too: half a chain is useless and blocks the next attempt
            _take_back(folder, was_there)
            raise
    except OSError as error:
        raise FatalError(
            f"the sample chain cannot be written: {error.strerror or error}",
            where=str(folder),
            hint="choose a folder you may write to, with room to spare",
            code="NEC-G003",
        ) from error


def _empty(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FatalError(
            "there is something here already, and a sample chain never overwrites anything",
            where=str(folder),
            hint="name a new or empty folder, or remove this one",
            code="NEC-G002",
        )
    (folder / "immutable").mkdir(parents=True)
    (folder / "plan.toml").write_text(PLAN, encoding="utf-8", newline="\n")


def _take_back(folder: Path, was_there: bool) -> None:
    """Removes what was written into the folder, which was empty; the folder too unless it existed."""
    with suppress(OSError):
        for name in ("immutable", "genesis"):
            rmtree(folder / name, ignore_errors=True)
        for name in ("plan.toml", "expected.json", "expected.jsonl"):
            (folder / name).unlink(missing_ok=True)
        if not was_there:
            folder.rmdir()


def _write(folder: Path, count: int, seed: int, progress: Progress | None) -> ChainSummary:
    dice = Dice(seed)
    timeline = plan_timeline(count)
    world = World(dice, timeline)
    previous = genesis.write_genesis(world, folder / "genesis")
    writer = ChunkWriter(folder / "immutable", timeline.byron_epoch)
    block_no, last_slot = 0, 0
    with Book(folder) as book:
        for i, seat in enumerate(seats(timeline, dice), 1):
            boundary = seat.era is Era.BYRON_EBB
            block_no += not boundary
            book.reach_epoch(seat.epoch_no, world)
            world.enter(Era.BYRON if boundary else seat.era, seat.slot, seat.epoch_no)
            block, facts = _block(world, book, seat, previous, block_no)
            writer.add(seat, block.raw, block.header, block.hash)
            book.add(seat, block, None if boundary else block_no, previous, facts)
            previous, last_slot = block.hash, seat.slot
            if progress is not None:
                progress(i)
        writer.close()
        book.close(world, {"seed": seed, "network_magic": MAGIC, "k": timeline.k, "chunk_slots": timeline.byron_epoch})
        chunks, epochs = writer.number + 1, len(book.epochs)
        return ChainSummary(folder, book.blocks, book.txs, len(book.eras), chunks, epochs, last_slot, world.purse.total)


def _block(world: World, book: Book, seat: Seat, previous: bytes, block_no: int) -> tuple[byron.RawBlock, list[Fact]]:
    if seat.era is Era.BYRON_EBB:
        return byron.make_boundary_block(world, previous, block_no), []
    wanted, room = blocks.transactions_wanted(world), blocks.LARGEST_BODY
    if seat.era is Era.BYRON:
        paid = [byron.make_tx(world) for _ in range(wanted)]
        return byron.make_main_block(world, previous, block_no, paid), [byron_fact(tx) for tx in paid]
    sealed: list[SealedTx] = []
    while len(sealed) < wanted and room > 0:
        tx = blocks.make_tx(world)
        sealed.append(tx)
        book.note_features(seat.era, tx.draft.names)
        room -= len(tx.body) + len(tx.witnesses) + len(tx.auxiliary)
        world.tx_index += 1
    return blocks.make_block(world, previous, block_no, sealed), [shelley_fact(tx) for tx in sealed]
