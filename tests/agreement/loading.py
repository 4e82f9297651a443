"""Blocks that do not follow one another, put into a database by the product's own decoding, rows, staging and commit."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from nectar.cardano.point import Point
from nectar.compiler.compile import compile_plan
from nectar.compiler.compiled import CompiledPlan
from nectar.config.plan.load import parse_plan
from nectar.coverage import Coverage
from nectar.decode.block import decode_block
from nectar.decode.want import Want
from nectar.runner.decoding.batch import Batch
from nectar.runner.decoding.worker import Job, Worker
from nectar.runner.sink_layout import layout
from nectar.sinks.base import Commit
from nectar.sinks.sqlite.sink import SqliteSink

EVERYTHING_ON = """
[plan]
name = "singles"
network = "{network}"
[processors]
blocks = true
transactions = {{ tx_cbor = true }}
multi_assets = true
metadata = true
scripts = true
certificates = true
withdrawals = true
governance = true
"""


def everything(network: str) -> CompiledPlan:
    return compile_plan(parse_plan(EVERYTHING_ON.format(network=network), Path("plan.toml")))


def load(path: Path, compiled: CompiledPlan, raws: Iterable[bytes]) -> sqlite3.Connection:
    """A database with these blocks, in slot order. Inputs are not resolved: most of what they spend is not there."""
    told = layout(compiled)
    ordered = tuple(sorted(set(raws), key=lambda raw: decode_block(raw, Want(0)).slot))
    last = decode_block(ordered[-1], Want(0))
    covered = Coverage(0, last.slot)
    batch = Batch(0, ordered, Point(last.slot, last.hash), covered, None, False)
    done = Worker(Job(compiled, told, "sqlite")).do(batch)
    assert done.failure is None
    sink = SqliteSink(path, replace(told, live=()))
    sink.commit(Commit(done.staged, batch.last, last.block_no, covered))
    sink.close()
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    return connection
