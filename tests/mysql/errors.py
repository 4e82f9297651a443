"""What a TiDB answers when something is wrong, with its codes and in its words, and what of that to draw from."""

from __future__ import annotations

from tests.mysql.faults import Act, Answer, Drop, Late, LoseAnswer

WRITE_CONFLICT = Answer(
    9007,
    "Write conflict, txnStartTS=449570114806808577, conflictStartTS=449570114806808578, conflictCommitTS=449570114806808580,"
    " key={tableID=104, tableName=nectar.checkpoint, handle=1}, originalKey=7480, primary=[]byte(nil), reason=Optimistic [try again later]",
)
NOT_RETRIED = Answer(8002, "[449570114806808577] can not retry select for update statement")
COMMIT_FAILED = Answer(8022, "Error: KV error safe to retry tikv restarts txn: Txn(Mvcc(TxnLockNotFound)) [try again later]")
SCHEMA_CHANGED = Answer(
    8028,
    "Information schema is changed during the execution of the statement (for example, table definition may be updated by other DDL ran in parallel). If you see this error often, try increasing `tidb_max_delta_schema_count`. [try again later]",
)
SCHEMA_CHANGED_OLD = Answer(1105, "Information schema is changed. [try again later]", rolls_back=True)
REGION_UNAVAILABLE = Answer(9005, "Region is unavailable")
PD_TIMEOUT = Answer(9001, "PD server timeout: start timestamp may fall behind safe point")
TIKV_BUSY = Answer(9003, "TiKV server is busy")
DEADLOCK = Answer(1213, "Deadlock found when trying to get lock; try restarting transaction")
TOO_LARGE = Answer(8004, "Transaction is too large, size: {size}")
ENTRY_TOO_LARGE = Answer(8025, "entry too large, the max entry size is {limit}, the size of data is {size}")
IDLE = Answer(
    4031,
    "The client was disconnected by the server because of inactivity. See wait_timeout and interactive_timeout for configuring this behavior.",
    closes=True,
)
QUOTA = Answer(
    1105,
    "Due to the usage quota being exhausted, access to the cluster '10000000000000000000' has been restricted. Try increasing spending limits or"
    " wait for the next month. See https://docs.pingcap.com/tidbcloud/serverless-limitations#usage-quota",
    rolls_back=False,
)
CONNECTION_LIMIT = Answer(1105, "Connection limit exceeded", rolls_back=False)
MISSING_PREFIX = Answer(
    1105,
    "Missing user name prefix. See https://docs.pingcap.com/tidbcloud/select-cluster-tier#user-name-prefix",
    rolls_back=False,
)
MEMORY_QUOTA = Answer(
    8175,
    "Your query has been cancelled due to exceeding the allowed memory limit for a single SQL query. Please try narrowing your query scope or increase the tidb_mem_quota_query limit and try again.[conn=1]",
)
SHUTDOWN = Answer(1053, "Server shutdown in progress", closes=True)
LOCK_WAIT = Answer(1205, "Lock wait timeout exceeded; try restarting transaction")
STALE_CONFLICT = Answer(8005, "Write conflict, txnStartTS 449570114806808577 is stale [try again later]")
TIKV_TIMEOUT = Answer(9002, "TiKV server timeout")
RESOLVE_LOCK_TIMEOUT = Answer(9004, "Resolve lock timeout")
TOO_MANY = Answer(1040, "Too many connections")
ROLLING_BACK = frozenset({1213, 8002, 8005, 8022, 8028, 9007})
AT_COMMIT: list[tuple[str, Act]] = [
    (r"^\s*COMMIT", act)
    for act in (
        WRITE_CONFLICT,
        NOT_RETRIED,
        COMMIT_FAILED,
        SCHEMA_CHANGED,
        SCHEMA_CHANGED_OLD,
        REGION_UNAVAILABLE,
        PD_TIMEOUT,
        DEADLOCK,
        Drop(),
        LoseAnswer(),
        REGION_UNAVAILABLE._replace(after=True),
        Late(0.2),
    )
]
ANYWHERE: list[tuple[str, Act]] = [("", act) for act in (Drop(), LoseAnswer(), IDLE, TIKV_BUSY)]
