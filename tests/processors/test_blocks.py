"""`blocks`: boundary blocks, leaders, links, and sums that no 64-bit number holds."""

from __future__ import annotations

import sqlite3

import cbor2
from hypothesis import given
from hypothesis import strategies as st

from nectar.cardano.bech32 import decode
from nectar.cardano.point import Era
from nectar.decode.block import decode_block
from nectar.decode.want import EVERYTHING
from nectar.processors.blocks import BLOCK, epoch_sql
from tests.processors.making import DATA, EMPTY_TX, block_of, rows_of, singles


def test_a_boundary_block_has_no_place_of_its_own() -> None:
    boundary = [block for block in singles() if block.era is Era.BYRON_EBB]
    assert boundary
    for row in rows_of("blocks", boundary)["block"]:
        assert (row["slot_no"], row["block_no"], row["epoch_slot_no"], row["vrf_key"]) == (None, None, None, None)
        assert row["id"] % 2 == 0
        assert row["epoch_no"] is not None


def test_each_block_names_the_one_before_only_when_it_is_the_one_before() -> None:
    first = block_of(slot=10)._replace(hash=b"1" * 32)
    second = block_of(slot=12)._replace(hash=b"2" * 32, prev_hash=b"1" * 32)
    stranger = block_of(slot=14)._replace(hash=b"3" * 32, prev_hash=b"9" * 32)
    rows = rows_of("blocks", [first, second, stranger])["block"]
    assert [row["previous_id"] for row in rows] == [None, rows[0]["id"], None]
    assert [row["previous_hash"][:1] for row in rows] == [b"\0", b"1", b"9"]


def test_the_vrf_key_is_the_header_s_as_bech32() -> None:
    """Against cbor2's view. From Babbage on the header's certificates of the VRF are one; the key stands before."""
    seen = set()
    for path in sorted((DATA / "blocks").glob("*.block")):
        raw = path.read_bytes()
        if Era.SHELLEY <= raw[1] <= Era.CONWAY:
            (row,) = rows_of("blocks", [decode_block(raw, EVERYTHING)])["block"]
            key = cbor2.loads(raw)[1][0][0][4]
            assert decode(row["vrf_key"]) == ("vrf_vk", key)
            seen.add(raw[1])
    assert seen == set(range(Era.SHELLEY, Era.CONWAY + 1))


def test_leaders_are_named_as_db_sync_names_them() -> None:
    leaders = {row["description"].partition("-")[0] for row in rows_of("blocks", singles())["slot_leader"]}
    assert leaders >= {"Pool", "ByronGenesis", "Epoch boundary slot leader"}
    delegate = block_of()._replace(issuer=bytes.fromhex("d9e5c76ad5ee778960804094a389f0b546b5c2b140a62f8ec43ea54d"))
    (row,) = rows_of("blocks", [delegate])["slot_leader"]
    assert row["description"] == "ShelleyGenesis-d9e5c76ad5ee7789"
    assert row["pool_hash_id"] is None


def test_a_filter_changes_no_count_of_the_block() -> None:
    block = block_of(EMPTY_TX, EMPTY_TX)
    (row,) = rows_of("blocks", [block._replace(txs=[])])["block"]
    assert row["tx_count"] == 2


@given(sums=st.lists(st.integers(0, 45 * 10**15), min_size=1, max_size=300))
def test_the_sum_of_an_epoch_is_exact_beyond_64_bits(sums: list[int]) -> None:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE block (id INTEGER PRIMARY KEY, epoch_no, out_sum, fees, tx_count, time)")
    db.executemany("INSERT INTO block VALUES (?, 7, ?, 3, 2, ?)", [(at, value, f"{at:04}") for at, value in enumerate(sums)])
    (row,) = db.execute(epoch_sql("sqlite"), {"first": 7, "last": 7, "low": 0, "high": 10_000}).fetchall()
    assert row == (7, str(sum(sums)), 3 * len(sums), 2 * len(sums), len(sums), 7, "0000", f"{len(sums) - 1:04}")


def test_the_columns_are_db_syncs_and_three_more() -> None:
    own = {column.name for column in BLOCK.columns if column.differs.startswith("Nectar's own")}
    assert own == {"previous_hash", "out_sum", "fees"}
