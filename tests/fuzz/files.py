"""Chunk files and their indexes with something wrong in them, read as a job reads them."""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random

from nectar.errors import SourceError
from nectar.genesis.files import network
from nectar.sources.immutable.facts import facts_of
from nectar.sources.immutable.source import ImmutableSource
from tests.fuzz.cbor_tree import broken

CHUNKS = (4, 5)
"""Two of preview's that follow each other: the link from one to the next is read too."""


def folder(chain: Path, scratch: Path, rng: Random) -> Path:
    """A folder of two chunks, one to three files of which are changed, emptied, or gone."""
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    for number in CHUNKS:
        for kind in ("chunk", "primary", "secondary"):
            name = f"{number:05}.{kind}"
            shutil.copyfile(chain / "preview" / "immutable" / name, scratch / name)
    for _ in range(rng.randint(1, 3)):
        file = rng.choice(sorted(scratch.iterdir()) or [scratch / "none"])
        match rng.randrange(8):
            case 0:
                file.unlink(missing_ok=True)
            case 1:
                file.write_bytes(b"")
            case _:
                file.write_bytes(broken(file.read_bytes(), rng))
    return scratch


def read(folder: Path) -> str:
    """ "blocks" or the error's code."""
    try:
        for _ in ImmutableSource(folder, facts_of(network("preview"))).blocks():
            pass
    except SourceError as error:
        return error.code
    return "blocks"
