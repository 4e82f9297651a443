"""The protocol's pure functions: golden messages, bytes in any pieces, bytes that are no messages."""

from __future__ import annotations

import contextlib
import csv
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from cbor2 import CBORTag, dumps, loads
from hypothesis import given, settings
from hypothesis import strategies as st

from nectar.cardano.point import ORIGIN, Era, Point
from nectar.decode.envelope import envelope, header_at, outline, quick_header
from nectar.decode.head import Malformed
from nectar.decode.skip import skipper
from nectar.errors import GenesisError, NectarError, SourceError
from nectar.nodeserver.queries import answer
from nectar.sources.node import chain_sync, handshake, mux, state_query
from nectar.sources.node.chain_sync import (
    AwaitMessage,
    BackwardMessage,
    ChainSyncReader,
    ForwardMessage,
    FoundMessage,
    NotFoundMessage,
    Tip,
)
from nectar.sources.node.intersect_points import DENSE, intersect_points
from nectar.sources.node.message import Cutter
from nectar.sources.node.state_query import Bound, EraSummary
from tests.node.forging import PREVIEW, real_blocks

MAINNET, TWO = 764_824_073, 2
ALONZO_END = Point(259_180, bytes.fromhex("0ad91d3bbe350b1cfa05b13dba5263c47c5eca4f97b3a3105eba96416785a487"))
LAST = Tip(Point(1_295_990, bytes.fromhex("acff9c292f679ca2bd321fadd20f89af16d8f36d1b74794f0e97a6fa29fed359")), 59_314)
GOUROBOROS = Tip(Point(55_709_684, bytes.fromhex("1979d7dd2c7211cb7ce393c83aceca09675ec7786741620676e16c3ad3ac8103")), 3_478_323)


# -- golden messages -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def golden(chain: Path) -> dict[str, bytes]:
    """By name; of several with one name the last."""
    found = json.loads((chain / "vectors/messages.json").read_text())
    return {one["name"]: bytes.fromhex(one["hex"]) for one in found}


def test_a_golden_proposal_is_what_we_write(golden: dict[str, bytes]) -> None:
    newer = range(16, 24)
    assert handshake.propose(MAINNET, versions=newer) == golden["hs.propose.mainnet.v16_v23"]
    assert handshake.propose(TWO, versions=newer) == golden["hs.propose.preview.v16_v23"]
    assert handshake.propose(TWO, versions=newer, query=True) == golden["hs.query.preview"]
    assert handshake.versions_reply(TWO, newer) == golden["hs.queryReply.preview"]
    assert handshake.refuse_versions(newer) == golden["hs.refuse.versionMismatch"]
    assert handshake.accept(23, TWO) == golden["hs.accept.v23.preview"]
    assert handshake.accept(16, MAINNET) == golden["hs.accept.v16.mainnet"]


def test_golden_answers_to_a_handshake_are_read(golden: dict[str, bytes]) -> None:
    assert handshake.read_answer(golden["hs.accept.v23.preview"], "preview", TWO) == (23, TWO)
    assert handshake.read_answer(golden["hs.accept.v16.mainnet"], "mainnet", MAINNET) == (16, MAINNET)
    assert handshake.read_versions(golden["hs.queryReply.preview"]) == dict.fromkeys(range(16, 24), TWO)
    assert handshake.read_versions(golden["hs.accept.v23.preview"]) == {23: TWO}
    assert handshake.read_versions(golden["hs.refuse.versionMismatch"]) == dict.fromkeys(range(16, 24), -1)


REFUSALS = (
    ("hs.refuse.versionMismatch", SourceError, "NEC-W005", "it speaks V16 to V23, Nectar V9 to V23"),
    ("hs.refuse.refused", GenesisError, "NEC-W006", "version data mismatch"),
    ("hs.refuse.decodeError", SourceError, "NEC-W007", "unknown encoding"),
    ("hs.accept.v16.mainnet", GenesisError, "NEC-W006", "764824073"),
    ("hs.propose.preview.v16_v23", SourceError, "NEC-W004", "an answer to the offered versions was expected"),
    ("hs.queryReply.preview", SourceError, "NEC-W004", "an answer to the offered versions was expected"),
    ("cs.requestNext", SourceError, "NEC-W004", "an answer to the offered versions was expected"),
)


@pytest.mark.parametrize(("name", "kind", "code", "text"), REFUSALS)
def test_golden_refusals_say_why(name: str, kind: type[NectarError], code: str, text: str, golden: dict[str, bytes]) -> None:
    with pytest.raises(kind) as caught:
        handshake.read_answer(golden[name], "preview", TWO)
    assert (caught.value.code, text in caught.value.what) == (code, True)


