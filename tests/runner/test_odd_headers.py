"""Odd values in headers of chunk files: quarantine takes those that leave the block its place, and none that do not."""

from __future__ import annotations

import sqlite3
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest

from nectar.cardano.point import Era
from nectar.decode.envelope import outline
from nectar.decode.skip import skipper
from nectar.errors import SourceError
from tests.decode.handmade import SLOT, block, body
from tests.runner.jobs import content, job, plan_text

ODD = {"2^63": 1 << 63, "2^64 - 1": (1 << 64) - 1, "2^64": 1 << 64, "negative": -1, "5,000 bytes": 1 << 40_000, "text": "7"}
PLACE = ("slot", "block_number")
UNSIGNED = "sequence_number"
OTHERS = ("block_body_size", "major", "minor", UNSIGNED)
SYNC = f'start_slot = {SLOT}\non_decode_error = "quarantine"'


def _folder(place: Path, **third: Any) -> Path:
    """Four linked blocks, twenty slots apart; the third one's header has fields of its own."""
    raws: list[bytes] = []
    previous = bytes(32)
    for at in range(4):
        fields: dict[str, Any] = {"slot": SLOT + 20 * at, "block_number": 7 + at, "prev_hash": previous} | (
            third if at == 2 else {}
        )
        raws.append(block(Era.BABBAGE, body(), **fields))
        start, end = outline(raws[-1], 0, skipper(raws[-1])).header
        previous = blake2b(raws[-1][start:end], digest_size=32).digest()
    (place / "immutable").mkdir()
    (place / "immutable" / f"{SLOT // 21_600:05}.chunk").write_bytes(b"".join(raws))
    return place / "immutable"


FITS = {(UNSIGNED, "2^63"), (UNSIGNED, "2^64 - 1")}


@pytest.mark.parametrize(("field", "odd"), [(field, odd) for field in OTHERS for odd in ODD if (field, odd) not in FITS])
def test_a_block_that_keeps_its_place_is_put_into_quarantine(field: str, odd: str, tmp_path: Path) -> None:
    summary = job(
        tmp_path / "x.db", plan_text(_folder(tmp_path, **{field: ODD[odd]}), SYNC, network="mainnet", processors="blocks = true")
    )
    assert (summary.blocks, summary.quarantined) == (3, 1)
    ((slot, digest, _, code, path, _, _),) = content(tmp_path / "x.db")["nectar_quarantine"]
    assert (slot, len(digest), code) == (SLOT + 40, 32, "NEC-D001")
    assert path.startswith("block.header.")


@pytest.mark.parametrize("value", [*ODD.values(), 5, 1 << 31, 1 << 47], ids=[*ODD, "too low", "2^31", "2^47"])
@pytest.mark.parametrize("field", PLACE)
def test_a_block_whose_place_is_in_doubt_moves_nothing(field: str, value: Any, tmp_path: Path) -> None:
    text = plan_text(_folder(tmp_path, **{field: value}), SYNC, network="mainnet", processors="blocks = true")
    with pytest.raises(SourceError) as caught:
        job(tmp_path / "x.db", text)
    assert caught.value.code in ("NEC-S004", "NEC-S006", "NEC-S013")
    assert "quarantine takes no block" in caught.value.hint
    found = content(tmp_path / "x.db")
    assert found["nectar_quarantine"] == []
    db = sqlite3.connect(tmp_path / "x.db")
    assert db.execute("SELECT max(last_slot) FROM nectar_coverage").fetchone() == (SLOT + 20,)
    db.close()
