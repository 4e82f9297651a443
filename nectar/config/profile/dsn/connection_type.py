"""Which connection_type a connection text is for, where nothing else says it."""

from __future__ import annotations

from nectar.config.profile.dsn.parts import DsnKeys
from nectar.config.profile.hosts import is_cloud, is_gateway, is_loopback

_TIDB_PORT = 4000


def connection_type_of(keys: DsnKeys) -> str:
    """TiDB Cloud's servers by their names, other TiDBs by their port; anything else is MySQL or MariaDB."""
    host = str(keys.get("host", ""))
    if is_cloud(host):
        return "tidb-serverless" if is_gateway(host) else "tidb-cluster"
    if keys.get("port") == _TIDB_PORT:
        return "tidb-local" if is_loopback(host) else "tidb-cluster"
    return "mysql"