FROM_NODE: tuple[tuple[str, chain_sync.Message], ...] = (
    ("cs.awaitReply", AwaitMessage()),
    ("cs.intersectFound", FoundMessage(ALONZO_END, LAST)),
    ("cs.intersectFound.origin", FoundMessage(ORIGIN, LAST)),
    ("cs.intersectNotFound", NotFoundMessage(LAST)),
    ("cs.intersectNotFound.emptyChain", NotFoundMessage(Tip(ORIGIN, 0))),
    ("cs.rollBackward.origin", BackwardMessage(ORIGIN, LAST)),
    ("cs.rollBackward.point", BackwardMessage(ALONZO_END, LAST)),
    ("cs.rollBackward.gouroboros", BackwardMessage(ORIGIN, GOUROBOROS)),
)


@pytest.mark.parametrize(("name", "message"), FROM_NODE)
def test_golden_messages_of_a_node_are_read_and_written(name: str, message: chain_sync.Message, golden: dict[str, bytes]) -> None:
    raw = golden[name]
    assert ChainSyncReader().feed(raw) == [message]
    assert _written(message) == raw


FROM_CLIENT: tuple[tuple[str, chain_sync.Request], ...] = (
    ("cs.requestNext", chain_sync.RequestNext()),
    ("cs.done", chain_sync.DoneMessage()),
    ("cs.findIntersect.origin", chain_sync.FindIntersect((ORIGIN,))),
    ("cs.findIntersect.empty", chain_sync.FindIntersect(())),
    ("cs.findIntersect.definite", chain_sync.FindIntersect((ALONZO_END, ORIGIN))),
    ("cs.findIntersect.indefinite", chain_sync.FindIntersect((ALONZO_END, ORIGIN))),
)


@pytest.mark.parametrize(("name", "request_"), FROM_CLIENT)
def test_golden_messages_of_a_client_are_read(name: str, request_: chain_sync.Request, golden: dict[str, bytes]) -> None:
    assert chain_sync.read_request(golden[name]) == request_


def test_golden_messages_of_a_client_are_what_we_write(golden: dict[str, bytes]) -> None:
    assert golden["cs.requestNext"] == chain_sync.REQUEST_NEXT
    assert golden["cs.done"] == chain_sync.DONE
    assert chain_sync.find_intersect([ORIGIN]) == golden["cs.findIntersect.origin"]
    assert chain_sync.find_intersect([ALONZO_END, ORIGIN]) == golden["cs.findIntersect.definite"]


def test_no_golden_message_of_chain_sync_is_left_out(golden: dict[str, bytes]) -> None:
    told = {name for name, _ in (*FROM_NODE, *FROM_CLIENT)}
    assert {name for name in golden if name.startswith("cs.")} == told


def test_golden_state_queries_are_what_we_write(golden: dict[str, bytes]) -> None:
    shelley_utxo = bytes.fromhex("5526b1373acfc774794a62122f95583ff17febb2ca8a0fe948d097e29cf99099")
    written = {
        "lsq.acquire.point": state_query.acquire(ALONZO_END),
        "lsq.acquire.volatileTip": state_query.acquire(state_query.TIP),
        "lsq.acquire.immutableTip": state_query.acquire(state_query.IMMUTABLE),
        "lsq.acquired": state_query.ACQUIRED,
        "lsq.failure.notOnChain": state_query.FAILED,
        "lsq.release": state_query.RELEASE,
        "lsq.done": state_query.DONE,
        "lsq.query.getSystemStart": state_query.query(state_query.SYSTEM_START),
        "lsq.query.getChainBlockNo": state_query.query(state_query.BLOCK_NO),
        "lsq.query.getChainPoint": state_query.query(state_query.POINT),
        "lsq.query.getInterpreter": state_query.query(state_query.INTERPRETER),
        "lsq.query.getCurrentEra": state_query.query(state_query.CURRENT_ERA),
        "lsq.query.getCurrentPParams.era6": state_query.query(state_query.parameters(6)),
        "lsq.query.getEpochNo.era6": state_query.query(state_query.in_era(6, [1])),
        "lsq.query.getUTxOByTxIn.era6": state_query.query(state_query.utxo_of(6, [(shelley_utxo, 0)])),
    }
    assert {name: raw for name, raw in written.items() if raw != golden[name]} == {}


def test_golden_answers_to_a_question_for_a_state_are_read(golden: dict[str, bytes]) -> None:
    state_query.read_acquired(golden["lsq.acquired"], ALONZO_END)
    for name, told in (("tooOld", "has the state after"), ("notOnChain", "is not on the node's chain")):
        with pytest.raises(SourceError, match=told) as caught:
            state_query.read_acquired(golden[f"lsq.failure.{name}"], ALONZO_END)
        assert caught.value.code == "NEC-W011"
    with pytest.raises(SourceError, match="no answer to the question") as caught:
        state_query.read_acquired(golden["lsq.release"], state_query.TIP)
    assert caught.value.code == "NEC-W004"


