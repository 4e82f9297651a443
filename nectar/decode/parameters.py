"""Protocol parameters: CDDL `protocol_param_update`, each value checked to be of its parameter's type."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

from nectar.cardano.governance import ProtocolParamUpdate
from nectar.decode.checked import SIGNED, UNSIGNED, listed, number, rational, reduced, sized

_LANGUAGES = 255


def _whole(value: Any) -> object:
    return number(value, UNSIGNED)


def _pair(value: Any) -> object:
    first, second = listed(value)
    return number(first, UNSIGNED), number(second, UNSIGNED)


def _prices(value: Any) -> object:
    memory, steps = listed(value)
    return rational(memory), rational(steps)


def _nonce(value: Any) -> object:
    """CDDL `nonce = [0 // 1, bytes .size 32]`."""
    kind, *digest = listed(value)
    if kind not in (0, 1) or len(digest) != kind:
        raise ValueError("a nonce is [0] or [1, 32 bytes]")
    return [sized(part, 32) for part in digest]


def _cost_models(value: Any) -> object:
    for language, costs in value.items():
        number(language, _LANGUAGES)
        for cost in listed(costs):
            number(cost, SIGNED, -SIGNED - 1)
    return value


def _thresholds(count: int) -> Callable[[Any], object]:
    def check(value: Any) -> object:
        thresholds = [rational(part) for part in listed(value)]
        if len(thresholds) != count:
            raise ValueError(f"{count} thresholds were expected, not {len(thresholds)}")
        return thresholds

    return check


_RATIONALS = (9, 10, 11, 12, 33)
_PRICES, _POOL_THRESHOLDS, _DREP_THRESHOLDS = 19, 25, 26
_CHECKS: Mapping[int, Callable[[Any], object]] = {
    **dict.fromkeys(range(34), _whole),
    **dict.fromkeys(_RATIONALS, rational),
    13: _nonce,
    14: _pair,
    18: _cost_models,
    _PRICES: _prices,
    20: _pair,
    21: _pair,
    _POOL_THRESHOLDS: _thresholds(5),
    _DREP_THRESHOLDS: _thresholds(10),
}


def parameter_update(values: Any) -> ProtocolParamUpdate:
    """An update, or a set of parameters, as it stands. Errors: ValueError for a value that is not of its parameter's type."""
    for key, value in values.items():
        check = _CHECKS.get(key)
        if check is None:
            raise ValueError(f"a protocol parameter's key is 0 to {max(_CHECKS)}")
        check(value)
    return ProtocolParamUpdate(values)


def identity(update: ProtocolParamUpdate) -> Hashable:
    """Equal for updates that the ledger holds equal."""
    return frozenset((key, _comparable(key, value)) for key, value in update.values.items())


def _comparable(key: int, value: Any) -> Hashable:
    if key in _RATIONALS:
        return reduced(value)
    if key in (_PRICES, _POOL_THRESHOLDS, _DREP_THRESHOLDS):
        return tuple(map(reduced, value))
    if isinstance(value, Mapping):
        return frozenset((language, tuple(costs)) for language, costs in value.items())
    return tuple(value) if isinstance(value, list) else value
