"""State queries that chunk files can answer: time, eras, the tip. Everything else needs a ledger."""

from __future__ import annotations

from cbor2 import dumps

from nectar.cardano.era_history import ERAS
from nectar.cardano.network import Network
from nectar.cardano.point import ORIGIN
from nectar.sources.node.chain_sync import Tip
from nectar.sources.node.state_query import BLOCK_NO, CURRENT_ERA, INTERPRETER, POINT, SYSTEM_START

_DAY = 86_400_000_000_000_000
_EPOCH_NO = 1


def answer(query: bytes, network: Network, tip: Tip) -> bytes | None:
    """The answer in the state after the block of `tip`; None when chunk files cannot tell it."""
    if query == SYSTEM_START:
        start = network.history.start
        since = start.hour * 3600 + start.minute * 60 + start.second
        return dumps([start.year, start.timetuple().tm_yday, since * 1_000_000_000_000 + start.microsecond * 1_000_000])
    if query == POINT:
        return dumps([] if tip.point == ORIGIN else [tip.point.slot, tip.point.hash])
    if query == BLOCK_NO:
        return dumps([0] if tip.point == ORIGIN else [1, tip.block_no])
    if query == INTERPRETER:
        return dumps(_eras(network))
    slot = max(tip.point.slot, 0)
    era = ERAS.index(network.history.era_at(slot))
    if query == CURRENT_ERA:
        return dumps(era)
    if query == dumps([0, [0, [era, [_EPOCH_NO]]]]):
        return dumps([network.history.epoch_of(slot)])
    return None


def _eras(network: Network) -> list[object]:
    """[[start, end / null, [epoch's slots, slot's milliseconds, safe zone, window]], ...], a bound being
    [picoseconds, slot, epoch]."""
    history = network.history
    names = [name for name in ERAS if name in history.first_epochs]
    eras: list[object] = []
    for name, after in zip(names, [*names[1:], None], strict=True):
        byron = name == "byron"
        slots = history.byron_epoch_slots if byron else history.shelley_epoch_slots
        length = history.byron_slot if byron else history.shelley_slot
        window = network.security_parameter * (2 if byron else 60)
        params = [slots, length // 1000, [0, window, [0]], window]
        eras.append([_bound(network, name), None if after is None else _bound(network, after), params])
    return eras


def _bound(network: Network, era: str) -> list[int]:
    history = network.history
    epoch = history.first_epochs[era]
    slot = history.first_slot_of_epoch(epoch)
    return [history.microseconds_of(slot) * 1_000_000, slot, epoch]
