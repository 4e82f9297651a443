"""Clients that nobody here wrote read what `nectar node serve` offers: pallas (Rust), yaci (Java)."""

from __future__ import annotations

from pathlib import Path

import pytest

from nectar.nodeserver.chain import Offered
from nectar.sources.node import state_query
from tests.interop.peers import answer, nectar_server, pallas_reader, running
from tests.interop.test_pallas_server import WHOLE_PREVIEW, alone
from tests.node.forging import real_blocks


@pytest.fixture(scope="module")
def blocks(chain: Path) -> list[Offered]:
    return real_blocks(chain / "preview/immutable")


@pytest.mark.parametrize("window", ["1", "100"])
def test_pallas_reads_the_whole_of_preview(window: str, pallas: Path, chain: Path, tmp_path: Path) -> None:
    with running(nectar_server(tmp_path / "s", chain / "preview/immutable")):
        reply = answer(pallas_reader(pallas, tmp_path / "s", "--origin", "--window", window))
    assert (reply["blocks"], reply["bytes"], reply["digest"]) == (46_714, 52_356_124, WHOLE_PREVIEW)
    assert reply["version"] == 23


def test_pallas_begins_where_it_likes(pallas: Path, chain: Path, blocks: list[Offered], tmp_path: Path) -> None:
    start, elsewhere = blocks[20_000].point, f"{blocks[20_000].point.slot}.{'ab' * 32}"
    out = tmp_path / "out"
    with running(nectar_server(tmp_path / "s", chain / "preview/immutable")):
        reply = answer(
            pallas_reader(pallas, tmp_path / "s", "--point", str(start), "--count", "500", "--window", "10", "--out", str(out))
        )
        assert answer(pallas_reader(pallas, tmp_path / "s", "--point", elsewhere), code=4) == {"no_intersection": True}
        refused = answer(pallas_reader(pallas, tmp_path / "s", "--origin", magic=1), code=3)
    assert reply["blocks"] == 500
    assert (reply["tip_slot"], reply["tip_hash"]) == (blocks[-1].point.slot, blocks[-1].point.hash.hex())
    assert out.read_bytes() == b"".join(len(block.raw).to_bytes(4, "big") + block.raw for block in blocks[20_001:20_501])
    assert refused["refused"]


def test_pallas_follows_a_script(pallas: Path, chain: Path, blocks: list[Offered], tmp_path: Path) -> None:
    other = alone(chain, "preview/immutable", "00000", tmp_path / "other")
    script = tmp_path / "script"
    script.write_text("forward 30\nback 10   # to the tenth\nforward 5\nback 12\nfork other 12 8\nwait 20\nforward 0\n")
    out = tmp_path / "out"
    with running(nectar_server(tmp_path / "s", chain / "preview/immutable", "--script", script)):
        reply = answer(pallas_reader(pallas, tmp_path / "s", "--origin", "--out", str(out)))
    assert other.is_dir()
    assert reply["rollbacks"] == 3
    assert out.read_bytes() == b"".join(len(block.raw).to_bytes(4, "big") + block.raw for block in blocks[:20])


def test_pallas_asks_for_the_state(pallas: Path, chain: Path, tmp_path: Path) -> None:
    with running(nectar_server(tmp_path / "s", chain / "preview/immutable", "--limit", "100")):

        def ask(query: bytes) -> bytes:
            reply = answer([pallas, "query", "--socket", tmp_path / "s", "--magic", "2", "--query", query.hex()])
            return bytes.fromhex(reply["result"])

        assert ask(state_query.SYSTEM_START).hex() == "831907e619012a00"
        assert state_query.read_block_no(ask(state_query.BLOCK_NO)) == 99
        assert state_query.read_current_era(ask(state_query.CURRENT_ERA)) == 4
        assert len(state_query.read_eras(ask(state_query.INTERPRETER))) == 7


def test_yaci_reads_preview_and_counts_its_transactions(yaci: Path, chain: Path, blocks: list[Offered], tmp_path: Path) -> None:
    last = blocks[-1]
    with running(nectar_server(tmp_path / "s", chain / "preview/immutable")):
        reply = answer(["java", "-cp", f"{yaci.parent / 'classes'}:{yaci}/*", "ReadChain", tmp_path / "s", "2", "46714"])
    assert reply == {
        "blocks": 46_714,
        "transactions": 8_244,
        "rollbacks": 1,
        "slot": last.point.slot,
        "block_no": last.block_no,
        "hash": last.point.hash.hex(),
    }


def test_yaci_reads_byron(yaci: Path, chain: Path, tmp_path: Path) -> None:
    folder = alone(chain, "preprod/immutable", "00000", tmp_path / "chunks")
    with running(nectar_server(tmp_path / "s", folder, network="preprod")):
        reply = answer(["java", "-cp", f"{yaci.parent / 'classes'}:{yaci}/*", "ReadChain", tmp_path / "s", "1", "11"])
    assert reply["blocks"] == 11
