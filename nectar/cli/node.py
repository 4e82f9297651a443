"""`nectar node`: asks a node for its version and its tip; serves chunk files as a node does."""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from nectar.cli.options import FormatOption, OutputFormat

if TYPE_CHECKING:
    from nectar.cardano.network import Network
    from nectar.sources.node.chain_sync import Tip
    from nectar.sources.node.session import Greeting

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Ask a node over its socket, or serve chunk files as a node does.",
    context_settings={"help_option_names": ["--help", "-h"]},
)


SocketArgument: TypeAlias = Annotated[str | None, typer.Argument(metavar="SOCKET", help="The same as --socket.")]
SocketOption: TypeAlias = Annotated[
    str | None, typer.Option("--socket", metavar="PATH", help="The node's --socket-path, or host:port of a tunnel.")
]
NetworkOption: TypeAlias = Annotated[
    str, typer.Option("--network", metavar="NAME", help="mainnet, preprod, preview, or a folder of genesis files (./genesis).")
]


@app.command("ping")
def ping_command(
    argument: SocketArgument = None,
    socket: SocketOption = None,
    network: NetworkOption = "mainnet",
    count: Annotated[int, typer.Option("--count", min=1, max=1000, help="How many handshakes are timed.")] = 3,
    form: FormatOption = OutputFormat.TEXT,
) -> None:
    """Shake hands with a node: how long it takes, its version.

    Each handshake has a connection of its own. Exit code 1, with the reason, when the node belongs to another network, shares
    no protocol version with Nectar, or cannot be reached.
    """
    greeting = _greeting(_socket(argument, socket), network)
    version, durations = _shake_hands(greeting, count)
    facts: dict[str, Any] = {
        "socket": str(greeting.address),
        "network": greeting.network,
        "magic": greeting.magic,
        "version": version,
        "handshakes": count,
        "milliseconds": {
            "min": round(min(durations), 2),
            "median": round(statistics.median(durations), 2),
            "max": round(max(durations), 2),
        },
    }
    times = facts["milliseconds"]
    text = {
        "node": f"{greeting.address}, {greeting.network} (network magic {greeting.magic})",
        "version": f"Node-to-Client V{version}",
        "handshake": f"{times['median']} ms, median of {count} ({times['min']} to {times['max']})",
    }
    _print(facts, text, form)


def _shake_hands(greeting: Greeting, count: int) -> tuple[int, list[float]]:
    """(protocol version, milliseconds of each handshake)."""
    from nectar.sources.node.session import open_session

    durations, version = [], 0
    for _ in range(count):
        began = time.perf_counter()
        session = open_session(greeting)
        durations.append((time.perf_counter() - began) * 1000)
        version = session.version
        session.close()
    return version, durations


@app.command("tip")
def tip_command(
    argument: SocketArgument = None,
    socket: SocketOption = None,
    network: NetworkOption = "mainnet",
    form: FormatOption = OutputFormat.TEXT,
) -> None:
    """Print a node's tip.

    Its last block, the epoch and era of that block, and how old the block is.
    """
    from datetime import UTC, datetime

    from nectar.cardano.point import ORIGIN

    chain_network, greeting = _network(network), _greeting(_socket(argument, socket), network)
    version, tip = _ask_for_tip(greeting)
    history, slot = chain_network.history, max(tip.point.slot, 0)
    age = datetime.now(UTC) - history.time_of(slot)
    facts: dict[str, Any] = {
        "slot": tip.point.slot,
        "hash": tip.point.hash.hex(),
        "block_no": tip.block_no,
        "epoch": history.epoch_of(slot),
        "era": history.era_at(slot),
        "time": history.time_of(slot).isoformat(),
        "seconds_behind": round(age.total_seconds()),
        "version": version,
    }
    text = {
        "node": f"{greeting.address}, {chain_network.name}, Node-to-Client V{version}",
        "tip": "none: the chain is empty" if tip.point == ORIGIN else f"block {tip.block_no:,} at slot {tip.point.slot:,}",
        "hash": tip.point.hash.hex() or "-",
        "epoch": f"{facts['epoch']}, era {facts['era']}",
        "time": f"{history.time_text(slot)} UTC, {_ago(age.total_seconds())} ago",
    }
    _print(facts, text, form)


def _ask_for_tip(greeting: Greeting) -> tuple[int, Tip]:
    """(protocol version, the node's tip)."""
    from nectar.cardano.point import ORIGIN
    from nectar.sources.node.session import open_session

    session = open_session(greeting)
    try:
        session.intersect([ORIGIN])
        tip = session.tip
    finally:
        session.close()
    assert tip is not None
    return session.version, tip


@app.command("serve")
def serve_command(
    source: Annotated[Path, typer.Argument(metavar="DIR", help="Chunk files: a node's immutable folder or a snapshot's.")],
    socket: Annotated[str, typer.Option("--socket", metavar="PATH", help="Where to listen: a path, or host:port.")],
    network: NetworkOption = "mainnet",
    script: Annotated[
        Path | None,
        typer.Option("--script", metavar="FILE", help="The steps by which the chain grows and forks; see docs/node-source.md."),
    ] = None,
    queries: Annotated[
        Path | None,
        typer.Option("--queries", metavar="FILE", help="Answers to state queries: a line QUERY ANSWER for each, in hexadecimal."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, max=1_000_000_000, help="Serve only the first N blocks.")
    ] = None,
) -> None:
    """Serve chunk files as a node does.

    For demonstrations, replays and tests.

    \b
    In one terminal:
      nectar node serve db/immutable --socket /tmp/replay.socket --network preview
    In another:
      nectar run plan.toml --socket /tmp/replay.socket

    Nectar holds all blocks in memory. It serves chain-sync, and the state queries that blocks and genesis files can answer.
    With --script the chain grows, forks and hangs up as the script says: one step each time a client has reached its end.
    The command runs until Ctrl-C.
    """
    from nectar.nodeserver.offer import offer

    offer(source, socket, _network(network), script, limit, queries)


def _socket(argument: str | None, option: str | None) -> str:
    """The node's socket, given once: as the argument or as the option."""
    if argument is not None and option is not None:
        raise typer.BadParameter("the socket is already given as an argument", param_hint="--socket")
    socket = argument or option
    if socket is None:
        raise typer.BadParameter("say which node: give its socket, or host:port", param_hint="--socket")
    return socket


def _network(name: str) -> Network:
    """A public network, or a folder of genesis files."""
    from nectar.genesis.files import network

    return network(name)


def _greeting(socket: str, network: str) -> Greeting:
    from nectar.sources.node.connection import parse_address
    from nectar.sources.node.session import Greeting

    chain_network = _network(network)
    return Greeting(parse_address(socket), chain_network.name, chain_network.magic)


def _ago(seconds: float) -> str:
    for size, name in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {name}"
    return f"{seconds:,.0f} seconds"


def _print(facts: dict[str, Any], text: dict[str, str], form: OutputFormat) -> None:
    if form is OutputFormat.JSON:
        typer.echo(json.dumps(facts))
        return
    width = max(map(len, text))
    for name, value in text.items():
        typer.echo(f"  {name:<{width}}  {value}")
