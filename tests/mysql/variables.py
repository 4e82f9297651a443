"""System variables as TiDB has them: its own, those that TiDB Cloud Starter does not let one set, those it has never heard of."""

from __future__ import annotations

from tests.mysql.wire import err_packet

STARTER = "8.0.11-TiDB-v8.5.3-serverless"
SELF_MANAGED = "8.0.11-TiDB-v8.5.7"
COMMENT = "TiDB Server (Apache License 2.0) Community Edition, MySQL 8.0 compatible"

OWN = {
    "max_execution_time": "0",
    "sql_require_primary_key": "0",
    "tidb_allow_mpp": "1",
    "tidb_batch_insert": "0",
    "tidb_constraint_check_in_place": "0",
    "tidb_constraint_check_in_place_pessimistic": "1",
    "tidb_current_ts": "0",
    "tidb_ddl_enable_fast_reorg": "1",
    "tidb_ddl_reorg_batch_size": "256",
    "tidb_ddl_reorg_worker_cnt": "4",
    "tidb_disable_txn_auto_retry": "1",
    "tidb_distsql_scan_concurrency": "15",
    "tidb_dml_type": "STANDARD",
    "tidb_enable_1pc": "1",
    "tidb_enable_async_commit": "1",
    "tidb_enable_auto_analyze": "1",
    "tidb_enable_check_constraint": "0",
    "tidb_gc_life_time": "10m0s",
    "tidb_gc_run_interval": "10m0s",
    "tidb_isolation_read_engines": "tikv,tiflash,tidb",
    "tidb_mem_quota_query": "1073741824",
    "tidb_multi_statement_mode": "OFF",
    "tidb_pre_split_regions": "0",
    "tidb_retry_limit": "10",
    "tidb_scatter_region": "",
    "tidb_skip_utf8_check": "0",
    "tidb_snapshot": "",
    "tidb_txn_assertion_level": "FAST",
    "tidb_txn_mode": "pessimistic",
    "tidb_wait_split_region_finish": "1",
    "version_comment": COMMENT,
}
NEVER_HEARD_OF = frozenset(
    {
        "aria_group_commit",
        "character_set_collations",
        "deadlock_search_depth_short",
        "innodb_snapshot_isolation",
        "max_statement_time",
        "skip_parallel_replication",
        "system_versioning_asof",
        "wsrep_on",
    }
)
# What a session may not set on Starter is known from its documentation; which code each is answered with is not: 1193, 1238
# and 8132 have all been seen, so that whoever sets variables must bear any of them.
READ_ONLY = frozenset(
    {"interactive_timeout", "max_allowed_packet", "require_secure_transport", "tidb_dml_type", "tidb_txn_mode", "wait_timeout"}
)
HIDDEN = frozenset({"tidb_gc_life_time", "tidb_gc_run_interval"})
LOCKED = frozenset(
    {
        "tidb_constraint_check_in_place",
        "tidb_constraint_check_in_place_pessimistic",
        "tidb_ddl_enable_fast_reorg",
        "tidb_ddl_reorg_batch_size",
        "tidb_ddl_reorg_worker_cnt",
        "tidb_enable_1pc",
        "tidb_enable_async_commit",
        "tidb_isolation_read_engines",
        "tidb_pre_split_regions",
        "tidb_scatter_region",
    }
)
RENAMED = {"transaction_isolation": "tx_isolation", "transaction_read_only": "tx_read_only"}  # as MariaDB 10 calls them


def unknown(name: str) -> bytes:
    return err_packet(1193, f"Unknown system variable '{name}'")


def may_not_set(name: str, starter: bool) -> bytes | None:
    """The error for who sets it, or None."""
    if name in NEVER_HEARD_OF or (name.startswith("tidb_") and name not in OWN) or (starter and name in HIDDEN):
        return unknown(name)
    if starter and name in READ_ONLY:
        return err_packet(1238, f"Variable '{name}' is a read only variable")
    if starter and name in LOCKED:
        return err_packet(8132, f"Feature 'SET {name}' is not supported when security enhanced mode is enabled")
    return None
