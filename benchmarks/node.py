"""Blocks a second over a node's socket, beside chunk files and oura, in one run; prints the table of docs/performance.md.

    PYTHONPATH=.:benchmarks python benchmarks/node.py --peer pallas-peer [--oura oura] [--chain ../shared/chain] [--runs 3]

The server is the Rust peer of tests/interop/pallas, in a process of its own on the same machine. `bare protocol loop` is the source
alone: blocks asked for, cut, hashed, linked, thrown away. oura 2.2.1 (`cargo install oura --version 2.2.1`) ends with its work when it
has used no processor time for half a second.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nectar.cardano.network import Network
from nectar.cardano.point import ORIGIN, Point
from nectar.genesis.files import network
from nectar.sources.events import CaughtUp
from nectar.sources.immutable.facts import facts_of
from nectar.sources.immutable.source import ImmutableSource
from nectar.sources.node.connection import parse_address
from nectar.sources.node.source import NodeSource, node_facts

ALL = ("blocks", "transactions", "multi_assets", "metadata", "scripts", "certificates", "withdrawals", "governance")
IDLE = 0.5


@dataclass(frozen=True)
class Case:
    """`first` 0: the whole folder, from the origin on."""

    name: str
    network: str
    folder: str
    first: int
    last: int


CASES = (
    Case("preview 00140-00239", "preview", "preview/immutable", 140, 239),
    Case("preview 00000-00239", "preview", "preview/immutable", 0, 239),
    Case("mainnet 01000", "mainnet", "mainnet/immutable", 1000, 1000),
)


@dataclass
class Chain:
    """Chunk files of a case. `after`: the point to begin after, the first block's where it is not the chain's first."""

    network: Network
    folder: Path
    after: Point
    blocks: int
    last: Point


def laid_out(case: Case, chain: Path, into: Path) -> Chain:
    into.mkdir()
    for number in range(case.first, case.last + 1):
        for file in (chain / case.folder).glob(f"{number:05}.*"):
            shutil.copy(file, into)
    known = network(case.network)
    points = [found.point for found in ImmutableSource(into, facts_of(known)).checked_blocks(None, 0, 1 << 60)]
    middle = case.first > 0
    return Chain(known, into, points[0] if middle else ORIGIN, len(points) - middle, points[-1])


@contextmanager
def served(peer: str, chain: Chain, socket: Path) -> Iterator[None]:
    command = [peer, "serve", "--socket", str(socket), "--magic", str(chain.network.magic), "--chunks", str(chain.folder)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout is not None
    while "ready" not in server.stdout.readline():
        pass
    try:
        yield
    finally:
        server.terminate()
        server.wait()


def bare(chain: Chain, socket: Path) -> float:
    source = NodeSource(parse_address(str(socket)), node_facts(chain.network))
    began = time.perf_counter()
    assert source.meet([chain.after]) == chain.after
    count = 0
    for events in source.events(chain.after):
        count += sum(1 for event in events if len(event) == 3)
        if isinstance(events[-1], CaughtUp):
            break
    took = time.perf_counter() - began
    source.close()
    assert count == chain.blocks, (count, chain.blocks)
    return took


def planned(chain: Chain, source: list[str], processors: tuple[str, ...], folder: Path) -> float:
    """Seconds from the first block read to the last commit."""
    start = '"origin"' if chain.after == ORIGIN else f'{{ checkpoint = "{chain.after}" }}'
    on = "\n".join(f"{name} = true" for name in processors)
    plan = folder / "plan.toml"
    plan.write_text(f'[plan]\nname = "bench"\nnetwork = "{chain.network.name}"\n[sync]\nstart = {start}\n[processors]\n{on}\n')
    for old in folder.glob("bench.db*"):
        old.unlink()
    command = [
        sys.executable,
        "-m",
        "nectar",
        "run",
        str(plan),
        *source,
        "--db",
        str(folder / "bench.db"),
        "--once",
        "--progress",
        "off",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["blocks"] == chain.blocks, (summary["blocks"], chain.blocks)
    return float(summary["seconds"])


def counted(chain: Chain, socket: Path | None, folder: Path) -> float:
    """A plan that makes no rows but counts: every block is read, linked and passed over undecoded; nothing is written."""
    start = '"origin"' if chain.after == ORIGIN else f'{{ checkpoint = "{chain.after}" }}'
    nothing = "any(mints, policy == 0x" + "ab" * 28 + ")"
    plan = folder / "none.toml"
    text = f'[plan]\nname = "bench"\nnetwork = "{chain.network.name}"\n[sync]\nstart = {start}\n[processors]\ntransactions = {{ resolve_inputs = "off" }}\n'
    plan.write_text(text + f"[filters]\nwhere = '''{nothing}'''\n")
    for old in folder.glob("none.db*"):
        old.unlink()
    source = ["--source", str(chain.folder)] if socket is None else ["--socket", str(socket)]
    command = [
        sys.executable,
        "-m",
        "nectar",
        "run",
        str(plan),
        *source,
        "--db",
        str(folder / "none.db"),
        "--once",
        "--progress",
        "off",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["blocks"] == chain.blocks
    return float(summary["seconds"])


def oura(program: str, chain: Chain, socket: Path, folder: Path, to_json: bool) -> float:
    out = folder / "oura"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    point = (
        'type = "Origin"'
        if chain.after == ORIGIN
        else f'type = "Point"\nvalue = [{chain.after.slot}, "{chain.after.hash.hex()}"]'
    )
    sink = (
        f'[[filters]]\ntype = "ParseCbor"\n[sink]\ntype = "FileRotate"\noutput_path = "{out}"\noutput_format = "JSONL"\n'
        if to_json
        else '[sink]\ntype = "Noop"\n'
    )
    config = folder / "oura.toml"
    config.write_text(
        f'[source]\ntype = "N2C"\nsocket_path = "{socket}"\n[intersect]\n{point}\n[chain]\ntype = "{chain.network.name}"\n{sink}'
    )
    began = time.perf_counter()
    process = subprocess.Popen(
        [program, "daemon", "--config", str(config)],
        cwd=out,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"RUST_LOG": "error"},
    )
    busy, seen = began, -1
    while time.perf_counter() - busy < IDLE:
        time.sleep(0.01)
        used = sum(map(int, Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]))
        if used > seen + 1 or seen < 0:
            busy, seen = time.perf_counter(), used
    process.terminate()
    process.wait()
    return busy - began


def measured(case: Case, options: argparse.Namespace, folder: Path) -> None:
    chain = laid_out(case, Path(options.chain), folder / "chunks")
    socket = folder / "node.socket"
    files = ["--source", str(chain.folder)]
    works: dict[str, Callable[[], float]] = {
        "bare protocol loop": lambda: bare(chain, socket),
        "no rows, from chunk files": lambda: counted(chain, None, folder),
        "no rows, from the socket": lambda: counted(chain, socket, folder),
        "full plan, from chunk files": lambda: planned(chain, files, ALL, folder),
        "full plan, from the socket": lambda: planned(chain, ["--socket", str(socket)], ALL, folder),
    }
    if options.oura:
        works["oura 2.2.1, to nothing"] = lambda: oura(options.oura, chain, socket, folder, False)
        works["oura 2.2.1, ParseCbor to JSON files"] = lambda: oura(options.oura, chain, socket, folder, True)
    took: dict[str, list[float]] = {name: [] for name in works}
    with served(options.peer, chain, socket):
        for _ in range(options.runs):
            for name, work in works.items():
                took[name].append(work())
    print(f"### {case.name}: {chain.blocks:,} blocks\n\n| what | seconds (median of {options.runs}) | blocks/s |\n|---|---|---|")
    for name, seconds in took.items():
        median = statistics.median(seconds)
        print(f"| {name} | {median:.3f} | {chain.blocks / median:,.0f} |")
    medians = {name: statistics.median(seconds) for name, seconds in took.items()}
    share = medians["full plan, from chunk files"] / medians["full plan, from the socket"]
    print(f"\nFull plan over the socket: {share:.0%} of its speed from chunk files.\n", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", required=True, help="the built tests/interop/pallas")
    parser.add_argument("--oura", help="oura 2.2.1's program")
    parser.add_argument("--chain", default="../shared/chain")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            measured(case, options, Path(folder))


if __name__ == "__main__":
    main()
