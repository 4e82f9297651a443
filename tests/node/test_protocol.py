"""The protocol as bytes: golden messages, messages cut anywhere, and whatever may come instead."""

from __future__ import annotations

import ast
import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cbor2 import CBORTag, dumps, loads
from hypothesis import given, settings
from hypothesis import strategies as st

from nectar.cardano.point import ORIGIN, Point
from nectar.decode.envelope import envelope, quick_header
from nectar.errors import NetworkError, SourceError
from nectar.sources.node import chain_sync, handshake, mux, state_query
from nectar.sources.node.chain_sync import Await, Backward, FindIntersect, Forward, Found, NotFound, Reader, Tip
from nectar.sources.node.ladder import ladder
from nectar.sources.node.message import Cutter

TIP = Tip(Point(7, bytes(range(32))), 5)
MESSAGES = (
    chain_sync.forward(b"\x82\x02" + bytes(300), chain_sync.tip_bytes(TIP)),
    chain_sync.backward(ORIGIN, chain_sync.tip_bytes(TIP)),
    chain_sync.forward(b"\x82\x02" + bytes(40), chain_sync.tip_bytes(TIP)),
    chain_sync.AWAIT_REPLY,
    chain_sync.forward(b"\x82\x02" + bytes(70_000), chain_sync.tip_bytes(Tip(Point(8, bytes(32)), 6))),
    chain_sync.found(TIP.point, chain_sync.tip_bytes(TIP)),
    chain_sync.not_found(chain_sync.tip_bytes(Tip(ORIGIN, 0))),
)
READ = (
    Forward(b"\x82\x02" + bytes(300), TIP),
    Backward(ORIGIN, TIP),
    Forward(b"\x82\x02" + bytes(40), TIP),
    Await(),
    Forward(b"\x82\x02" + bytes(70_000), Tip(Point(8, bytes(32)), 6)),
    Found(TIP.point, TIP),
    NotFound(Tip(ORIGIN, 0)),
)


@pytest.fixture(scope="module")
def golden(chain: Path) -> dict[str, Any]:
    return {one["name"]: one for one in json.loads((chain / "vectors/messages.json").read_text())}


def as_point(value: list[Any]) -> Point:
    return Point(*value) if value else ORIGIN


def test_golden_chain_sync_messages_are_read(golden: dict[str, Any]) -> None:
    seen = 0
    for name, one in golden.items():
        if not name.startswith("cs."):
            continue
        seen += 1
        raw, said = bytes.fromhex(one["hex"]), ast.literal_eval(one["decoded"])
        kind = {1: Await, 3: Backward, 5: Found, 6: NotFound}.get(said[0])
        if kind is None:
            request = chain_sync.read_request(raw)
            if said[0] == 4:
                assert request == FindIntersect(tuple(as_point(point) for point in said[1]))
            continue
        (found,) = Reader().feed(raw)
        assert type(found) is kind
        if isinstance(found, Backward | Found):
            assert (found.point, found.tip) == (as_point(said[1]), Tip(as_point(said[2][0]), said[2][1]))
        if isinstance(found, NotFound):
            assert found.tip == Tip(as_point(said[1][0]), said[1][1])
    assert seen >= 14


def test_golden_handshakes_are_read_and_written(golden: dict[str, Any]) -> None:
    def raw(name: str) -> bytes:
        return bytes.fromhex(golden[name]["hex"])

    modern = range(16, 24)
    assert handshake.propose(764824073, versions=modern) == raw("hs.propose.mainnet.v16_v23")
    assert handshake.propose(2, versions=modern) == raw("hs.propose.preview.v16_v23")
    assert handshake.propose(2, query=True, versions=modern) == raw("hs.query.preview")
    assert handshake.read_answer(raw("hs.accept.v23.preview"), "preview", 2) == (23, 2)
    assert handshake.read_answer(raw("hs.accept.v16.mainnet"), "mainnet", 764824073) == (16, 764824073)
    assert handshake.read_versions(raw("hs.queryReply.preview")) == dict.fromkeys(modern, 2)
    with pytest.raises(SourceError, match="V16 to V23") as caught:
        handshake.read_answer(raw("hs.refuse.versionMismatch"), "preview", 2)
    assert caught.value.code == "NEC-W005"
    with pytest.raises(NetworkError, match="preview") as other:
        handshake.read_answer(raw("hs.refuse.refused"), "preview", 2)
    assert other.value.code == "NEC-W006"
    with pytest.raises(SourceError, match="unknown encoding") as refused:
        handshake.read_answer(raw("hs.refuse.decodeError"), "preview", 2)
    assert refused.value.code == "NEC-W007"


