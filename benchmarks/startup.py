"""How long short commands take, from the shell's prompt back to it.

    python benchmarks/startup.py [--runs 15]

Each command runs once before it is measured, so that its bytecode is on disk. Wall is what a person waits on this machine as it
is now; CPU is user and system time, which other work on the machine changes less.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLAN = "plans/full.toml"


def measured(command: Sequence[str], environment: Mapping[str, str]) -> tuple[float, float]:
    """Wall and CPU seconds of one run."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        environment |= {"PYTHONPYCACHEPREFIX": folder, "PYTHONPATH": str(ROOT)}
        nectar = [sys.executable, "-m", "nectar"]
        database = ["--db", str(Path(folder, "x.db"))]
        subprocess.run([*nectar, "db", "init", PLAN, *database], cwd=ROOT, env=environment, check=True, capture_output=True)
        commands: Mapping[str, Sequence[str]] = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "nectar --version": [*nectar, "--version"],
            "nectar --help": [*nectar, "--help"],
            f"nectar plan validate {PLAN}": [*nectar, "plan", "validate", PLAN],
            f"nectar plan compile {PLAN}": [*nectar, "plan", "compile", PLAN],
            "nectar status (SQLite)": [*nectar, "status", *database],
        }
        print(f"load average {os.getloadavg()[0]:.1f}, medians of {runs} runs\n\n| command | wall | CPU |\n|---|---|---|")
        for name, command in commands.items():
            measured(command, environment)
            times = [measured(command, environment) for _ in range(runs)]
            wall, cpu = (statistics.median(column) for column in zip(*times, strict=True))
            print(f"| `{name}` | {wall * 1000:.0f} ms | {cpu * 1000:.0f} ms |")


if __name__ == "__main__":
    main()
