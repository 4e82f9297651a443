"""`transactions`: failed ones, addresses of every form, ids, options."""

from __future__ import annotations

from hashlib import blake2b

import cbor2

from nectar.cardano.block import TxOut
from nectar.cardano.point import Era
from nectar.cardano.script import Datum, Purpose, Redeemer
from nectar.decode.block import decode_block
from nectar.decode.want import EVERYTHING
from tests.processors.making import DATA, EMPTY_TX, block_of, busy, rows_of, singles

OUT = TxOut(0, bytes([0x61]) + bytes(28), 5_000_000, (), None, None, None)


def test_of_a_failed_transaction_the_collateral_is_what_took_effect() -> None:
    back = OUT._replace(index=2, value=1)
    failed = EMPTY_TX._replace(
        is_valid=False,
        inputs=[(b"i" * 32, 0)],
        collateral_inputs=[(b"c" * 32, 1)],
        outputs=[OUT, OUT._replace(index=1)],
        collateral_return=back,
        total_collateral=7,
        fee=7,
        out_sum=1,
        required_signers=[b"k" * 28],
        reference_inputs=[(b"r" * 32, 0)],
    )
    rows = rows_of("transactions", [block_of(failed)])
    assert [(row["tx_out_hash"], row["tx_out_index"], row["redeemer_id"]) for row in rows["tx_in"]] == [(b"c" * 32, 1, None)]
    assert [(row["index"], row["value"]) for row in rows["tx_out"]] == [(2, 1)]
    assert not any(rows[name] for name in ("collateral_tx_in", "collateral_tx_out", "reference_tx_in", "extra_key_witness"))
    assert [(row["valid_contract"], row["fee"], row["out_sum"]) for row in rows["tx"]] == [(0, 7, 1)]


def test_real_failed_transactions_create_only_their_collateral_return() -> None:
    blocks = [block for block in singles() if any(not tx.is_valid for tx in block.txs)]
    assert blocks
    for block in blocks:
        rows = rows_of("transactions", [block])
        by_tx: dict[int, list[int]] = {}
        for row in rows["tx_out"]:
            by_tx.setdefault(row["tx_id"], []).append(row["index"])
        for row, tx in zip(rows["tx"], block.txs, strict=True):
            expected = list(range(len(tx.outputs))) if tx.is_valid else [len(tx.outputs)] if tx.collateral_return else []
            assert by_tx.get(row["id"], []) == expected


def test_ids_are_places() -> None:
    (block,) = [block for block in singles() if block.era is Era.ALONZO and len(block.txs) > 1][:1]
    rows = rows_of("transactions", [block])
    for row, tx in zip(rows["tx"], block.txs, strict=True):
        assert row["id"] == block.slot * 2**15 + tx.index
        assert row["block_id"] == block.slot * 2 + 1
    assert all(row["id"] == row["tx_id"] * 2**16 + row["index"] for row in rows["tx_out"])


def test_a_redeemer_unlocks_the_input_it_points_at_in_sorted_order() -> None:
    data = Datum(bytes(32), b"\0")
    tx = EMPTY_TX._replace(
        inputs=[(b"z" * 32, 0), (b"a" * 32, 5), (b"a" * 32, 2)],
        redeemers=[Redeemer(Purpose.MINT, 0, data, 1, 1), Redeemer(Purpose.SPEND, 1, data, 1, 1)],
    )
    rows = rows_of("transactions", [block_of(tx)])["tx_in"]
    assert [row["redeemer_id"] for row in rows] == [None, (140_000_000 << 31) + 1, None]


def test_the_whole_transaction_hashes_to_its_id() -> None:
    """Option tx_cbor: the first part of what is kept is the body, whose hash is the id."""
    for block in singles():
        rows = rows_of("transactions", [block], tx_cbor=True)
        for row, tx in zip(rows["tx_cbor"], block.txs, strict=True):
            if block.era >= Era.ALONZO:
                assert len(cbor2.loads(row["bytes"])) == 4
                assert tx.size == len(row["bytes"]) - 1
            if block.era is Era.BYRON:
                assert blake2b(row["bytes"], digest_size=32).digest() == tx.hash
                assert tx.size == len(row["bytes"])
            else:
                found = any(
                    blake2b(row["bytes"][1:end], digest_size=32).digest() == tx.hash for end in range(2, len(row["bytes"]) + 1)
                )
                assert found


def test_addresses_in_a_table_of_their_own_say_the_same() -> None:
    blocks = list(singles())
    plain, apart = rows_of("transactions", blocks), rows_of("transactions", blocks, address_table=True)
    known = {row["id"]: row for row in apart["address"]}
    assert {row["address"] for table in ("tx_out", "collateral_tx_out") for row in plain[table]} == {
        row["address"] for row in known.values()
    }
    for one, other in zip(plain["tx_out"], apart["tx_out"], strict=True):
        address = known[other["address_id"]]
        assert (address["address"], address["has_script"], address["payment_cred"], address["stake_address_id"]) == (
            one["address"],
            one["address_has_script"],
            one["payment_cred"],
            one["stake_address_id"],
        )


def test_script_size_counts_each_plutus_script_of_the_witnesses_once() -> None:
    """Against a count over plain CBOR: keys 3, 6 and 7 of the witness sets."""
    sizes = 0
    for path in sorted((DATA / "blocks").glob("*.block")):
        era, parts = cbor2.loads(path.read_bytes())
        if Era.ALONZO <= era <= Era.CONWAY:
            block = decode_block(path.read_bytes(), EVERYTHING)
            rows = rows_of("transactions", [block])["tx"]
            for row, witnesses in zip(rows, parts[2], strict=True):
                scripts = {(key, raw) for key in (3, 6, 7) for raw in witnesses.get(key, ())}
                assert row["script_size"] == sum(len(raw) for _, raw in scripts)
                sizes += row["script_size"]
    assert sizes > 0


def test_inline_datums_and_reference_scripts_of_real_outputs() -> None:
    rows = rows_of("transactions", busy(), "preview")
    inline = [row for row in rows["tx_out"] if row["inline_datum_id"] is not None]
    assert inline
    assert all(row["data_hash"] == row["inline_datum_id"] for row in inline)
    assert any(row["reference_script_id"] for row in rows["tx_out"])
    assert rows["reference_tx_in"]
    assert rows["extra_key_witness"]