def test_all_versions_are_offered_in_order_each_in_its_own_form() -> None:
    _, table = loads(handshake.propose(2))
    assert list(table) == [0x8000 + version for version in range(9, 24)]
    assert {version & 0xFF: data for version, data in table.items()} == {v: 2 if v <= 14 else [2, False] for v in range(9, 24)}
    assert handshake.read_proposal(handshake.propose(2)) == dict.fromkeys(range(9, 24), (2, False))
    assert handshake.best(handshake.read_proposal(handshake.propose(2))) == 23
    assert handshake.best({}) is None


def test_golden_state_queries_are_written_and_read(golden: dict[str, Any]) -> None:
    def raw(name: str) -> bytes:
        return bytes.fromhex(golden[f"lsq.{name}"]["hex"])

    assert state_query.query(state_query.SYSTEM_START) == raw("query.getSystemStart")
    assert state_query.query(state_query.BLOCK_NO) == raw("query.getChainBlockNo")
    assert state_query.query(state_query.POINT) == raw("query.getChainPoint")
    assert state_query.query(state_query.INTERPRETER) == raw("query.getInterpreter")
    assert state_query.query(state_query.CURRENT_ERA) == raw("query.getCurrentEra")
    assert state_query.query(state_query.parameters(6)) == raw("query.getCurrentPParams.era6")
    asked = raw("query.getUTxOByTxIn.era6")
    names = loads(asked)[1][1][1][1][1]
    pairs = [(bytes(tx_hash), at) for tx_hash, at in (names.value if isinstance(names, CBORTag) else names)]
    assert state_query.query(state_query.utxo_of(6, pairs)) == asked
    assert state_query.acquire(state_query.TIP) == raw("acquire.volatileTip")
    assert state_query.acquire(state_query.IMMUTABLE) == raw("acquire.immutableTip")
    assert raw("release") == state_query.RELEASE
    assert state_query.read_block_no(state_query.read_result(raw("result.chainBlockNo"))) == 59_314
    assert state_query.read_block_no(state_query.read_result(raw("result.chainBlockNo.origin"))) == -1
    assert state_query.read_in_era(state_query.read_result(raw("result.epochNo.golden"))) == 10
    state_query.read_acquired(raw("acquired"), state_query.TIP)
    for name, words in (("failure.tooOld", "no more"), ("failure.notOnChain", "not on the node's chain")):
        with pytest.raises(SourceError, match=words):
            state_query.read_acquired(raw(name), state_query.TIP)
    with pytest.raises(SourceError, match="Shelley"):
        state_query.read_in_era(state_query.read_result(raw("result.eraMismatch.golden")))


def test_messages_off_the_wire(chain: Path) -> None:
    """Complete roll forwards; a file's name has its block's hash."""
    seen = compared = 0
    for file in sorted((chain / "wire").glob("rollforward_ntc_*.hex")):
        seen += 1
        (message,) = Reader().feed(bytes.fromhex(file.read_text().strip()))
        assert isinstance(message, Forward)
        digest = re.findall(r"[0-9a-f]{64}", file.name)[0]
        assert quick_header(message.raw).hash.hex() == digest
        for alone in (chain / "wire").glob(f"[bs]*_block_testnet_{digest}.hex"):
            assert message.raw.endswith(bytes.fromhex(alone.read_text().strip()))
            compared += 1
        assert message.tip.block_no > 0
    assert (seen, compared) == (3, 2)


def test_headers_are_read_quickly_as_they_are_read_slowly(chain: Path) -> None:
    seen = 0
    for file in (chain / "blocks").glob("*.block"):
        raw = file.read_bytes()
        if raw[1] > 7:
            continue
        seen += 1
        quick, slow = quick_header(raw), envelope(raw)
        assert (quick.era_tag, quick.slot, quick.block_no, quick.hash, quick.prev_hash) == tuple(slow)
    assert seen > 250


