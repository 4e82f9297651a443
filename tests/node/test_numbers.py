"""Whatever integer a node (or a client) writes, of any length: it is taken, or the other side does not keep to the protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from nectar.errors import NectarError
from nectar.sources.node import chain_sync, handshake, state_query
from nectar.sources.node.state_query import TIP
from tests.decode.handmade import Raw, Tagged, cbor, rational

ODD = (
    0,
    1,
    -1,
    1 << 15,
    1 << 62,
    (1 << 63) - 1,
    1 << 63,
    (1 << 64) - 1,
    1 << 64,
    -(1 << 63) - 1,
    1 << 127,
    1 << 129,
    256**5_000 - 1,
    -(256**5_000),
    Tagged(2, b""),
    Tagged(2, b"\xff" * 5_000),
    Tagged(3, b"\xff" * 5_000),
    Raw(b"\xfb\x7f\xf0" + bytes(6)),
    Raw(b"\xf9\x7e\x00"),
    "1",
    None,
)

HASH = bytes(32)
POINT: list[Any] = [5, HASH]
PARAMETERS: list[Any] = [
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    rational(1, 2),
    rational(1, 2),
    rational(1, 2),
    [9, 0],
    1,
    2,
    {0: [1, 2]},
    [rational(1, 2), rational(1, 2)],
    [1, 2],
    [1, 2],
    3,
    4,
    5,
    [rational(1, 2)] * 5,
    [rational(1, 2)] * 10,
    1,
    2,
    3,
    4,
    5,
    6,
    rational(1, 2),
]

Read = Callable[[bytes], object]
MESSAGES: dict[str, tuple[Read, Any]] = {
    "accept": (lambda raw: handshake.read_answer(raw, "preview", 2), [1, 32_784, [2, False]]),
    "accept, old": (lambda raw: handshake.read_answer(raw, "preview", 2), [1, 32_777, 2]),
    "refuse": (lambda raw: handshake.read_answer(raw, "preview", 2), [2, [0, [32_784]]]),
    "refuse, told": (lambda raw: handshake.read_answer(raw, "preview", 2), [2, [2, 32_784, "magic 1"]]),
    "versions": (handshake.read_versions, [3, {32_784: [2, False]}]),
    "proposal": (handshake.read_proposal, [0, {32_784: [2, False]}]),
    "forward": (lambda raw: chain_sync.ChainSyncReader().feed(raw), [2, Tagged(24, b"\x82\x00\x00"), [POINT, 7]]),
    "backward": (lambda raw: chain_sync.ChainSyncReader().feed(raw), [3, POINT, [POINT, 7]]),
    "found": (lambda raw: chain_sync.ChainSyncReader().feed(raw), [5, POINT, [POINT, 7]]),
    "not found": (lambda raw: chain_sync.ChainSyncReader().feed(raw), [6, [POINT, 7]]),
    "find": (chain_sync.read_request, [4, [POINT]]),
    "acquired": (lambda raw: state_query.read_acquired(raw, TIP), [2, 0]),
    "eras": (state_query.read_eras, [[[0, 0, 0], [5, 5, 1], [21_600, 20_000, [0, 1, 2]]]]),
    "start": (state_query.read_start, [2017, 266, 5]),
    "point": (state_query.read_point, POINT),
    "block number": (state_query.read_block_no, [1, 7]),
    "current era": (state_query.read_current_era, 6),
    "in era": (state_query.read_in_era, [[5, "a"], [6, "b"]]),
    "parameters": (state_query.read_parameters, [PARAMETERS]),
    "outputs": (state_query.read_utxo, [{(HASH, 0): [b"\x60" + bytes(28), 5]}]),
}


def _replaced(value: Any, odd: Any) -> Iterator[Any]:
    """The message once for each of its integers, with `odd` in its place."""
    match value:
        case bool() | bytes() | str() | None:
            return
        case int():
            yield odd
        case Tagged(tag, inner):
            yield from (Tagged(tag, item) for item in _replaced(inner, odd))
        case dict():
            for key, item in value.items():
                yield from ({key: changed} for changed in _replaced(item, odd))
                if not isinstance(odd, list):
                    yield from ({changed: item} for changed in _replaced(key, odd))
        case list() | tuple():
            for at, item in enumerate(value):
                yield from (type(value)((*value[:at], changed, *value[at + 1 :])) for changed in _replaced(item, odd))


@pytest.mark.parametrize("name", MESSAGES)
def test_integers_of_any_length(name: str) -> None:
    read, usual = MESSAGES[name]
    _tried(read, usual)
    for odd in ODD:
        for message in _replaced(usual, odd):
            _tried(read, message)


def _tried(read: Read, message: Any) -> None:
    try:
        read(cbor(message))
    except NectarError as error:
        assert error.code in {"NEC-W004", "NEC-W005", "NEC-W006", "NEC-W007", "NEC-W011"}
        assert len(str(error)) < 1_000