def test_golden_answers_to_state_queries_are_read(golden: dict[str, bytes]) -> None:
    def told(name: str) -> bytes:
        return state_query.read_result(golden[f"lsq.result.{name}"])

    assert state_query.read_start(told("systemStart.preview")) == datetime(2022, 10, 25, tzinfo=UTC)
    assert state_query.read_block_no(told("chainBlockNo")) == 59_314
    assert state_query.read_block_no(told("chainBlockNo.origin")) == -1
    assert state_query.read_in_era(told("epochNo.golden")) == 10
    assert state_query.read_eras(told("hardFork.golden")) == GOLDEN_ERAS
    with pytest.raises(SourceError, match="the ledger of Shelley, and the node's is Byron") as caught:
        state_query.read_in_era(told("eraMismatch.golden"))
    assert caught.value.code == "NEC-W011"


GOLDEN_ERAS = (
    EraSummary(Bound(0, 0, 0), Bound(7_000_000_000_000_000, 1_000, 10), 100, 7_000),
    EraSummary(Bound(7_000_000_000_000_000, 1_000, 10), Bound(7_200_000_000_000_000, 1_100, 11), 100, 2_000),
)


@pytest.fixture(scope="module")
def results(chain: Path) -> dict[str, set[bytes]]:
    """Golden results of every version, by name, without those that were cut."""
    found: dict[str, set[bytes]] = {}
    with (chain / "vectors/golden-queries-results.tsv").open(newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            raw = bytes.fromhex(row["hex(<=400 bytes)"])
            if row["file"].startswith("Result_") and len(raw) == int(row["bytes"]):
                found.setdefault(row["file"].removeprefix("Result_"), set()).add(raw)
    return found


ERA_NAMES = ("Shelley", "Allegra", "Mary", "Alonzo", "Babbage", "Conway", "Dijkstra")


def test_golden_results_of_every_version_are_read(results: dict[str, set[bytes]]) -> None:
    assert {state_query.read_eras(raw) for raw in results["HardFork"]} == {GOLDEN_ERAS}
    for era in ERA_NAMES:
        assert {state_query.read_in_era(raw) for raw in results[f"{era}_EpochNo"]} == {10}
        assert all(state_query.read_in_era(raw)[0] == 9 for raw in results[f"{era}_LedgerTip"])
        assert all(state_query.read_point(dumps(state_query.read_in_era(raw))).slot == 9 for raw in results[f"{era}_LedgerTip"])
    for era, other in (("Byron", "Shelley"), ("Shelley", "Byron")):
        for raw in results[f"EraMismatch{era}"]:
            with pytest.raises(SourceError, match=f"the ledger of {other}, and the node's is {era}") as caught:
                state_query.read_in_era(raw)
            assert caught.value.code == "NEC-W011"


def test_every_golden_result_is_one_message(results: dict[str, set[bytes]]) -> None:
    assert len(results) > 40
    for name, raws in results.items():
        for raw in raws:
            message = state_query.result(raw)
            assert Cutter().feed(message) == [message], name
            assert state_query.read_result(message) == raw


def test_the_eras_that_our_server_tells_are_read() -> None:
    told = answer(state_query.INTERPRETER, PREVIEW, Tip(ORIGIN, 0))
    assert told is not None
    eras = state_query.read_eras(told)
    history = PREVIEW.history
    for one in eras:
        if one.end is not None and one.end.slot == one.start.slot:
            continue
        slot = one.start.slot + 5
        assert one.picoseconds_of(slot) == history.microseconds_of(slot) * 1_000_000
        assert one.epoch_of(slot) == history.epoch_of(slot)
    assert eras[-1].end is None


# -- blocks on the wire ----------------------------------------------------------------------------------------------

ROLLED = (
    "byron_ebb_testnet_8f8602837f7c6f8b8867dd1cbc1842cf51a27eaed2c70ef48325d00f8efb320f",
    "byron_main_block_testnet_f38aa5e8cf0b47d1ffa8b2385aa2d43882282db2ffd5ac0e3dadec1a6f2ecf08",
    "shelley_block_testnet_02b1c561715da9e540411123a6135ee319b02f60b9a11a603d3305556c04329f",
)


def _hex(file: Path) -> bytes:
    return bytes.fromhex("".join(file.read_text().split()))


@pytest.mark.parametrize("name", ROLLED)
def test_a_recorded_roll_forward_holds_its_block(name: str, chain: Path) -> None:
    message = _hex(chain / f"wire/rollforward_ntc_{name}.hex")
    (forward,) = ChainSyncReader().feed(message)
    assert isinstance(forward, ForwardMessage)
    assert quick_header(forward.raw).hash.hex() == name.rpartition("_")[2]
    alone = chain / f"wire/{name}.hex"
    if alone.exists():
        assert _body(forward.raw) == _body(_hex(alone))
    tag = loads(message)
    assert chain_sync.forward(forward.raw, dumps(tag[2])) == message
    assert forward.raw == tag[1].value


def _body(raw: bytes) -> bytes:
    """A block without its era tag, where it has one."""
    return raw[2:] if raw[:1] == b"\x82" else raw


@pytest.mark.parametrize("name", [ROLLED[0], ROLLED[2]])
def test_what_nodes_say_to_each_other_is_told_from_what_they_say_to_us(name: str, chain: Path) -> None:
    """A recorded roll forward of Node-to-Node: a header in place of the block. Somebody named the wrong port."""
    with pytest.raises(SourceError, match="not its TCP port for other nodes") as caught:
        ChainSyncReader().feed(_hex(chain / f"wire/rollforward_ntn_{name}.hex"))
    assert caught.value.code == "NEC-W004"


def test_no_recorded_message_is_left_out(chain: Path) -> None:
    """Two are of Node-to-Node; those that are no message are the blocks of two of the others."""
    kinds = {"rollforward_ntc": 3, "rollforward_ntn": 2, "byron_main": 1, "shelley_block": 1}
    files = [file.name for file in (chain / "wire").glob("*.hex")]
    assert {kind: sum(name.startswith(kind) for name in files) for kind in kinds} == kinds
    assert len(files) == sum(kinds.values())


def test_every_recorded_roll_forward_is_tested(chain: Path) -> None:
    assert {file.stem.removeprefix("rollforward_ntc_") for file in (chain / "wire").glob("rollforward_ntc_*.hex")} == set(ROLLED)


def test_the_quick_header_of_every_block_is_the_header(chain: Path) -> None:
    seen = set()
    for file in sorted((chain / "blocks").glob("*.block")):
        raw = file.read_bytes()
        shape = outline(raw, 0, skipper(raw))
        if shape.era_tag > Era.CONWAY:
            continue
        quick = quick_header(raw)
        slow = header_at(raw, shape.era_tag, *shape.header)
        assert quick._replace(body_hash=None) == slow._replace(body_hash=None), file.name
        assert (quick.era_tag, *quick[1:5]) == tuple(envelope(raw)), file.name
        slot, _, digest = file.stem.split(".")
        assert (quick.slot, quick.hash.hex()[:16]) == (int(slot), digest)
        seen.add(shape.era_tag)
    assert seen == set(Era)


def test_a_header_cut_short_is_malformed_and_nothing_else(chain: Path) -> None:
    for raw in _small_blocks(chain):
        for end in range(len(raw[:1_200])):
            with contextlib.suppress(Malformed):
                assert quick_header(raw[:end]) == quick_header(raw)


# -- bytes in pieces -------------------------------------------------------------------------------------------------


def _small_blocks(chain: Path) -> list[bytes]:
    """The smallest block of each era, and the three first of preview."""
    found: dict[int, bytes] = {}
    for file in sorted((chain / "blocks").glob("*.block"), key=lambda file: file.stat().st_size):
        raw = file.read_bytes()
        found.setdefault(raw[1], raw)
    return [
        *(raw for tag, raw in found.items() if tag <= Era.CONWAY),
        *(one.raw for one in real_blocks(chain / "preview/immutable", 0, 60)),
    ]


@pytest.fixture(scope="module")
def talk(chain: Path) -> list[chain_sync.Message]:
    """A node's messages of every kind, blocks of every size that has a head of its own."""
    blocks = [block for block in _small_blocks(chain) if len(block) < 1_500]
    made = [ForwardMessage(bytes(length), LAST) for length in (0, 1, 23, 24, 25, 255, 256, 257)]
    return [
        NotFoundMessage(Tip(ORIGIN, 0)),
        FoundMessage(ALONZO_END, LAST),
        BackwardMessage(ALONZO_END, LAST),
        *(ForwardMessage(block, LAST) for block in blocks[:2]),
        AwaitMessage(),
        *made,
        BackwardMessage(ORIGIN, GOUROBOROS),
        ForwardMessage(blocks[-1], GOUROBOROS),
        ForwardMessage(b"", Tip(ORIGIN, 0)),
        ForwardMessage(blocks[-2], Tip(ORIGIN, 0)),
        AwaitMessage(),
    ]


def _written(message: chain_sync.Message) -> bytes:
    """By what our server writes with."""
    match message:
        case ForwardMessage(raw, tip):
            return chain_sync.forward(raw, chain_sync.tip_bytes(tip))
        case BackwardMessage(point, tip):
            return chain_sync.backward(point, chain_sync.tip_bytes(tip))
        case FoundMessage(point, tip):
            return chain_sync.intersect_found(point, chain_sync.tip_bytes(tip))
        case NotFoundMessage(tip):
            return chain_sync.intersect_not_found(chain_sync.tip_bytes(tip))
    return chain_sync.AWAIT_REPLY


def _read(pieces: Iterator[bytes]) -> list[chain_sync.Message]:
    demux, reader = mux.Demux(frozenset((mux.CHAIN_SYNC, mux.STATE_QUERY))), ChainSyncReader()
    found: list[chain_sync.Message] = []
    for piece in pieces:
        demux.feed(piece)
        found += reader.feed(demux.take(mux.CHAIN_SYNC))
    assert not demux.within
    assert not reader.within
    return found


def _cut(data: bytes, *ats: int) -> Iterator[bytes]:
    for start, end in zip((0, *ats), (*ats, len(data)), strict=True):
        yield data[start:end]


def _segment(payload: bytes, *, most: int = 12_288) -> bytes:
    return mux.segments(mux.CHAIN_SYNC, payload, responder=True, most=most)


def test_messages_cut_anywhere_are_the_same_messages(talk: list[chain_sync.Message]) -> None:
    for message in talk:
        data = _segment(_written(message))
        for at in range(len(data) + 1):
            assert _read(_cut(data, at)) == [message], at


def test_messages_come_through_byte_by_byte(talk: list[chain_sync.Message]) -> None:
    data = b"".join(_segment(_written(message)) for message in talk)
    assert _read(bytes((byte,)) for byte in data) == talk


@pytest.mark.parametrize("most", [1, 2, 7, 100, 1_000, 12_288, mux.MOST])
def test_messages_come_through_in_segments_of_any_size(most: int, talk: list[chain_sync.Message]) -> None:
    data = _segment(b"".join(map(_written, talk)), most=most)
    assert _read(iter([data])) == talk
    assert _read(_cut(data, *range(5, len(data), 4_099))) == talk


def test_several_messages_in_one_segment_cut_anywhere_are_the_same(talk: list[chain_sync.Message]) -> None:
    few = [one for one in talk if len(_written(one)) < 120]
    assert len(few) > 8
    data = _segment(b"".join(map(_written, few)))
    for at in range(len(data) + 1):
        assert _read(_cut(data, at)) == few


def test_protocols_that_share_segments_are_told_apart(talk: list[chain_sync.Message]) -> None:
    demux, reader, cutter = mux.Demux(frozenset((mux.CHAIN_SYNC, mux.STATE_QUERY))), ChainSyncReader(), Cutter()
    found: list[chain_sync.Message] = []
    answers: list[bytes] = []
    query = state_query.result(dumps([bytes(5_000), "x" * 300]))
    for message in talk:
        raw = _written(message)
        half = len(raw) // 2
        demux.feed(_segment(raw[:half]) if half else b"")
        demux.feed(mux.segments(mux.STATE_QUERY, query[:4_000], responder=True))
        demux.feed(_segment(raw[half:]))
        demux.feed(mux.segments(mux.STATE_QUERY, query[4_000:], responder=True, most=10))
        found += reader.feed(demux.take(mux.CHAIN_SYNC))
        answers += cutter.feed(demux.take(mux.STATE_QUERY))
    assert found == talk
    assert answers == [query] * len(talk)


@pytest.mark.parametrize("length", [0, 1, 23, 24, 255, 256, 65_535, 65_536, 200_000])
def test_blocks_of_any_length_go_there_and_back(length: int) -> None:
    block = ForwardMessage(bytes(length), LAST)
    raw = _written(block)
    assert raw == dumps([2, CBORTag(24, bytes(length)), [[*LAST.point], LAST.block_no]])
    assert _read(iter([_segment(raw) * 3])) == [block] * 3


def test_answers_cut_anywhere_are_the_same_answers(golden: dict[str, bytes]) -> None:
    answers = [raw for name, raw in golden.items() if name.startswith(("lsq.", "hs."))]
    data = b"".join(answers)
    for at in range(0, len(data) + 1, 3):
        cutter = Cutter()
        assert cutter.feed(data[:at]) + cutter.feed(data[at:]) == answers
    cutter = Cutter()
    assert [found for byte in data for found in cutter.feed(bytes((byte,)))] == answers
    assert not cutter.within


def test_a_reader_knows_that_it_is_within_a_message(talk: list[chain_sync.Message]) -> None:
    for message in talk:
        raw = _written(message)
        for at in range(1, len(raw)):
            reader = ChainSyncReader()
            assert (reader.feed(raw[:at]), reader.within) == ([], True)


# -- round trips -----------------------------------------------------------------------------------------------------

slots = st.integers(0, (1 << 63) - 1)
points = st.builds(Point, slots, st.binary(min_size=32, max_size=32)) | st.just(ORIGIN)
tips = st.builds(Tip, points, st.integers(0, 1 << 40))
messages: st.SearchStrategy[chain_sync.Message] = (
    st.builds(ForwardMessage, st.binary(max_size=300), tips)
    | st.builds(BackwardMessage, points, tips)
    | st.builds(FoundMessage, points, tips)
    | st.builds(NotFoundMessage, tips)
    | st.just(AwaitMessage())
)


@given(st.lists(messages, max_size=6), st.lists(st.integers(0, 2_000), max_size=4), st.integers(1, 500))
def test_what_a_server_writes_is_read(told: list[chain_sync.Message], ats: list[int], most: int) -> None:
    data = b"".join(_segment(_written(message), most=most) for message in told)
    assert _read(_cut(data, *sorted(min(at, len(data)) for at in ats))) == told


@given(st.lists(points, max_size=8))
def test_what_a_client_asks_is_read(asked: list[Point]) -> None:
    assert chain_sync.read_request(chain_sync.find_intersect(asked)) == chain_sync.FindIntersect(tuple(asked))


@pytest.mark.parametrize("version", handshake.VERSIONS)
def test_every_version_is_proposed_and_accepted(version: int) -> None:
    query = version > handshake.MAGIC_ALONE
    assert handshake.read_proposal(handshake.propose(TWO, versions=[version])) == {version: (TWO, False)}
    assert handshake.read_proposal(handshake.propose(TWO, versions=[version], query=True)) == {version: (TWO, query)}
    assert handshake.read_answer(handshake.accept(version, TWO), "preview", TWO) == (version, TWO)


def test_a_proposal_offers_9_to_23_in_order_and_the_best_is_taken() -> None:
    raw = handshake.propose(MAINNET)
    kind, table = loads(raw)
    assert kind == 0
    assert list(table) == [0x8000 | version for version in range(9, 24)]
    assert [table[0x8000 | version] for version in (9, 14, 15, 23)] == [MAINNET, MAINNET, [MAINNET, False], [MAINNET, False]]
    offered = handshake.read_proposal(raw)
    assert handshake.best(offered) == 23
    assert handshake.best(dict.fromkeys((4, 12, 99), (2, False))) == 12
    assert handshake.best({99: (2, False)}) is None
    assert len(raw) <= 5_760


@pytest.mark.parametrize("version", [1, 8, 24, 99])
def test_an_accepted_version_that_was_not_offered_is_refused(version: int) -> None:
    with pytest.raises(SourceError, match=f"accepts version {version}, which was not offered") as caught:
        handshake.read_answer(handshake.accept(version, TWO), "preview", TWO)
    assert caught.value.code == "NEC-W004"


SPOKEN: tuple[tuple[list[int], str], ...] = (
    ([], "none"),
    ([8], "V8"),
    ([24, 25, 26], "V24 to V26"),
    ([1, 2, 5], "V1, V2, V5"),
)


@pytest.mark.parametrize(("theirs", "text"), SPOKEN)
def test_a_refusal_of_versions_names_those_of_the_node(theirs: list[int], text: str) -> None:
    with pytest.raises(SourceError, match=f"it speaks {text}, Nectar V9 to V23") as caught:
        handshake.read_answer(handshake.refuse_versions(theirs), "preview", TWO)
    assert caught.value.code == "NEC-W005"


# -- bytes that are no messages --------------------------------------------------------------------------------------


def _hostile(read: Callable[[], object]) -> None:
    """Whatever is read is read, waits for more, or is said to break the protocol."""
    try:
        read()
    except SourceError as error:
        assert error.code == "NEC-W004"
        assert error.hint


@given(st.binary(max_size=400))
@settings(max_examples=500)
def test_any_bytes_are_segments_or_a_violation(data: bytes) -> None:
    _hostile(lambda: _feed([data]))


@given(st.lists(st.binary(min_size=1, max_size=60), max_size=6))
@settings(max_examples=500)
def test_any_bytes_in_segments_are_messages_or_a_violation(payloads: list[bytes]) -> None:
    _hostile(lambda: _feed([_segment(payload) for payload in payloads]))


@given(
    st.lists(messages, min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 255)), max_size=4),
    st.booleans(),
)
@settings(max_examples=500)
def test_mutated_messages_are_messages_or_a_violation(
    told: list[chain_sync.Message], changes: list[tuple[int, int]], in_head: bool
) -> None:
    payload = b"".join(map(_written, told))
    data = bytearray(_segment(payload) if in_head else payload)
    for at, byte in changes:
        data[at % len(data)] = byte
    _hostile(lambda: _feed([bytes(data) if in_head else _segment(bytes(data))]))


