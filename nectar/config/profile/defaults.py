"""The defaults of each connection_type, in one table with the reasons beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from nectar.config.profile.model import ConnectionType, PoolSettings, Retry, Waits


class Defaults(NamedTuple):
    """Fields as in `Server`. `longest_recycle` and `longest_lifetime`: seconds after which the service itself cuts connections.
    `most_batch_bytes`: the most that one transaction can have."""

    port: int
    pool: PoolSettings
    waits: Waits
    retry: Retry
    batch_bytes: int
    batch_rows: int
    statement_bytes: int
    settings: tuple[tuple[str, str], ...] = ()
    load_data: bool = True
    longest_recycle: float = 86_400
    longest_lifetime: float = 86_400
    most_batch_bytes: int = 1 << 30


_TXN_TOTAL_SIZE_LIMIT = 100 << 20
"""TiDB's default. At this value TiDB bounds a transaction by the session's memory (tidb_mem_quota_query, 1 GiB), which no
profile knows."""

_RETRY = Retry(first=0.5, longest=30, patience=3_600, quota=600)

DEFAULTS: Mapping[ConnectionType, Defaults] = {
    # A server keeps idle connections for 8 hours; firewalls on the way seldom keep them for more than one.
    # Waiting longer for a slow reader or writer harms nobody. unique_checks and foreign_key_checks stay on: they find faults.
    # 3.5 MB a statement is below the smallest max_allowed_packet in use, MySQL 5.7's 4 MiB.
    ConnectionType.MYSQL: Defaults(
        port=3306,
        pool=PoolSettings(size=4, recycle=1_800, lifetime=14_400),
        waits=Waits(first_connect=30, connect=30, read=300, write=300),
        retry=_RETRY,
        batch_bytes=16_000_000,
        batch_rows=50_000,
        statement_bytes=3_500_000,
        settings=(("net_read_timeout", "300"), ("net_write_timeout", "300")),
    ),
    # TiDB's own advice is single statements of moderate size; a transaction's memory is bounded, a row's entry too.
    ConnectionType.TIDB_LOCAL: Defaults(
        port=4000,
        pool=PoolSettings(size=4, recycle=1_800, lifetime=14_400),
        waits=Waits(first_connect=30, connect=30, read=300, write=300),
        retry=_RETRY,
        batch_bytes=16_000_000,
        batch_rows=20_000,
        statement_bytes=1_000_000,
        most_batch_bytes=_TXN_TOTAL_SIZE_LIMIT,
    ),
    # Starter and Essential: idle connections are cut after 340 s, any may be after 30 minutes (the vendor says 5 to begin with),
    # an instance that sleeps takes up to two minutes to wake. More than 10 MiB a transaction is not documented. wait_timeout and
    # most others are read-only there, so none is tried. LOAD DATA LOCAL saves nothing over so long a way. Over its quota an
    # instance refuses every connection for long.
    ConnectionType.TIDB_SERVERLESS: Defaults(
        port=4000,
        pool=PoolSettings(size=4, recycle=240, lifetime=300),
        waits=Waits(first_connect=150, connect=30, read=300, write=300),
        retry=Retry(first=1, longest=60, patience=3_600, quota=900),
        batch_bytes=8_000_000,
        batch_rows=10_000,
        statement_bytes=1_000_000,
        load_data=False,
        longest_recycle=300,
        longest_lifetime=1_800,
        most_batch_bytes=_TXN_TOTAL_SIZE_LIMIT,
    ),
    # Behind a load balancer as a rule, which forgets idle connections after some minutes; restarts move on in half an hour.
    ConnectionType.TIDB_CLUSTER: Defaults(
        port=4000,
        pool=PoolSettings(size=4, recycle=300, lifetime=1_800),
        waits=Waits(first_connect=30, connect=30, read=300, write=300),
        retry=_RETRY,
        batch_bytes=16_000_000,
        batch_rows=20_000,
        statement_bytes=1_000_000,
        most_batch_bytes=_TXN_TOTAL_SIZE_LIMIT,
    ),
}
