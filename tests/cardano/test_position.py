"""Ids of places: in the chain's order, within 63 bits, and refused where there is no room."""

from __future__ import annotations

import pytest

from nectar.cardano.position import GENESIS_SLOT, HIGHEST_ID, ITEM_BITS, LAST_SLOT, SLOT_BITS, TX_BITS, block_id, item_id, tx_id
from nectar.errors import OverflowFatal
from nectar.tables import Place, item_ids

LAST_TX, LAST_ITEM = (1 << TX_BITS) - 1, (1 << ITEM_BITS) - 1


def test_the_bits_are_those_of_a_signed_64_bit_number() -> None:
    assert SLOT_BITS + TX_BITS + ITEM_BITS == 63
    assert item_id(tx_id(LAST_SLOT, LAST_TX), LAST_ITEM, "tx_out") == HIGHEST_ID == 2**63 - 1
    assert (Place.TX.value, Place.IN_TX.value) == (2**15, 2**31)


def test_ids_follow_the_chain() -> None:
    places = [
        (slot, tx, item)
        for slot in (GENESIS_SLOT, 0, 1, 199_000_000, LAST_SLOT)
        for tx in (0, 1, LAST_TX)
        for item in (0, 1, LAST_ITEM)
    ]
    ids = [item_id(tx_id(slot, tx), item, "tx_out") for slot, tx, item in places]
    assert ids == sorted(set(ids))
    assert [block_id(slot, True) // 2 for slot, _, _ in places] == [one // Place.IN_TX.value for one in ids]


@pytest.mark.parametrize(("slot", "index"), [(7, LAST_TX + 1), (LAST_SLOT + 1, 0)])
def test_a_transaction_without_room_is_refused(slot: int, index: int) -> None:
    with pytest.raises(OverflowFatal, match="32,768 transactions") as caught:
        tx_id(slot, index)
    assert (caught.value.code, caught.value.slot, caught.value.path) == ("NEC-O001", slot, f"block.transaction_bodies[{index}]")


def test_an_item_without_room_is_refused_and_told() -> None:
    with pytest.raises(OverflowFatal, match="more rows for ma_tx_out than the 65,536") as caught:
        item_id(tx_id(99, 3), LAST_ITEM + 1, "ma_tx_out")
    assert (caught.value.code, caught.value.slot, caught.value.path) == ("NEC-O002", 99, "block.transaction_bodies[3]")


def test_sql_has_the_same_numbers() -> None:
    assert item_ids("t.id") == "BETWEEN t.id * 65536 AND t.id * 65536 + 65535"
    assert item_ids(":low", ":high") == "BETWEEN :low * 65536 AND :high * 65536 + 65535"


def test_a_blocks_slot_without_room_is_refused_too() -> None:
    """A block without transactions has an id as well."""
    assert block_id(LAST_SLOT, is_boundary=False) == 2 * LAST_SLOT + 1
    with pytest.raises(OverflowFatal) as caught:
        block_id(LAST_SLOT + 1, is_boundary=False)
    assert caught.value.code == "NEC-O001"