def _feed(pieces: Sequence[bytes]) -> None:
    demux, reader = mux.Demux(frozenset((mux.CHAIN_SYNC, mux.STATE_QUERY))), ChainSyncReader()
    for piece in pieces:
        demux.feed(piece)
        reader.feed(demux.take(mux.CHAIN_SYNC))


cbor_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 70), 1 << 70) | st.binary(max_size=40) | st.text(max_size=8) | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.integers(0, 1 << 17) | st.text(max_size=3), inner, max_size=3)
        | st.builds(CBORTag, st.integers(0, 300), inner)
    ),
    max_leaves=12,
)
READERS: tuple[Callable[[bytes], Any], ...] = (
    partial(handshake.read_answer, network="preview", magic=TWO),
    handshake.read_proposal,
    handshake.read_versions,
    chain_sync.read_request,
    lambda raw: ChainSyncReader().feed(raw),
    partial(state_query.read_acquired, at=state_query.TIP),
    state_query.read_result,
    state_query.read_eras,
    state_query.read_start,
    state_query.read_point,
    state_query.read_block_no,
    state_query.read_current_era,
    state_query.read_in_era,
)
DESIGNED = {"NEC-W004", "NEC-W005", "NEC-W006", "NEC-W007", "NEC-W011"}


def _designed(read: Callable[[bytes], Any], raw: bytes) -> None:
    try:
        read(raw)
    except NectarError as error:
        assert error.code in DESIGNED


