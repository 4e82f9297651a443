"""Which product a server is, by the version that it reports."""

from __future__ import annotations

import re
from typing import NamedTuple

_TIDB = re.compile(r"TiDB-(?:v?([0-9][0-9.]*)|CLOUD\.([0-9.]+))", re.I)
_ROW_ALIAS = (8, 0, 19)


class Product(NamedTuple):
    """`service`: who runs the server, as far as its version says it."""

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
        """Starter, Essential and Premium, which allow less than a self-managed TiDB."""
        return self.service.startswith("TiDB Cloud")

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of the version, at most the first three."""
        return tuple(int(part) for part in self.version.split(".")[:3] if part.isdecimal())

    @property
    def names_rows(self) -> bool:
        """Whether an upsert may give its new row an alias, as MySQL wants where it deprecates VALUES().

        MariaDB and TiDB have no alias.
        """
        return self.name == "MySQL" and self.numbers >= _ROW_ALIAS


def product_of(version: str) -> Product:
    """The product behind the text of SELECT VERSION(), or of the greeting."""
    if "TiDB" in version:
        match = _TIDB.search(version)
        cloud = "-serverless" in version.lower() or "CLOUD." in version
        number = (match[1] or match[2]) if match is not None else version
        return Product("TiDB", number, "TiDB Cloud Starter or Essential" if cloud else "self-managed or Dedicated")
    numbers = re.match(r"[0-9.]*[0-9]", version)
    return Product("MariaDB" if "mariadb" in version.lower() else "MySQL", numbers[0] if numbers else version)
