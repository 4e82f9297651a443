"""Which program a server is, by what it says its version is."""

from __future__ import annotations

from enum import Enum


class Product(Enum):
    """TIDB_CLOUD: Starter, Essential and Premium, which do not let one do all that TIDB does."""

    MYSQL = "MySQL"
    MARIADB = "MariaDB"
    TIDB = "TiDB"
    TIDB_CLOUD = "TiDB Cloud"


def product_of(version: str) -> Product:
    """Of `SELECT VERSION()`, or of the greeting."""
    if "TiDB" in version:
        return Product.TIDB_CLOUD if "-serverless" in version or "CLOUD." in version else Product.TIDB
    return Product.MARIADB if "MariaDB" in version else Product.MYSQL
