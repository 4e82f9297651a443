"""Starts and ends beyond the last slot that has ids are refused, not wrapped."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from nectar.cardano.position import LAST_SLOT
from nectar.config.plan.bounds import AtDate, AtEpoch, Bound
from nectar.errors import GenesisError
from nectar.genesis.files import network
from nectar.sources.calendar import first_slot, last_slot

HISTORY = network("preview").history
LAST_EPOCH = LAST_SLOT // 86_400


@pytest.mark.parametrize("bound", [AtEpoch(LAST_EPOCH + 1), AtEpoch(10_000_000), AtDate(datetime(2300, 1, 1, tzinfo=UTC), False)])
def test_what_has_no_ids_is_refused(bound: Bound) -> None:
    for resolve in (first_slot, last_slot):
        with pytest.raises(GenesisError, match="4,294,967,295") as caught:
            resolve(bound, HISTORY)
        assert caught.value.code == "NEC-N006"


def test_the_last_whole_epoch_is_good() -> None:
    assert first_slot(AtEpoch(LAST_EPOCH), HISTORY)[0] <= LAST_SLOT
    assert last_slot(AtEpoch(LAST_EPOCH - 1), HISTORY)[0] <= LAST_SLOT
