"""`nectar node ...`: talk to a node, and stand for one."""

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
    from nectar.sources.node.session import Greeting

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Talk to a node over its own socket, or offer chunk files as a node would.",
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
    place: SocketArgument = None,
    socket: SocketOption = None,
    network: NetworkOption = "mainnet",
    count: Annotated[int, typer.Option("--count", min=1, max=1000, help="How many handshakes.")] = 3,
    form: FormatOption = OutputFormat.TEXT,
) -> None:
    """Shake hands with a node: how long it takes, its version.

    Every try is a connection of its own. Fails with the reason when the node is of another network, speaks no version in
    common, or is not there: exit code 1.
    """
    from nectar.sources.node.session import open_session

    to = _greeting(_one(place, socket), network)
    took, version = [], 0
    for _ in range(count):
        began = time.perf_counter()
        session = open_session(to)
        took.append((time.perf_counter() - began) * 1000)
        version = session.version
        session.close()
    facts: dict[str, Any] = {
        "socket": str(to.address),
        "network": to.network,
        "magic": to.magic,
        "version": version,
        "handshakes": count,
        "milliseconds": {
            "min": round(min(took), 2),
            "median": round(statistics.median(took), 2),
            "max": round(max(took), 2),
        },
    }
    times = facts["milliseconds"]
    text = {
        "node": f"{to.address}, {to.network} (network magic {to.magic})",
        "version": f"Node-to-Client V{version}",
        "handshake": f"{times['median']} ms, median of {count} ({times['min']} to {times['max']})",
    }
    _print(facts, text, form)


@app.command("tip")
def tip_command(
    place: SocketArgument = None,
    socket: SocketOption = None,
    network: NetworkOption = "mainnet",
    form: FormatOption = OutputFormat.TEXT,
) -> None:
    """Say where a node stands.

    Its last block, its epoch and era, and how far behind the clock that is.
    """
    from datetime import UTC, datetime

    from nectar.cardano.point import ORIGIN
    from nectar.sources.node.session import open_session

    known, to = _network(network), _greeting(_one(place, socket), network)
    session = open_session(to)
    try:
        session.intersect([ORIGIN])
        found = session.tip
    finally:
        session.close()
    assert found is not None
    history, slot = known.history, max(found.point.slot, 0)
    behind = datetime.now(UTC) - history.time_of(slot)
    facts: dict[str, Any] = {
        "slot": found.point.slot,
        "hash": found.point.hash.hex(),
        "block_no": found.block_no,
        "epoch": history.epoch_of(slot),
        "era": history.era_at(slot),
        "time": history.time_of(slot).isoformat(),
        "seconds_behind": round(behind.total_seconds()),
        "version": session.version,
    }
    text = {
        "node": f"{to.address}, {known.name}, Node-to-Client V{session.version}",
        "tip": "none: the chain is empty" if found.point == ORIGIN else f"block {found.block_no:,} at slot {found.point.slot:,}",
        "hash": found.point.hash.hex() or "-",
        "epoch": f"{facts['epoch']}, era {facts['era']}",
        "time": f"{history.time_text(slot)} UTC, {_ago(behind.total_seconds())} ago",
    }
    _print(facts, text, form)


@app.command("serve")
def serve_command(
    source: Annotated[Path, typer.Argument(metavar="DIR", help="Chunk files: a node's immutable folder or a snapshot's.")],
    socket: Annotated[str, typer.Option("--socket", metavar="PATH", help="Where to listen: a path, or host:port.")],
    network: NetworkOption = "mainnet",
    script: Annotated[
        Path | None, typer.Option("--script", metavar="FILE", help="Steps that the chain takes; see docs/node-source.md.")
    ] = None,
    queries: Annotated[
        Path | None, typer.Option("--queries", metavar="FILE", help="Answers to state queries: lines QUERY ANSWER, hexadecimal.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, max=1_000_000_000, help="Only the first N blocks.")
    ] = None,
) -> None:
    """Offer chunk files as a node would.

    For demonstrations, replays and tests.

    \b
    In one terminal:
      nectar node serve db/immutable --socket /tmp/replay.socket --network preview
    In another:
      nectar run plan.toml --socket /tmp/replay.socket

    All blocks are held in memory. Answers chain-sync, and those state queries that blocks and genesis files can answer.
    With --script the chain grows, forks and hangs up as the script says, a step whenever a client has come to its end.
    Until Ctrl-C.
    """
    from nectar.nodeserver.offer import offer

    offer(source, socket, _network(network), script, limit, queries)


def _one(place: str | None, socket: str | None) -> str:
    """The socket, which is said once, as an argument or as an option."""
    if place is not None and socket is not None:
        raise typer.BadParameter("the socket is said already", param_hint="--socket")
    said = place or socket
    if said is None:
        raise typer.BadParameter("say which node: its socket, or host:port", param_hint="--socket")
    return said


def _network(name: str) -> Network:
    """A public network, or a folder of genesis files."""
    from nectar.genesis.files import network

    return network(name)


def _greeting(socket: str, network: str) -> Greeting:
    from nectar.sources.node.connection import parse_address
    from nectar.sources.node.session import Greeting

    known = _network(network)
    return Greeting(parse_address(socket), known.name, known.magic)


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
