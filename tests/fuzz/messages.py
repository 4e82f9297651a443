"""A node's messages with something wrong in them: the public vectors, changed, and given to every reader."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from random import Random

from nectar.cardano.network import Network
from nectar.cardano.point import ORIGIN
from nectar.errors import NectarError
from nectar.genesis.files import network
from nectar.nodeserver.queries import answer
from nectar.sources.node import chain_sync, handshake, mux, state_query
from nectar.sources.node.chain_sync import Tip
from nectar.sources.node.source import _Reader as Follower
from nectar.sources.node.source import node_facts
from tests.fuzz.cbor_tree import broken, changed, tree

Read = Callable[[bytes], object]
PROTOCOLS = frozenset((mux.HANDSHAKE, mux.CHAIN_SYNC, mux.STATE_QUERY))


@cache
def vectors(chain: Path) -> tuple[bytes, ...]:
    """The vectors' messages, the wire's captures, and the answers to golden queries that are short."""
    recorded = [bytes.fromhex(vector["hex"]) for vector in json.loads((chain / "vectors" / "messages.json").read_text())]
    captured = [bytes.fromhex(path.read_text().strip()) for path in sorted((chain / "wire").glob("rollforward_ntc*.hex"))]
    return tuple(vector for vector in (*recorded, *captured) if vector)


@cache
def preview() -> Network:
    return network("preview")


def follow(message: bytes) -> object:
    """As a job's source reads it: cut, taken apart, the block's header looked at, links checked."""
    reader = Follower(node_facts(preview()), ORIGIN)
    reader.to_ask()
    return reader.read(chain_sync.ChainSyncReader().feed(message))


READERS: Sequence[Read] = (
    follow,
    chain_sync.read_request,
    handshake.read_proposal,
    lambda message: handshake.read_answer(message, "preview", 2),
    handshake.read_versions,
    lambda message: state_query.read_acquired(message, state_query.TIP),
    state_query.read_result,
    state_query.read_eras,
    state_query.read_start,
    state_query.read_point,
    state_query.read_block_no,
    state_query.read_current_era,
    state_query.read_in_era,
    state_query.read_parameters,
    state_query.read_utxo,
    lambda message: answer(message, preview(), Tip(ORIGIN, 0)),
    lambda message: mux.Demux(PROTOCOLS).feed(message),
)


def message(chain: Path, rng: Random) -> bytes:
    raw = rng.choice(vectors(chain))
    if rng.random() < 0.3:
        return broken(raw, rng)
    try:
        for _ in range(rng.choice((1, 1, 2, 3))):
            raw = changed(raw, tree(raw), rng)
    except (ValueError, IndexError):
        return raw
    return raw


def read(raw: bytes) -> str:
    """How many readers took it. Each must take it, or refuse it by an error of ours."""
    taken = 0
    for reader in READERS:
        try:
            reader(raw)
            taken += 1
        except NectarError:
            continue
    return f"taken by {taken}" if taken else "refused"