shapes = st.sampled_from(
    [
        [0, {0x8017: [2, False]}],
        [1, 0x8017, [2, False]],
        [2, [0, [0x8010, 0x8011]]],
        [2, [2, 0x8017, "no"]],
        [3, {0x8017: [2, False]}],
        [2, CBORTag(24, b"x"), [[1, bytes(32)], 1]],
        [3, [1, bytes(32)], [[1, bytes(32)], 1]],
        [4, [[1, bytes(32)], []]],
        [2, 0],
        [[[0, 0, 0], None, [100, 1000, [0, 20, [0]], 20]]],
        [2022, 298, 0],
        [1, bytes(32)],
        [1, 5],
        [[1, "Shelley"], [0, "Byron"]],
    ]
)


def _replaced(shape: Any, place: int, value: Any) -> Any:
    """The shape with one of its parts, however deep, another value."""
    count = 0

    def walk(part: Any) -> Any:
        nonlocal count
        count += 1
        if count == place + 1:
            return value
        if isinstance(part, list):
            return [walk(one) for one in part]
        if isinstance(part, dict):
            return {key: walk(one) for key, one in part.items()}
        return CBORTag(part.tag, walk(part.value)) if isinstance(part, CBORTag) else part

    return walk(shape)


@pytest.mark.parametrize("read", READERS, ids=lambda read: getattr(getattr(read, "func", read), "__name__", "reader"))
@given(cbor_values.map(dumps) | st.binary(max_size=60) | st.builds(_replaced, shapes, st.integers(0, 9), cbor_values).map(dumps))
@settings(max_examples=400)
def test_every_reader_reads_or_says_what_is_wrong(read: Callable[[bytes], Any], raw: bytes) -> None:
    _designed(read, raw)


