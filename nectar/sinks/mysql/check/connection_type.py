"""Check that a profile's connection_type fits the server, and that the server is new enough."""

from __future__ import annotations

from nectar.config.profile.model import ConnectionType
from nectar.mysql.product import Product
from nectar.sinks.check_step import Note

_OLDEST = {"MySQL": (8, 0), "MariaDB": (10, 6)}
_TIDB_KINDS = (ConnectionType.TIDB_LOCAL, ConnectionType.TIDB_SERVERLESS, ConnectionType.TIDB_CLUSTER)


def notes_of(product: Product, kind: ConnectionType) -> list[Note]:
    """Notes on a wrong connection_type and on a version that is too old."""
    notes = []
    if product.is_tidb and kind is ConnectionType.MYSQL:
        fitting = "tidb-serverless" if product.is_starter else "tidb-cluster"
        notes.append(Note("this is TiDB, and connection_type is mysql", f'write connection_type = "{fitting}"'))
    elif not product.is_tidb and kind in _TIDB_KINDS:
        notes.append(Note(f"this is no TiDB, and connection_type is {kind.value}", 'write connection_type = "mysql"'))
    elif product.is_starter and kind is not ConnectionType.TIDB_SERVERLESS:
        what = f"this is TiDB Cloud Starter or Essential, and connection_type is {kind.value}"
        notes.append(Note(what, 'write connection_type = "tidb-serverless"'))
    oldest = _OLDEST.get(product.name)
    if oldest is not None and product.numbers[:2] < oldest:
        what = f"Nectar's tables are for {product.name} {'.'.join(map(str, oldest))} and newer"
        notes.append(Note(what, "take a newer server"))
    return notes
