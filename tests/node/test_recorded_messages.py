"""Messages and blocks that others recorded: each is read, and ours are written as theirs."""

from __future__ import annotations

import contextlib
import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cbor2 import dumps, loads

from nectar.cardano.point import ORIGIN, Era
from nectar.decode.envelope import envelope, header_at, outline, quick_header
from nectar.decode.head import Malformed
from nectar.decode.skip import skipper
from nectar.errors import GenesisError, NectarError, SourceError
from nectar.nodeserver.queries import answer
from nectar.sources.node import chain_sync, handshake, state_query
from nectar.sources.node.chain_sync import (
    AwaitMessage,
    BackwardMessage,
    ChainSyncReader,
    ForwardMessage,
    FoundMessage,
    NotFoundMessage,
    Tip,
)
from nectar.sources.node.message import Cutter
from nectar.sources.node.state_query import Bound, EraSummary
from tests.node.forging import PREVIEW
from tests.node.messages import ALONZO_END, GOUROBOROS, LAST, MAINNET, TWO, small_blocks, written


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
    assert written(message) == raw


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
    tested = {name for name, _ in (*FROM_NODE, *FROM_CLIENT)}
    assert {name for name in golden if name.startswith("cs.")} == tested


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
    for name, words in (("tooOld", "has the state after"), ("notOnChain", "is not on the node's chain")):
        with pytest.raises(SourceError, match=words) as caught:
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
    recorded: dict[str, set[bytes]] = {}
    with (chain / "vectors/golden-queries-results.tsv").open(newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            raw = bytes.fromhex(row["hex(<=400 bytes)"])
            if row["file"].startswith("Result_") and len(raw) == int(row["bytes"]):
                recorded.setdefault(row["file"].removeprefix("Result_"), set()).add(raw)
    return recorded


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
    reply = answer(state_query.INTERPRETER, PREVIEW, Tip(ORIGIN, 0))
    assert reply is not None
    eras = state_query.read_eras(reply)
    history = PREVIEW.history
    for era in eras:
        if era.end is not None and era.end.slot == era.start.slot:
            continue
        slot = era.start.slot + 5
        assert era.picoseconds_of(slot) == history.microseconds_of(slot) * 1_000_000
        assert era.epoch_of(slot) == history.epoch_of(slot)
    assert eras[-1].end is None


# -- blocks on the wire -----------------------------------------------------------------------------------------------


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
    for raw in small_blocks(chain):
        for end in range(len(raw[:1_200])):
            with contextlib.suppress(Malformed):
                assert quick_header(raw[:end]) == quick_header(raw)
