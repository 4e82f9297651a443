"""pycardano, asked about the addresses, hashes, scripts and assets of real blocks, says what Nectar says."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import cbor2
import pytest

from nectar.cardano.address import describe
from nectar.cardano.block import Block, Tx
from nectar.cardano.ids import asset_fingerprint, pool_id_view
from nectar.cardano.script import Script, ScriptKind
from nectar.decode.block import decode_block
from nectar.decode.want import EVERYTHING
from tests.decode.chunks import cut
from tests.oracle.environment import PYTHON, build

JUDGE = Path(__file__).with_name("judge.py")
DATA = Path(__file__).resolve().parents[1] / "data"
FILES = ("blocks/*.block", "mainnet/immutable/01000.chunk", "preview-late/immutable/*.chunk", "preprod/immutable/01285.chunk")


@pytest.fixture(scope="session", autouse=True)
def _environment() -> None:
    build()


def ask(questions: Iterable[tuple[str, Any]]) -> list[Any]:
    """All questions to one process; its answers in order."""
    text = "".join(json.dumps(question) + "\n" for question in questions)
    done = subprocess.run([str(PYTHON), str(JUDGE)], input=text, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def raw_blocks(home: Path) -> Iterator[bytes]:
    for pattern in FILES:
        for path in sorted(home.glob(pattern)):
            raws = [path.read_bytes()] if path.suffix == ".block" else cut(path)
            yield from (raw for raw in raws if raw[1] <= 7)


@cache
def blocks() -> list[tuple[bytes, Block]]:
    """Blocks of the whole collection where it is, else of the data that travels with the project."""
    from tests.conftest import WHOLE_CHAIN

    home = WHOLE_CHAIN if WHOLE_CHAIN.is_dir() else DATA
    return [(raw, decode_block(raw, EVERYTHING)) for raw in raw_blocks(home)]


def txs() -> Iterator[Tx]:
    for _, block in blocks():
        yield from block.txs


def scripts() -> set[Script]:
    found = {script for tx in txs() for script in tx.scripts}
    return found | {one.script for tx in txs() for one in tx.outputs if one.script is not None}


def test_addresses() -> None:
    raws = sorted({one.address for tx in txs() for one in tx.outputs})
    assert len(raws) > 1_000
    disagreements = []
    for raw, said in zip(raws, ask(("address", raw.hex()) for raw in raws), strict=True):
        ours = describe(raw)
        if "error" in said or said["text"] == "None":  # pycardano cannot say a pointer of 219 bytes
            disagreements.append((raw.hex(), said))
            continue
        assert said["text"] == ours.text
        if raw[0] >> 4 != 8:
            assert said["payment"] == (ours.payment_cred and ours.payment_cred.hex())
            assert said["is_script"] == bool(ours.has_script)
            assert said["stake"] == (ours.stake_address and ours.stake_address[1:].hex())
    assert len(disagreements) <= len(raws) // 100, disagreements[:3]


def test_issuers_and_pool_ids() -> None:
    keys = sorted({cbor2.loads(raw)[1][0][0][3] for raw, block in blocks() if block.era >= 2})
    said = ask(("issuer", key.hex()) for key in keys)
    ours = sorted({(block.issuer or b"").hex() for _, block in blocks() if block.era >= 2})
    assert sorted(said) == ours
    assert ask(("pool", digest) for digest in ours) == [pool_id_view(bytes.fromhex(digest)) for digest in ours]


def test_plutus_script_hashes() -> None:
    ours = sorted(script for script in scripts() if script.kind is not ScriptKind.NATIVE)
    assert len(ours) > 20
    said = ask(("plutus", [int(script.kind), script.raw.hex()]) for script in ours)
    assert said == [script.hash.hex() for script in ours]


def test_native_script_hashes() -> None:
    """pycardano encodes a native script anew before it hashes it, so only scripts in shortest form can agree."""
    ours = sorted(s for s in scripts() if s.kind is ScriptKind.NATIVE and cbor2.dumps(cbor2.loads(s.raw)) == s.raw)
    assert len(ours) > 10
    assert ask(("native", script.raw.hex()) for script in ours) == [script.hash.hex() for script in ours]


def test_asset_fingerprints() -> None:
    assets = sorted(
        {asset[:2] for tx in txs() for asset in tx.mint} | {a[:2] for tx in txs() for o in tx.outputs for a in o.assets}
    )
    assert len(assets) > 100
    said = ask(("fingerprint", [policy.hex(), name.hex()]) for policy, name in assets)
    assert said == [asset_fingerprint(policy, name)[1] for policy, name in assets]
