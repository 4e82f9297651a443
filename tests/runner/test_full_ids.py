"""Transactions with very many items: all of their rows, or a block that is refused by name, which quarantine catches."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import cbor2
import pytest

from nectar.errors import GenesisError, OverflowFatal
from nectar.genesis.files import genesis_of, network
from tests.conftest import ROOT
from tests.decode.chunks import cut
from tests.runner.broken import filled
from tests.runner.jobs import between, job, plan_text

SAMPLE = ROOT / "tests/data/preview/immutable"
EMPTY = list(cut(SAMPLE / "00001.chunk"))[:12]
FIRST = 4_320  # of chunk 1, whose blocks are 20 slots apart
LAST = FIRST + 11 * 20
PLACE = 5


@pytest.fixture
def made(tmp_path: Path) -> Callable[[int], bytes]:
    """Twelve blocks of preview; one of them gets one transaction with so many labels. Gives that block."""

    def make(labels: int) -> bytes:
        told = cbor2.dumps({0: dict.fromkeys(range(labels), 0)})
        parts = (cbor2.dumps([{0: [], 1: [], 2: 0}]), cbor2.dumps([{}]), told, b"\x80")
        blocks = filled(EMPTY, PLACE, parts)
        (tmp_path / "immutable").mkdir()
        (tmp_path / "immutable/00001.chunk").write_bytes(b"".join(blocks))
        return blocks[PLACE]

    return make


def ask(database: Path, sql: str) -> list[tuple[object, ...]]:
    db = sqlite3.connect(database)
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


@pytest.mark.parametrize(
    ("case", "table", "rows"),
    [("3a-more-than-4096-assets", "ma_tx_out", 4_112), ("3c-more-than-4096-labels", "tx_metadata", 4_097)],
)
def test_a_transaction_of_an_allowed_size_has_all_its_rows(case: str, table: str, rows: int, cases: Path, tmp_path: Path) -> None:
    job(tmp_path / "x.db", plan_text(cases / case / "immutable", "start_slot = 82916704"))
    found = [one for (one,) in ask(tmp_path / "x.db", f"SELECT id FROM {table} ORDER BY id")]
    ((tx,),) = ask(tmp_path / "x.db", "SELECT id FROM tx")
    assert isinstance(tx, int)
    assert found == [tx * 65_536 + at for at in range(rows)]


def test_as_many_items_as_ids_have_room_for(made: Callable[[int], bytes], tmp_path: Path) -> None:
    made(65_536)
    job(tmp_path / "x.db", plan_text(tmp_path / "immutable", between(FIRST, LAST)))
    found = ask(tmp_path / "x.db", "SELECT count(*), max(id) % 65536, count(DISTINCT tx_id) FROM tx_metadata")
    assert found == [(65_536, 65_535, 1)]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    "more", ["", '[filters]\nwhere = "fee == 0"\n', '[filters]\nwhere = "any(metadata, label != 99999)"\nkeep = "row"\n']
)
def test_one_item_more_is_a_block_refused_by_name(more: str, workers: int, made: Callable[[int], bytes], tmp_path: Path) -> None:
    raw = made(65_537)
    database = tmp_path / "x.db"
    text = plan_text(tmp_path / "immutable", between(FIRST, LAST), more=more)
    with pytest.raises(OverflowFatal, match=r"transaction [0-9a-f]{64}: .* more rows for tx_metadata") as caught:
        job(database, text, workers=workers)
    error, slot = caught.value, FIRST + 20 * PLACE
    assert ask(database, "SELECT first_slot, last_slot FROM nectar_coverage") == [(FIRST, slot - 20)]
    assert (error.code, error.slot, error.path, error.raw) == ("NEC-O002", slot, "block.transaction_bodies[0]", raw)
    assert error.block_hash is not None
    assert f"slot {slot}, block {error.block_hash.hex()}, block.transaction_bodies[0]" in str(error)
    assert (tmp_path / "x.db.quarantine" / f"{slot}-{error.block_hash.hex()[:16]}.block").read_bytes() == raw

    kept = text.replace("[processors]", 'on_decode_error = "quarantine"\n[processors]')
    assert job(database, kept, workers=workers).quarantined == 1
    assert ask(database, "SELECT slot, hash, code, raw FROM nectar_quarantine") == [(slot, error.block_hash, "NEC-O002", raw)]
    blocks = ask(database, "SELECT slot_no FROM block ORDER BY id")
    assert blocks == [(one,) for one in range(FIRST, LAST + 1, 20) if one != slot] if not more else blocks == []
    assert ask(database, "SELECT first_slot, last_slot FROM nectar_coverage") == [(FIRST, LAST)]


def test_a_genesis_of_too_many_balances_is_refused_by_name(tmp_path: Path) -> None:
    """A private network's; all the public ones have room."""
    home = tmp_path / "net"
    shutil.copytree(ROOT / "tests/data/genesis/preview", home)
    for file in home.iterdir():
        file.chmod(0o644)
    byron = json.loads((home / "byron-genesis.json").read_text())
    shelley = json.loads((home / "shelley-genesis.json").read_text())
    shelley["initialFunds"] = {(b"\x60" + at.to_bytes(28, "big")).hex(): 1 for at in range(32_768)}
    byron["protocolConsts"]["protocolMagic"] = shelley["networkMagic"] = 77
    (home / "byron-genesis.json").write_text(json.dumps(byron))
    (home / "shelley-genesis.json").write_text(json.dumps(shelley))
    (home / "config.json").unlink(missing_ok=True)
    with pytest.raises(GenesisError, match="more balances than the 32,768") as caught:
        genesis_of(network(home))
    assert caught.value.code == "NEC-O003"
