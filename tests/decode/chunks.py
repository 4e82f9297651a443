"""Blocks of the real files, cut apart without the project's own readers, and what an independent parser says of them."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from cbor2 import CBORDecoder


def cut(path: Path) -> Iterator[bytes]:
    """The blocks of a chunk file, one CBOR item after another."""
    raw = path.read_bytes()
    stream = BytesIO(raw)
    decoder = CBORDecoder(stream)
    start = 0
    while start < len(raw):
        decoder.decode()
        end = stream.tell()
        yield raw[start:end]
        start = end


def expected(path: Path) -> dict[str, dict[str, str]]:
    """Rows of an `expected/blocks-*.tsv.gz` by block hash."""
    with gzip.open(path, "rt") as text:
        return {row["hash"]: row for row in csv.DictReader(text, delimiter="\t")}
