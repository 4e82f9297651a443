"""Codecs in a third language (HarmonicLabs', in TypeScript), as server and as client. Its segments have 12,288 bytes, a node's."""

from __future__ import annotations

from pathlib import Path

import pytest

from nectar.cardano.point import ORIGIN
from nectar.errors import GenesisError
from nectar.sources.node.connection import parse_address
from nectar.sources.node.session import Greeting, open_session
from tests.interop.peers import answer, nectar_server, running
from tests.interop.test_pallas_server import alone, in_files, read
from tests.node.forging import real_blocks
from tests.node.jobs import node_job, node_plan
from tests.node.peers import Said
from tests.runner.jobs import content, job, plan_text, same


def served(harmonic: Path, at: Path, chunks: Path, *more: str, magic: int = 2) -> list[str | Path]:
    return ["node", harmonic, "serve", "--socket", at, "--magic", str(magic), "--chunks", chunks, *more]


def test_its_blocks_are_put_together_from_many_segments(harmonic: Path, chain: Path, tmp_path: Path) -> None:
    folder = chain / "preview/immutable"
    with running(served(harmonic, tmp_path / "s", folder)):
        session = open_session(Greeting(parse_address(tmp_path / "s"), "preview", 2))
        assert session.version == 19
        session.close()
        events = read(str(tmp_path / "s"), ORIGIN)
    blocks = in_files(folder, "preview")
    assert [tuple(event) for event in events] == blocks
    assert max(len(raw) for raw, _, _ in blocks) > 3 * 12_288


def test_it_refuses_another_network(harmonic: Path, chain: Path, tmp_path: Path) -> None:
    server = running(served(harmonic, tmp_path / "s", chain / "preview/immutable", "--limit", "5"))
    with server, pytest.raises(GenesisError) as caught:
        open_session(Greeting(parse_address(tmp_path / "s"), "mainnet", 764824073))
    assert caught.value.code == "NEC-W006"


def test_a_server_without_a_ledger_is_followed_all_the_same(harmonic: Path, chain: Path, tmp_path: Path) -> None:
    folder, heard = chain / "preview/immutable", Said()
    with running(served(harmonic, tmp_path / "s", folder)):
        node_job(tmp_path / "node.db", tmp_path / "s", node_plan("end_slot = 90000"), report=heard)
    job(tmp_path / "files.db", plan_text(folder, "end_slot = 90000"))
    same(content(tmp_path / "node.db"), content(tmp_path / "files.db"))
    assert any("does not tell its eras" in text for text in heard.of("note"))


@pytest.mark.parametrize("after", [None, 40_000])
def test_it_reads_what_nectar_serves(after: int | None, harmonic: Path, chain: Path, tmp_path: Path) -> None:
    blocks = real_blocks(chain / "preview/immutable")
    first = 0 if after is None else after + 1
    begin = ["--origin"] if after is None else ["--point", str(blocks[after].point)]
    out = tmp_path / "out"
    with running(nectar_server(tmp_path / "s", chain / "preview/immutable")):
        reply = answer(
            ["node", harmonic, "read", "--socket", tmp_path / "s", "--magic", "2", *begin, "--count", "5000", "--out", out]
        )
        answer(["node", harmonic, "read", "--socket", tmp_path / "s", "--magic", "1", "--origin"], code=3)
        answer(["node", harmonic, "read", "--socket", tmp_path / "s", "--magic", "2", "--point", f"5.{'ab' * 32}"], code=4)
    assert (reply["version"], reply["blocks"], reply["rollbacks"]) == (19, 5_000, 1)
    assert out.read_bytes() == b"".join(len(block.raw).to_bytes(4, "big") + block.raw for block in blocks[first : first + 5_000])


def test_it_reads_byron(harmonic: Path, chain: Path, tmp_path: Path) -> None:
    folder = alone(chain, "preprod/immutable", "00000", tmp_path / "chunks")
    with running(nectar_server(tmp_path / "s", folder, network="preprod")):
        reply = answer(["node", harmonic, "read", "--socket", tmp_path / "s", "--magic", "1", "--origin", "--count", "11"])
    assert reply["blocks"] == 11
