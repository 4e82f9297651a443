"""What a server is, by what it says its version is."""

from __future__ import annotations

import re
from typing import NamedTuple

_TIDB = re.compile(r"TiDB-(?:v?([0-9][0-9.]*)|CLOUD\.([0-9.]+))", re.I)
_ROW_ALIAS = (8, 0, 19)


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
        """Starter, Essential and Premium, which do not let one do all that a TiDB of one's own does."""
        return self.service.startswith("TiDB Cloud")

    @property
    def numbers(self) -> tuple[int, ...]:
        """Of the version, the first three at most."""
        return tuple(int(part) for part in self.version.split(".")[:3] if part.isdecimal())

    @property
    def names_rows(self) -> bool:
        """Whether an upsert may name the row that comes, where VALUES() is deprecated. MariaDB and TiDB know VALUES() alone."""
        return self.name == "MySQL" and self.numbers >= _ROW_ALIAS


def product_of(version: str) -> Product:
    """By the text of SELECT VERSION(), or of the greeting."""
    if "TiDB" in version:
        found = _TIDB.search(version)
        cloud = "-serverless" in version.lower() or "CLOUD." in version
        number = (found[1] or found[2]) if found is not None else version
        return Product("TiDB", number, "TiDB Cloud Starter or Essential" if cloud else "self-managed or Dedicated")
    numbers = re.match(r"[0-9.]*[0-9]", version)
    return Product("MariaDB" if "mariadb" in version.lower() else "MySQL", numbers[0] if numbers else version)
