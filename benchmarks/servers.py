"""Rows a second into a database server, beside what the server itself can take; prints a table of docs/performance.md.

    PYTHONPATH=.:benchmarks python benchmarks/servers.py [--chain ../shared/chain] [--runs 3] [--round-trip 0.08] [--plan PLAN]

A MariaDB of its own on loopback (NECTAR_TEST_TIDB names a real TiDB instead), started for it and stopped afterwards, each commit on disk.
Floor: the final rows of the full plan, which the server wrote to files beforehand, by its own client's LOAD DATA LOCAL into the same
empty tables, one transaction for each table.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from speed import ALL, Case, memory_of, plan_text

from nectar.compiler.ddl.statements import StatementKind, statements
from nectar.compiler.load import read_plan
from tests.mysql.faults import FaultPlan
from tests.mysql.proxy import Proxy
from tests.mysql.server import Server, server_at, started
from tests.tidb.real import ADDRESS

CASES = (
    Case("preview 00000-00239", "preview", "preview/immutable", tuple(f"{n:05}" for n in range(240)), 0),
    Case("mainnet 01000", "mainnet", "mainnet/immutable", ("01000",), 1000 * 21_600),
)
OPTIONS = (
    "--innodb-flush-log-at-trx-commit=1",
    "--innodb-doublewrite=1",
    "--innodb-buffer-pool-size=1G",
    "--innodb-log-file-size=512M",
    "--secure-file-priv=",
)
PASSWORD = "NECTAR_BENCH_PASSWORD"


@contextmanager
def server() -> Iterator[Server]:
    if ADDRESS:
        yield server_at(ADDRESS)
        return
    with started(*OPTIONS) as running:
        yield running


def profile_text(to: Server, database: str, port: int, more: str = "") -> str:
    return (
        f'[database]\nconnection_type = "{"tidb-cluster" if ADDRESS else "mysql"}"\nhost = "{to.host}"\nport = {port}\nuser = "{to.user}"\n'
        f'database = "{database}"\npassword = {{ env = "{PASSWORD}" }}\nssl_mode = "DISABLED"\n{more}'
    )


def fresh(to: Server, database: str) -> None:
    to.run(f"DROP DATABASE IF EXISTS {database}")
    to.run(f"CREATE DATABASE {database} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")


def run(plan: Path, profile: Path, workers: int) -> tuple[dict[str, Any], float, int]:
    """The summary, the whole command's seconds, and its peak of memory with all its processes."""
    command = [
        sys.executable,
        "-m",
        "nectar",
        "run",
        str(plan),
        "--profile",
        str(profile),
        "--progress",
        "off",
        "--workers",
        str(workers),
    ]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": os.getcwd()})
    peak = 0
    while process.poll() is None:
        peak = max(peak, memory_of(process.pid))
        time.sleep(0.05)
    assert process.stdout is not None
    out = process.stdout.read()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return json.loads(out), time.perf_counter() - start, peak


class Floor:
    """The rows of a database that was filled, as files, and what loads them."""

    def __init__(self, to: Server, database: str, plan: Path, folder: Path) -> None:
        self._to = to
        made = statements(read_plan(plan, "mysql"), "mysql")
        kinds = (StatementKind.TABLE, StatementKind.ESSENTIAL_INDEX)
        self._definitions = [one.sql for one in made if one.kind in kinds]
        names = [one.name for one in made if one.kind is StatementKind.TABLE and not one.name.startswith("nectar_")]
        folder.chmod(0o777)
        self.rows, self._files = 0, {}
        for name in names:
            file = folder / f"{name}.txt"
            file.unlink(missing_ok=True)
            ((count,),) = to.run(f"SELECT COUNT(*) FROM `{name}`", database)
            if count:
                to.run(f"SELECT * FROM `{name}` INTO OUTFILE '{file}' CHARACTER SET binary", database)
                self._files[name] = file
                self.rows += int(str(count))

    def load(self) -> float:
        fresh(self._to, "floor")
        for sql in self._definitions:
            self._to.run(sql, "floor")
        script = "\n".join(
            f"LOAD DATA LOCAL INFILE '{file}' INTO TABLE `{name}` CHARACTER SET binary;" for name, file in self._files.items()
        )
        command = [
            "mariadb",
            "--no-defaults",
            f"--host={self._to.host}",
            f"--port={self._to.port}",
            f"--user={self._to.user}",
            "--local-infile=1",
            "--skip-ssl",
            "floor",
        ]
        start = time.perf_counter()
        subprocess.run(command, input=script, text=True, check=True, env={**os.environ, "MYSQL_PWD": self._to.password})
        return time.perf_counter() - start


