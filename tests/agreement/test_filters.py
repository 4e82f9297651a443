"""A filtered job, run as a user runs it, against counts made with cbor2 alone."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.compiler import brute_force as brute

PLAN = """
[plan]
name = "filtered"
network = "mainnet"
[source]
kind = "immutable"
path = "{path}"
[sync]
start_slot = 21600000
end_slot = 21621599
[processors]
blocks = {{ every = true }}
transactions = {{ resolve_inputs = "off" }}      # or what spends the kept outputs were there too
certificates = true
withdrawals = true
[filters]
min_transaction_value = 100000000
pool_filter = ["{pool}"]
"""


@pytest.fixture(scope="module")
def blocks(chain: Path) -> list[list[brute.RawTx]]:
    return [brute.transactions(raw) for raw in brute.blocks(chain / "mainnet/immutable/01000.chunk")]


def test_what_a_filter_keeps_is_in_the_database_and_nothing_else(
    chain: Path, index: Callable[[str], Path], blocks: list[list[brute.RawTx]]
) -> None:
    txs = [tx for block in blocks for tx in block]
    pool = Counter(pool for tx in txs for pool in brute.pools_named(tx)).most_common(1)[0][0]
    kept = [tx for tx in txs if pool in brute.pools_named(tx) and sum(v for _, v in brute.created(tx)) >= 100_000_000]
    assert 0 < len(kept) < len(txs)

    database = sqlite3.connect(index(PLAN.format(path=chain / "mainnet/immutable", pool=pool.hex())))

    def one(sql: str) -> int:
        return int(database.execute(sql).fetchone()[0])

    assert one("SELECT count(*) FROM tx") == len(kept)
    assert one("SELECT count(*) FROM tx_out") == sum(len(tx.body[1]) for tx in kept)
    assert one("SELECT sum(out_sum) FROM tx") == sum(v for tx in kept for _, v in brute.created(tx))
    assert one("SELECT count(*) FROM withdrawal") == sum(len(brute.withdrawals(tx)) for tx in kept)
    assert one("SELECT count(*) FROM delegation") == sum(certificate[0] == 2 for tx in kept for certificate in tx.body.get(4, ()))
    database.close()


def test_every_block_is_kept_when_asked_and_coverage_says_what_is_missing(
    chain: Path, index: Callable[[str], Path], blocks: list[list[brute.RawTx]]
) -> None:
    nothing = PLAN.format(path=chain / "mainnet/immutable", pool="00" * 28)
    database = sqlite3.connect(index(nothing))
    assert database.execute("SELECT count(*) FROM tx").fetchone() == (0,)
    assert database.execute("SELECT count(*), sum(tx_count) FROM block").fetchone() == (len(blocks), sum(map(len, blocks)))
    lovelace = sum(value for block in blocks for tx in block for _, value in brute.created(tx))
    assert database.execute("SELECT sum(out_sum) FROM block").fetchone() == (lovelace,)
    assert database.execute("SELECT table_name, first_slot, last_slot, complete FROM nectar_coverage").fetchall() == [
        ("*", 21_600_000, 21_621_599, 0)
    ]
    database.close()
