"""Messages of a node to try the protocol with: points, tips, strategies, and how our server writes each message."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

from nectar.cardano.point import ORIGIN, Era, Point
from nectar.sources.node import chain_sync, mux
from nectar.sources.node.chain_sync import (
    AwaitMessage,
    BackwardMessage,
    ForwardMessage,
    FoundMessage,
    NotFoundMessage,
    Tip,
)
from tests.node.forging import real_blocks

MAINNET, TWO = 764_824_073, 2
ALONZO_END = Point(259_180, bytes.fromhex("0ad91d3bbe350b1cfa05b13dba5263c47c5eca4f97b3a3105eba96416785a487"))
LAST = Tip(Point(1_295_990, bytes.fromhex("acff9c292f679ca2bd321fadd20f89af16d8f36d1b74794f0e97a6fa29fed359")), 59_314)
GOUROBOROS = Tip(Point(55_709_684, bytes.fromhex("1979d7dd2c7211cb7ce393c83aceca09675ec7786741620676e16c3ad3ac8103")), 3_478_323)
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


def written(message: chain_sync.Message) -> bytes:
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


def segment(payload: bytes, *, most: int = 12_288) -> bytes:
    return mux.segments(mux.CHAIN_SYNC, payload, responder=True, most=most)


def small_blocks(chain: Path) -> list[bytes]:
    """The smallest block of each era, and the three first of preview."""
    smallest: dict[int, bytes] = {}
    for file in sorted((chain / "blocks").glob("*.block"), key=lambda file: file.stat().st_size):
        raw = file.read_bytes()
        smallest.setdefault(raw[1], raw)
    return [
        *(raw for tag, raw in smallest.items() if tag <= Era.CONWAY),
        *(block.raw for block in real_blocks(chain / "preview/immutable", 0, 60)),
    ]
