"""What a server is, by its version: its maker, and whether the profile's connection_type is the one for it."""

from __future__ import annotations

import re
from typing import NamedTuple

from nectar.config.server import Kind
from nectar.sinks.step import Note

_TIDB = re.compile(r"TiDB-(?:v?([0-9][0-9.]*)|CLOUD\.([0-9.]+))", re.I)
_OLDEST = {"MySQL": (8, 0), "MariaDB": (10, 6)}
_TIDB_KINDS = (Kind.TIDB_LOCAL, Kind.TIDB_SERVERLESS, Kind.TIDB_CLUSTER)


class Product(NamedTuple):
    """`service`: what is known of who runs it."""

    name: str
    version: str
    service: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.version}" + (f", {self.service}" if self.service else "")

    @property
    def is_tidb(self) -> bool:
        return self.name == "TiDB"

    @property
    def is_starter(self) -> bool:
        return self.service.startswith("TiDB Cloud")


def product_of(version: str) -> Product:
    """By the text of SELECT VERSION()."""
    tidb = _TIDB.search(version)
    if tidb is not None:
        cloud = "-serverless" in version.lower() or tidb[2] is not None
        return Product("TiDB", tidb[1] or tidb[2], "TiDB Cloud Starter or Essential" if cloud else "self-managed or Dedicated")
    number = re.match(r"[0-9.]*[0-9]", version)
    return Product("MariaDB" if "mariadb" in version.lower() else "MySQL", number[0] if number else version)


def notes_of(product: Product, kind: Kind) -> list[Note]:
    """What does not fit the profile, and versions that are too old."""
    notes = []
    if product.is_tidb and kind is Kind.MYSQL:
        fitting = "tidb-serverless" if product.is_starter else "tidb-cluster"
        notes.append(Note("this is TiDB, and connection_type is mysql", f'write connection_type = "{fitting}"'))
    elif not product.is_tidb and kind in _TIDB_KINDS:
        notes.append(Note(f"this is no TiDB, and connection_type is {kind.value}", 'write connection_type = "mysql"'))
    elif product.is_starter and kind is not Kind.TIDB_SERVERLESS:
        what = f"this is TiDB Cloud Starter or Essential, and connection_type is {kind.value}"
        notes.append(Note(what, 'write connection_type = "tidb-serverless"'))
    oldest = _OLDEST.get(product.name)
    if oldest is not None and _numbers(product.version) < oldest:
        what = f"Nectar's tables are for {product.name} {'.'.join(map(str, oldest))} and newer"
        notes.append(Note(what, "take a newer server"))
    return notes


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())
