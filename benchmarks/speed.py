"""Blocks a second, beside the machine's floors, in one run; prints the table of docs/performance.md.

    python benchmarks/speed.py [--chain ../shared/chain] [--runs 5]

Floors, measured on the same blocks and rows, in turn with what they are compared to:
  cbor2.loads           every block decoded by cbor2 and thrown away: no decoder in Python can be quicker
  sqlite3.executemany   the final rows of the full plan, as tuples that are there already, into the same tables in a file
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import cbor2

from nectar.decode.block import decode_block
from nectar.decode.want import EVERYTHING

ALL = ("blocks", "transactions", "multi_assets", "metadata", "scripts", "certificates", "withdrawals", "governance")


@dataclass(frozen=True)
class Case:
    name: str
    network: str
    folder: str
    chunks: tuple[str, ...]
    start_slot: int


CASES = (
    Case("mainnet 01000", "mainnet", "mainnet/immutable", ("01000",), 1000 * 21_600),
    Case("mainnet-conway 06189", "mainnet", "mainnet-conway/immutable", ("06189",), 6189 * 21_600),
    Case("preview 00200-00239", "preview", "preview/immutable", tuple(f"{n:05}" for n in range(200, 240)), 200 * 4_320),
)


@dataclass
class Measured:
    seconds: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def cut(path: Path) -> list[bytes]:
    raw = path.read_bytes()
    stream = BytesIO(raw)
    decoder = cbor2.CBORDecoder(stream)
    blocks: list[bytes] = []
    start = 0
    while start < len(raw):
        decoder.decode()
        blocks.append(raw[start : stream.tell()])
        start = stream.tell()
    return blocks


def timed(work: Callable[[], object]) -> float:
    gc.collect()
    gc.disable()
    start = time.perf_counter()
    work()
    taken = time.perf_counter() - start
    gc.enable()
    return taken


def plan_text(case: Case, chain: Path, processors: tuple[str, ...]) -> str:
    on = "\n".join(f"{name} = true" for name in processors)
    source = f'[source]\nkind = "immutable"\npath = "{(chain / case.folder).resolve()}"'
    return f'[plan]\nname = "bench"\nnetwork = "{case.network}"\n{source}\n[sync]\nstart_slot = {case.start_slot}\n[processors]\n{on}\n'


def memory_of(root: int) -> int:
    """Bytes of memory of a process and its children, each shared page counted by its share."""
    total = 0
    for task in [root, *children(root)]:
        try:
            for line in Path(f"/proc/{task}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
        except OSError:
            continue
    return total


def children(root: int) -> list[int]:
    found: list[int] = []
    try:
        own = Path(f"/proc/{root}/task/{root}/children").read_text().split()
    except OSError:
        return found
    for child in map(int, own):
        found += [child, *children(child)]
    return found


def run(plan: Path, database: Path) -> tuple[dict[str, Any], float, int]:
    """The summary, the whole command's seconds, and its peak memory with all its processes."""
    for old in database.parent.glob(f"{database.name}*"):
        old.unlink()
    command = [sys.executable, "-m", "nectar", "run", str(plan), "--db", str(database), "--progress", "off"]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": os.getcwd()})
    peak = [0]

    def watch() -> None:
        while process.poll() is None:
            peak[0] = max(peak[0], memory_of(process.pid))
            time.sleep(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    out, _ = process.communicate()
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return json.loads(out), time.perf_counter() - start, peak[0]


def rows_of(database: Path) -> list[tuple[str, str, list[tuple[Any, ...]]]]:
    """(definition, insert, rows) of every table that has rows."""
    connection = sqlite3.connect(database)
    found = []
    for name, sql in connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    ).fetchall():
        rows = connection.execute(f'SELECT * FROM "{name}"').fetchall()
        if rows:
            found.append((sql, f'INSERT INTO "{name}" VALUES ({", ".join("?" * len(rows[0]))})', rows))
    connection.close()
    return found


def insert_all(tables: list[tuple[str, str, list[tuple[Any, ...]]]], path: Path) -> None:
    for old in path.parent.glob(f"{path.name}*"):
        old.unlink()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = wal")
    connection.execute("PRAGMA synchronous = normal")
    connection.execute("BEGIN")
    for sql, insert, rows in tables:
        connection.execute(sql)
        connection.executemany(insert, rows)
    connection.execute("COMMIT")
    connection.close()


def measure(case: Case, chain: Path, runs: int, folder: Path) -> None:
    blocks = [raw for chunk in case.chunks for raw in cut(chain / case.folder / f"{chunk}.chunk")]
    size = sum(map(len, blocks))
    plans = {"full plan": folder / "full.toml", "blocks + transactions": folder / "core.toml"}
    plans["full plan"].write_text(plan_text(case, chain, ALL))
    plans["blocks + transactions"].write_text(plan_text(case, chain, ALL[:2]))
    database = folder / "bench.db"
    run(plans["full plan"], database)
    tables = rows_of(database)
    count = sum(len(rows) for _, _, rows in tables)
    names = ("cbor2.loads (floor)", "sqlite3.executemany (floor)", "decode only, one process", *plans)
    taken = {name: Measured() for name in names}
    whole = {name: Measured() for name in plans}
    for _ in range(runs):
        taken["cbor2.loads (floor)"].seconds.append(timed(lambda: [cbor2.loads(raw) for raw in blocks]))
        taken["sqlite3.executemany (floor)"].seconds.append(timed(lambda: insert_all(tables, folder / "floor.db")))
        taken["decode only, one process"].seconds.append(timed(lambda: [decode_block(raw, EVERYTHING) for raw in blocks]))
        for name, plan in plans.items():
            summary, seconds, peak = run(plan, database)
            taken[name].seconds.append(summary["seconds"])
            taken[name].memory.append(peak)
            whole[name].seconds.append(seconds)
    print(f"\n### {case.name}: {len(blocks):,} blocks, {size / 1e6:.1f} MB, {count:,} rows in {len(tables)} tables\n")
    print("| what | seconds | blocks/s | MB/s | rows/s | against the larger floor | peak memory | whole command |")
    print("|---|---|---|---|---|---|---|---|")
    floor = max(taken[name].median for name in names[:2])
    for name in names:
        seconds = taken[name].median
        rows = f"{count / seconds:,.0f}" if name in ("sqlite3.executemany (floor)", "full plan") else ""
        memory = f"{max(taken[name].memory) / 1e6:,.0f} MB" if taken[name].memory else ""
        command = f"{whole[name].median:.2f} s" if name in whole else ""
        print(
            f"| {name} | {seconds:.3f} | {len(blocks) / seconds:,.0f} | {size / 1e6 / seconds:.1f} | {rows} "
            f"| {seconds / floor:.2f} | {memory} | {command} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chain", type=Path, default=Path("../shared/chain"))
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            measure(case, arguments.chain, arguments.runs, Path(folder))


if __name__ == "__main__":
    main()
