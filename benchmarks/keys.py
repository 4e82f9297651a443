"""Position ids against hash keys in SQLite: the same outputs and inputs, three ways of keying them.

    python benchmarks/keys.py [--rows 1000000]

position   INTEGER PRIMARY KEY computed from the place on the chain (what Nectar does)
hash       PRIMARY KEY (tx_hash, index) WITHOUT ROWID: natural keys, no id at all
sequence   INTEGER PRIMARY KEY counted up, and a unique index on the hash, looked up for every input (db-sync's way)
"""

from __future__ import annotations

import argparse
import hashlib
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw

BATCH = 20_000
OUTPUTS_PER_TX = 2

Row = tuple[object, ...]


def tx_hash(number: int) -> bytes:
    return hashlib.blake2b(number.to_bytes(8, "big"), digest_size=32).digest()


def batches(rows: int) -> Iterator[range]:
    for start in range(0, rows // OUTPUTS_PER_TX, BATCH // OUTPUTS_PER_TX):
        yield range(start, min(start + BATCH // OUTPUTS_PER_TX, rows // OUTPUTS_PER_TX))


def spent_by(number: int) -> int:
    """An earlier transaction, mostly a recent one, as on the chain."""
    return max(0, number - int(random.Random(number).expovariate(1 / 50_000)) - 1)


def position(db: apsw.Connection, txs: range) -> None:
    ids = [(1_000 + n // 10 << 15) + n % 10 for n in txs]
    db.executemany("INSERT INTO tx VALUES (?, ?)", [(i, tx_hash(n)) for i, n in zip(ids, txs, strict=True)])
    outs: list[Row] = [((i << 16) + o, i, o, 1_000_000 + o, b"x" * 57) for i in ids for o in range(OUTPUTS_PER_TX)]
    db.executemany("INSERT INTO tx_out VALUES (?, ?, ?, ?, ?)", outs)
    ins: list[Row] = [((i << 16) + o, i, tx_hash(spent_by(n)), o) for i, n in zip(ids, txs, strict=True) for o in range(2)]
    db.executemany("INSERT INTO tx_in VALUES (?, ?, ?, ?)", ins)


def natural(db: apsw.Connection, txs: range) -> None:
    hashes = [tx_hash(n) for n in txs]
    db.executemany("INSERT INTO tx VALUES (?)", [(h,) for h in hashes])
    outs: list[Row] = [(h, o, 1_000_000 + o, b"x" * 57) for h in hashes for o in range(OUTPUTS_PER_TX)]
    db.executemany("INSERT INTO tx_out VALUES (?, ?, ?, ?)", outs)
    ins: list[Row] = [(h, o, tx_hash(spent_by(n)), o) for h, n in zip(hashes, txs, strict=True) for o in range(2)]
    db.executemany("INSERT INTO tx_in VALUES (?, ?, ?, ?)", ins)


def sequence(db: apsw.Connection, txs: range) -> None:
    db.executemany("INSERT INTO tx VALUES (?, ?)", [(n + 1, tx_hash(n)) for n in txs])
    outs: list[Row] = [(None, n + 1, o, 1_000_000 + o, b"x" * 57) for n in txs for o in range(OUTPUTS_PER_TX)]
    db.executemany("INSERT INTO tx_out VALUES (?, ?, ?, ?, ?)", outs)
    for n in txs:
        spent = tx_hash(spent_by(n))
        row = next(iter(db.execute("SELECT id FROM tx WHERE hash = ?", (spent,))))
        db.executemany("INSERT INTO tx_in VALUES (NULL, ?, ?, ?)", [(n + 1, row[0], o) for o in range(2)])


WAYS: dict[str, tuple[str, Callable[[apsw.Connection, range], None]]] = {
    "position": (
        "CREATE TABLE tx (id INTEGER PRIMARY KEY, hash BLOB);"
        "CREATE TABLE tx_out (id INTEGER PRIMARY KEY, tx_id INTEGER, i INTEGER, value INTEGER, address BLOB);"
        "CREATE TABLE tx_in (id INTEGER PRIMARY KEY, tx_in_id INTEGER, tx_out_hash BLOB, i INTEGER);",
        position,
    ),
    "hash": (
        "CREATE TABLE tx (hash BLOB PRIMARY KEY) WITHOUT ROWID;"
        "CREATE TABLE tx_out (tx_hash BLOB, i INTEGER, value INTEGER, address BLOB, PRIMARY KEY (tx_hash, i)) WITHOUT ROWID;"
        "CREATE TABLE tx_in (tx_hash BLOB, n INTEGER, spent BLOB, i INTEGER, PRIMARY KEY (tx_hash, n)) WITHOUT ROWID;",
        natural,
    ),
    "sequence": (
        "CREATE TABLE tx (id INTEGER PRIMARY KEY, hash BLOB); CREATE UNIQUE INDEX u ON tx (hash);"
        "CREATE TABLE tx_out (id INTEGER PRIMARY KEY, tx_id INTEGER, i INTEGER, value INTEGER, address BLOB);"
        "CREATE TABLE tx_in (id INTEGER PRIMARY KEY, tx_in_id INTEGER, tx_out_id INTEGER, i INTEGER);",
        sequence,
    ),
}


def load(way: str, rows: int, folder: Path) -> tuple[float, int]:
    """Seconds to load, bytes on disk. Row building is counted with the load, and is alike in all three."""
    path = folder / f"{way}.db"
    for old in folder.glob(f"{way}.db*"):
        old.unlink()
    ddl, insert = WAYS[way]
    db = apsw.Connection(str(path))
    db.execute("PRAGMA journal_mode = wal; PRAGMA synchronous = normal; PRAGMA cache_size = -65536")
    db.execute(ddl)
    start = time.perf_counter()
    for txs in batches(rows):
        with db:
            insert(db, txs)
    db.execute("PRAGMA wal_checkpoint(truncate)")
    seconds = time.perf_counter() - start
    db.close()
    return seconds, path.stat().st_size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of tx_out, and as many of tx_in")
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    times: dict[str, list[float]] = {way: [] for way in WAYS}
    sizes: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(arguments.runs):
            for way in WAYS:
                seconds, sizes[way] = load(way, arguments.rows, Path(folder))
                times[way].append(seconds)
    floor = statistics.median(times["position"])
    print(f"| keys | seconds (median of {arguments.runs}) | against position | MB on disk |\n|---|---|---|---|")
    for way, taken in times.items():
        median = statistics.median(taken)
        print(f"| {way} | {median:.1f} | {median / floor:.2f} | {sizes[way] / 1e6:.0f} |")


if __name__ == "__main__":
    main()
