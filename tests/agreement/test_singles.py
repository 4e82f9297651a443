"""Every one of the single blocks, of every era and network, becomes rows that say what the block says."""

from __future__ import annotations

from pathlib import Path

from nectar.decode.block import decode_block
from nectar.decode.want import EVERYTHING
from tests.agreement.loading import everything, load


def test_every_single_block_is_inserted(chain: Path, tmp_path: Path) -> None:
    """Each into a database of its own, since blocks of different networks share slots."""
    compiled = everything("mainnet")
    paths = [path for path in sorted((chain / "blocks").glob("*.block")) if path.read_bytes()[1] <= 7]
    assert len(paths) == 301
    for number, path in enumerate(paths):
        raw = path.read_bytes()
        block = decode_block(raw, EVERYTHING)
        db = load(tmp_path / f"{number}.db", compiled, [raw])
        said = db.execute("SELECT hash, tx_count, out_sum FROM block").fetchall()
        assert [tuple(row) for row in said] == [(block.hash, block.tx_count, block.out_sum)]
        hashes = [row["hash"] for row in db.execute("SELECT hash FROM tx ORDER BY id")]
        assert hashes == [tx.hash for tx in block.txs]
        created = sum(len(tx.outputs) if tx.is_valid else tx.collateral_return is not None for tx in block.txs)
        assert db.execute("SELECT count(*) FROM tx_out").fetchone()[0] == created
        spent = sum(len(tx.inputs) if tx.is_valid else len(tx.collateral_inputs) for tx in block.txs)
        assert db.execute("SELECT count(*) FROM tx_in").fetchone()[0] == spent
        assert db.execute("SELECT count(*) FROM redeemer").fetchone()[0] == sum(
            len(tx.redeemers) for tx in block.txs if tx.is_valid
        )
        db.close()
        (tmp_path / f"{number}.db").unlink()
