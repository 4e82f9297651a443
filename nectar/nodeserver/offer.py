"""`nectar node serve`: serves chunk files at a socket, by a script if one is given, until it is interrupted."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from nectar.cardano.network import Network
from nectar.nodeserver.chain import Offered
from nectar.nodeserver.script import Fork, read_answers, read_script
from nectar.nodeserver.server import Stage, serve
from nectar.sources.immutable.facts import ChainFacts, facts_of
from nectar.sources.immutable.source import ImmutableSource
from nectar.sources.node.connection import parse_address


def offer(
    folder: Path, socket: str, network: Network, script: Path | None, limit: int | None, queries: Path | None = None
) -> None:
    """Serves until it is interrupted. Prints `ready` on standard output once clients may connect, all else on standard error."""
    facts = facts_of(network)
    steps = None if script is None else iter(read_script(script))

    def fork(step: Fork) -> Iterator[Offered]:
        return islice(_blocks(step.folder, facts), step.skip, step.skip + step.blocks)

    stage = Stage(network, islice(_blocks(folder, facts), limit), steps, fork, _say)
    if queries is not None:
        canned = read_answers(queries)
        stage.answers = lambda query, _tip: canned.get(query)
    where = parse_address(socket, to_listen=True)

    def ready(port: str) -> None:
        offered = f"{len(stage.chain.blocks):,} blocks" if steps is None else "a chain that its script will make"
        _say(f"{network.name}, {offered}, on {where.host + ':' + port if port else where}")
        print("ready" + (f" {port}" if port else ""), flush=True)

    asyncio.run(serve(stage, where, ready))


def _blocks(folder: Path, facts: ChainFacts) -> Iterator[Offered]:
    source = ImmutableSource(folder, facts)
    for block in source.checked_blocks(None, 0, (1 << 63) - 1):
        yield Offered(block.raw, block.point, block.block_no)
    for note in source.notes:
        _say(note)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
