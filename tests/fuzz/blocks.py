"""Blocks with something wrong in them, on their whole way: decoded, made rows, staged for a file or a server."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from hashlib import blake2b
from math import isfinite
from pathlib import Path
from random import Random

from nectar.cardano.point import Era, Point
from nectar.compiler.compile import compile_plan
from nectar.config.plan.load import parse_plan
from nectar.coverage import Coverage
from nectar.runner.decoding.batch import Batch
from nectar.runner.decoding.worker import Job, Worker
from nectar.runner.sink_layout import layout
from nectar.sinks.base import Staged
from nectar.sinks.mysql.stage import lines_of
from nectar.tables import Column, Table, Type
from tests.fuzz.cbor_tree import Node, broken, changed, tree
from tests.runner.jobs import plan_text

LARGEST = 6_000
"""Bytes of a block that is taken: a change in a large one costs much and finds no more."""


@cache
def real(folder: Path) -> tuple[tuple[bytes, Node], ...]:
    """Small real blocks of all eras, with their trees."""
    raws = [path.read_bytes() for path in sorted(folder.glob("*.block"))]
    return tuple((raw, tree(raw)) for raw in raws if len(raw) <= LARGEST)


def block(folder: Path, rng: Random) -> bytes:
    """Mostly one that is CBOR still, and whose header names the changed body: the decoder does not stop at the hash."""
    raw, root = rng.choice(real(folder))
    if rng.random() < 0.2:
        return broken(raw, rng)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        raw = changed(raw, root, rng)
        try:
            root = tree(raw)
        except (ValueError, IndexError):
            return raw
    return with_right_hash(raw, root)


def with_right_hash(raw: bytes, root: Node) -> bytes:
    """The header's body hash made that of the body, wherever the block still has its outer form (Shelley and later)."""
    try:
        era, of_era = root.items
        header, *parts = of_era.items
        fields = header.items[0].items
        stated = fields[8 if raw[era.start] < Era.BABBAGE else 7]
    except (ValueError, IndexError):
        return raw
    if raw[era.start] < Era.SHELLEY or stated.end - stated.start != 34:
        return raw
    digests = b"".join(blake2b(raw[part.start : part.end], digest_size=32).digest() for part in parts)
    return raw[: stated.end - 32] + blake2b(digests, digest_size=32).digest() + raw[stated.end :]


@cache
def job(database: str) -> Job:
    """Everything on, blocks that cannot be read kept aside."""
    text = plan_text(Path("/none"), 'start = "origin"\non_decode_error = "quarantine"')
    compiled = compile_plan(parse_plan(text, Path("plan.toml")))
    return Job(compiled, layout(compiled, database), database)


@cache
def worker(database: str) -> Worker:
    return Worker(job(database))


def index(raw: bytes, database: str) -> str:
    """What became of it: a code of quarantine, or "rows"."""
    point = Point(0, bytes(32))
    done = worker(database).do(Batch(0, (raw,), point, Coverage(0, 1), None, False))
    if done.failure is not None:
        return done.failure.code
    if database != "sqlite":
        unfit = misfits(done.staged, job(database).compiled.tables)
        assert not unfit, unfit
    return done.quarantined[0].code if done.quarantined else "rows"


LENGTHS = {Type.HASH20: (20, 20), Type.HASH28: (28, 28), Type.HASH29: (29, 29), Type.HASH32: (32, 32), Type.NAME: (0, 32)}
RANGES = {
    Type.ID: (-(2**63), 2**63 - 1),
    Type.INT: (-(2**63), 2**63 - 1),
    Type.LOVELACE: (-(2**63), 2**63 - 1),
    Type.U64: (0, 2**64 - 1),
    Type.U128: (0, 2**128 - 1),
    Type.BOOL: (0, 1),
}


def misfits(staged: Staged, tables: Sequence[Table]) -> list[str]:
    """Values in a server's load form that their columns cannot hold as they are: `table.column = value`."""
    by_name = {table.name: table for table in tables}
    misfitting = []
    for lines in lines_of(staged):
        columns = by_name[lines.table].columns
        for line in lines.text.decode().split("\n")[:-1]:
            fields = zip(columns, line.split("\t"), strict=True)
            misfitting += [f"{lines.table}.{column.name} = {value[:80]}" for column, value in fields if not _fits(column, value)]
    return misfitting


def _fits(column: Column, value: str) -> bool:
    if value == "\\N":
        return column.null
    if column.type in LENGTHS:
        least, most = LENGTHS[column.type]
        return least <= len(value) // 2 <= most
    if column.type in RANGES:
        least, most = RANGES[column.type]
        return least <= int(value) <= most
    if column.type is Type.RATIO:
        return isfinite(float(value))
    return True