def measure(to: Server, title: str, plan: Path, arguments: argparse.Namespace, folder: Path) -> None:
    profile = folder / "profile.toml"
    os.environ[PASSWORD] = to.password
    ways: dict[str, tuple[int, str, float]] = {
        "full plan, one writer": (0, "[pool]\nsize = 1\n", 0.0),
        "full plan, two writers": (0, "[pool]\nsize = 2\n", 0.0),
    }
    far, near = f"full plan, {arguments.round_trip * 1000:.0f} ms a round trip", "full plan, through the same proxy without delay"
    if arguments.round_trip:
        ways |= {near: (0, "", 1e-9), far: (0, "", arguments.round_trip)}
    profile.write_text(profile_text(to, "nectar", to.port))
    fresh(to, "nectar")
    first, _, _ = run(plan, profile, 0)
    blocks = first["blocks"]
    floor = Floor(to, "nectar", plan, folder)
    taken: dict[str, list[tuple[float, float, int]]] = {name: [] for name in ("LOAD DATA of ready files (floor)", *ways)}
    for _ in range(arguments.runs):
        taken["LOAD DATA of ready files (floor)"].append((floor.load(), 0.0, 0))
        for name, (workers, more, delay) in ways.items():
            fresh(to, "nectar")
            with Proxy(to.address, FaultPlan(delay=delay if delay > 1e-6 else 0.0)) as proxy:
                profile.write_text(profile_text(to, "nectar", proxy.port if delay else to.port, more))
                summary, whole, peak = run(plan, profile, workers)
            taken[name].append((summary["seconds"], whole, peak))
    _table(title, blocks, floor.rows, taken)
    if arguments.round_trip:
        costs = [
            _median([one[which] for one in taken[far]]) / _median([one[which] for one in taken[near]]) - 1 for which in (0, 1)
        ]
        print(
            f"\n{arguments.round_trip * 1000:.0f} ms a round trip cost {costs[0]:+.1%} of the load, {costs[1]:+.1%} of the whole command.",
            flush=True,
        )


def _table(title: str, blocks: int, rows: int, taken: dict[str, list[tuple[float, float, int]]]) -> None:
    print(f"\n#### {title}: {blocks:,} blocks, {rows:,} rows\n")
    print("| what | seconds | rows/s | blocks/s | against the floor | whole command | peak memory |")
    print("|---|---|---|---|---|---|---|")
    least = _median([seconds for seconds, _, _ in next(iter(taken.values()))])
    for name, found in taken.items():
        seconds, whole, peak = (_median(one) for one in zip(*found, strict=True))
        rest = f"{whole:.2f} s | {peak / 1e6:,.0f} MB" if whole else " | "
        print(
            f"| {name} | {seconds:.3f} | {rows / seconds:,.0f} | {blocks / seconds:,.0f} | {seconds / least:.2f} | {rest} |",
            flush=True,
        )


def _median(values: Sequence[float]) -> float:
    return statistics.median(values)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chain", type=Path, default=Path("../shared/chain"))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--round-trip", type=float, default=0.0, help="seconds that a proxy adds to each exchange")
    parser.add_argument("--only", default="", help="part of a case's name")
    parser.add_argument("--plan", type=Path, help="another plan instead, as `nectar sample-chain` writes one")
    arguments = parser.parse_args()
    with server() as to, tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        if arguments.plan is not None:
            measure(to, str(arguments.plan), arguments.plan, arguments, folder)
            return
        for case in CASES:
            if arguments.only in case.name:
                plan = folder / "plan.toml"
                plan.write_text(plan_text(case, arguments.chain, ALL))
                measure(to, case.name, plan, arguments, folder)


if __name__ == "__main__":
    main()