@pytest.mark.parametrize("most", [1, 7, 300, 12_288, 65_535])
def test_messages_come_whole_however_they_are_cut_into_segments(most: int) -> None:
    wire = b"".join(mux.segments(mux.CHAIN_SYNC, message, responder=True, most=most) for message in MESSAGES[:4 if most < 300 else 7])
    reader, demux = Reader(), mux.Demux(frozenset((mux.CHAIN_SYNC,)))
    demux.feed(wire)
    found = reader.feed(demux.take(mux.CHAIN_SYNC))
    assert tuple(found) == READ[: len(found)]
    assert len(found) == (4 if most < 300 else 7)
    assert not reader.within
    assert not demux.within


def test_messages_come_whole_wherever_the_bytes_are_parted() -> None:
    wire = b"".join(mux.segments(mux.CHAIN_SYNC, message, responder=True) for message in MESSAGES[:4])
    for cut in range(len(wire) + 1):
        reader, demux = Reader(), mux.Demux(frozenset((mux.CHAIN_SYNC,)))
        found: list[Any] = []
        for piece in (wire[:cut], wire[cut:]):
            demux.feed(piece)
            found += reader.feed(demux.take(mux.CHAIN_SYNC))
        assert tuple(found) == READ[:4]


def test_messages_come_whole_byte_by_byte_and_many_at_once() -> None:
    joined = b"".join(MESSAGES[:4])
    reader, cutter = Reader(), Cutter()
    assert tuple(one for byte in joined for one in reader.feed(bytes((byte,)))) == READ[:4]
    assert [one for byte in joined for one in cutter.feed(bytes((byte,)))] == list(MESSAGES[:4])
    assert tuple(Reader().feed(b"".join(MESSAGES))) == READ


def patient(work: Callable[[], object]) -> None:
    """It gives messages, waits for more bytes, or says that this is not the protocol; nothing else."""
    try:
        work()
    except SourceError as error:
        assert error.code == "NEC-W004"


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_messages_or_an_error(data: bytes) -> None:
    demux = mux.Demux(frozenset((mux.CHAIN_SYNC, mux.STATE_QUERY)))
    patient(lambda: demux.feed(data))
    patient(lambda: Reader().feed(data))
    patient(lambda: Cutter().feed(data))
    for read in (chain_sync.read_request, handshake.read_proposal, state_query.read_eras, state_query.read_start, state_query.read_point):
        patient(lambda read=read: read(data))  # type: ignore[misc]


@pytest.mark.parametrize("seed", range(20))
def test_messages_with_a_byte_changed_are_messages_or_an_error(seed: int) -> None:
    dice = random.Random(seed)
    for message in MESSAGES[:4]:
        for _ in range(50):
            changed = bytearray(message)
            changed[dice.randrange(min(len(changed), 60))] = dice.randrange(256)
            patient(lambda changed=changed: Reader().feed(bytes(changed)))  # type: ignore[misc]


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"\0\0\0\0\x80\x05\0\0", "empty segment"),
        (b"\0\0\0\0\x00\x05\0\x02\x81\x00", "marked as a client's"),
        (b"\0\0\0\0\x80\x02\0\x02\x81\x00", "protocol 2, which is none"),
        (b"HTTP/1.1 400 Bad Request", "which is none"),
    ],
)
def test_segments_that_cannot_be(head: bytes, words: str) -> None:
    with pytest.raises(SourceError, match=words) as caught:
        mux.Demux(frozenset((mux.CHAIN_SYNC,))).feed(head)
    assert caught.value.code == "NEC-W004"
    assert head[:8].hex() in caught.value.what


@pytest.mark.parametrize("count", [0, 1, 2, 24, 25, 100, 250, 10_000])
def test_a_ladder_is_dense_at_its_top_and_reaches_its_foot(count: int) -> None:
    points = [Point(slot, slot.to_bytes(32, "big")) for slot in range(count)]
    found = ladder(reversed(points))
    assert found == sorted(found, reverse=True)
    assert found[:24] == points[::-1][:24]
    assert len(found) <= 100
    if count:
        assert (found[0], found[-1]) == (points[-1], points[0])


def test_answers_that_are_none() -> None:
    for nothing in (dumps({}), dumps([[]]), dumps("x"), dumps(None)):
        with pytest.raises(SourceError):
            state_query.read_eras(nothing)
        with pytest.raises(SourceError):
            state_query.read_parameters(nothing)
        with pytest.raises(SourceError):
            state_query.read_utxo(nothing)