ODD = (
    ("a thing that cannot be a key", "a1a18000"),
    ("a date that is none", "c06178"),
    ("a time beyond all calendars", "c11bffffffffffffffff"),
    ("a rational over zero", "d81e820100"),
    ("a decimal that is none", "c48261786178"),
    ("a shared value that never was", "d81d1903e8"),
    ("text that is no UTF-8", "61ff"),
    ("a set of lists", "d9010281818000"),
    ("an address that is none", "d9010443010203"),
    ("a regular expression that is none", "d8236128"),
    ("a UUID that is none", "d82541 00".replace(" ", "")),
    ("a MIME message that is none", "d8246178"),
)


@pytest.mark.parametrize(("what", "item"), ODD, ids=[what for what, _ in ODD])
@pytest.mark.parametrize("head", ["", "81", "8302", "8301198017", "8202", "8203"])
def test_odd_items_in_messages_are_violations(what: str, item: str, head: str) -> None:
    for read in READERS:
        _designed(read, bytes.fromhex(head + item))


def test_versions_far_apart_are_not_counted_one_by_one() -> None:
    _designed(READERS[0], dumps([2, [0, [0x8000, 0x8000 | 1 << 60]]]))
    _designed(READERS[0], dumps([2, [0, [0x8000, 0x8000 | 1 << 80]]]))


