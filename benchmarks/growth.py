"""Memory of a job over a long chain, fifth by fifth; prints a table of docs/performance.md.

    PYTHONPATH=.:benchmarks python benchmarks/growth.py 15000 60000 [--workers 2] [--folder FOLDER]

For each number of blocks it makes a sample chain (2 to 4 minutes for 60,000; with --folder it stays there and serves the next time) and
fills a new SQLite file from it with the full plan. Every 20 ms it reads the resident memory of the job and of its decoding processes
from /proc, the largest of which is shown for each fifth of the blocks, and for the closing passes. What a decoding process shares with
the job since it was forked is counted in both.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from speed import children

FIFTHS = 5


@dataclass
class Seen:
    """MB at most, of the job and of each decoding process, in each fifth and while the job closes."""

    fifth: int = 0
    job: list[float] = field(default_factory=lambda: [0.0] * (FIFTHS + 1))
    decoders: list[list[float]] = field(default_factory=lambda: [[] for _ in range(FIFTHS + 1)])

    def look(self, pid: int) -> None:
        self.job[self.fifth] = max(self.job[self.fifth], resident(pid))
        sizes = sorted((resident(child) for child in children(pid)), reverse=True)
        before = self.decoders[self.fifth]
        before += [0.0] * (len(sizes) - len(before))
        for at, size in enumerate(sizes):
            before[at] = max(before[at], size)


def resident(pid: int) -> float:
    """MB; 0 when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:")), 0.0)


def sample_chain(folder: Path, blocks: int) -> Path:
    """The plan of a sample chain, which is made when it is not there yet."""
    chain = folder / f"chain-{blocks}"
    if not (chain / "plan.toml").exists():
        subprocess.run(
            [sys.executable, "-m", "nectar", "sample-chain", str(chain), "--blocks", str(blocks)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
    return chain / "plan.toml"


def measure(plan: Path, blocks: int, workers: int, database: Path) -> None:
    command = [sys.executable, "-m", "nectar", "run", str(plan), "--db", str(database), "--workers", str(workers)]
    process = subprocess.Popen(
        [*command, "--progress", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    )
    seen = Seen()

    def watch() -> None:
        while process.poll() is None:
            seen.look(process.pid)
            time.sleep(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    assert process.stdout is not None
    assert process.stderr is not None
    for line in process.stderr:
        told = json.loads(line)
        if told["event"] == "progress":
            seen.fifth = min(told["blocks"] * FIFTHS // blocks, FIFTHS - 1)
        elif told["event"] == "closing":
            seen.fifth = FIFTHS
    summary = json.loads(process.stdout.read())
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    show(seen, summary["blocks"], sum(summary["rows"].values()), summary["seconds"], database.stat().st_size / 1e6)


def show(seen: Seen, blocks: int, rows: int, seconds: float, size: float) -> None:
    print(f"\n### {blocks:,} blocks, {rows:,} rows, {rows / seconds:,.0f} rows/s, a file of {size:,.0f} MB\n")
    print("| MB | " + " | ".join([f"fifth {n + 1}" for n in range(FIFTHS)] + ["closing"]) + " |")
    print("|---" * (FIFTHS + 2) + "|")
    print("| the job | " + " | ".join(f"{one:.0f}" for one in seen.job) + " |")
    for at in range(max(map(len, seen.decoders))):
        print(
            f"| decoding process {at + 1} | "
            + " | ".join(f"{one[at]:.0f}" if at < len(one) else "" for one in seen.decoders)
            + " |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("blocks", type=int, nargs="+")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.folder or Path(scratch)
        for blocks in arguments.blocks:
            plan = sample_chain(folder, blocks)
            with tempfile.TemporaryDirectory(dir=folder) as databases:
                measure(plan, blocks, arguments.workers, Path(databases) / "growth.db")


if __name__ == "__main__":
    main()