@pytest.mark.parametrize("year", [0, -1, 10_000, 1 << 40, 1 << 80])
def test_a_system_start_beyond_the_calendar_is_a_violation(year: int) -> None:
    for value in ([year, 1, 0], [2022, year << 20, 0], [2022, 1, year << 90]):
        _designed(state_query.read_start, dumps(value))


@pytest.mark.parametrize("length", [None, "x", [], float("inf")])
def test_a_slot_length_that_is_no_number_is_a_violation(length: object) -> None:
    _designed(state_query.read_eras, dumps([[[0, 0, 0], None, [100, length]]]))


@pytest.mark.parametrize("depth", [1_000, 100_000])
def test_an_item_of_any_depth_is_a_violation(depth: int) -> None:
    for read in READERS:
        _designed(read, b"\x81" * depth + b"\x00")


HEADS = (
    ("an empty segment", "000000008005 0000", "an empty segment of chain-sync"),
    ("our own direction", "000000000005 0001", "protocol 5 \\(chain-sync\\), marked as a client's"),
    ("transactions", "000000008006 0001", "protocol 6 \\(tx-submission\\), marked as the node's"),
    ("a protocol of nodes", "000000008002 0001", "protocol 2, which is none"),
    ("HTTP", b"HTTP/1.1 400 Bad Request".hex(), "which is none"),
)


@pytest.mark.parametrize(("what", "head", "told"), HEADS, ids=[what for what, _, _ in HEADS])
def test_a_segment_that_cannot_be_is_refused_by_its_head_alone(what: str, head: str, told: str) -> None:
    raw = bytes.fromhex(head.replace(" ", ""))
    demux = mux.Demux(frozenset((mux.CHAIN_SYNC, mux.STATE_QUERY)))
    demux.feed(raw[:7])
    with pytest.raises(SourceError, match=told) as caught:
        demux.feed(raw[7:8])
    assert caught.value.code == "NEC-W004"
    assert raw[:8].hex() in caught.value.what


MEGABYTE = 1 << 20
BEYOND_REASON = (
    ("a string", b"\x81\x5b\x00\x00\x00\x7f\xff\xff\xff\xff"),
    ("a list", b"\x9b\x00\x00\x00\x7f\xff\xff\xff\xff"),
    ("a tip", b"\x83\x02\xd8\x18\x59\x00\x01\x00\x5b\x00\x00\x00\x7f\xff\xff\xff\xff"),
    ("a block", b"\x83\x02\xd8\x18\x5a\xff\xff\xff\xff"),
)


def _grows(begins: bytes) -> None:
    reader = ChainSyncReader()
    reader.feed(begins)
    for _ in range(6):
        reader.feed(bytes(16 * MEGABYTE))


@pytest.mark.parametrize("begins", [case[1] for case in BEYOND_REASON], ids=[case[0] for case in BEYOND_REASON])
def test_a_message_that_grows_beyond_all_reason_is_refused(begins: bytes) -> None:
    with pytest.raises(SourceError) as caught:
        _grows(begins)
    assert caught.value.code == "NEC-W004"


# -- the ladder ------------------------------------------------------------------------------------------------------


def _chain_of(count: int) -> list[Point]:
    return [Point(at * 20, at.to_bytes(32, "big")) for at in range(count)]


@pytest.mark.parametrize("count", [0, 1, 2, 23, 24, 25, 26, 27, 28, 29, 60, 432, 2_160, 20_000, 1_000_000])
def test_a_ladder_is_newest_first_dense_bounded_and_reaches_down(count: int) -> None:
    known = _chain_of(count)
    rungs = intersect_points(known)
    assert rungs == sorted(set(rungs), reverse=True)
    assert set(rungs) <= set(known)
    assert rungs[:DENSE] == known[::-1][:DENSE]
    assert len(rungs) <= 130
    if known:
        assert (rungs[0], rungs[-1]) == (known[-1], known[0])
    steps = [upper.slot - lower.slot for upper, lower in pairwise(rungs)]
    assert all(after <= 2 * before for before, after in pairwise(steps[:-1]) if before >= 80)


@given(st.lists(points, max_size=200))
def test_a_ladder_does_not_mind_the_order_or_repeats(known: list[Point]) -> None:
    rungs = intersect_points([*known, *known])
    assert len(rungs) == len(set(rungs))
    assert {point.slot for point in rungs} == {point.slot for point in intersect_points(known[::-1])}
    assert [point.slot for point in rungs] == sorted((point.slot for point in rungs), reverse=True)
