"""Nothing is kept of a batch that is done, and what is remembered from batch to batch is bounded."""

from __future__ import annotations

import functools
import gc
import hashlib
import pkgutil
import signal
import sys
import time
import tracemalloc
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import nectar.cardano
import nectar.decode
import nectar.processors
from nectar.cardano.ids import asset_fingerprint
from nectar.processors.address_cache import AddressCache
from nectar.runner import backfill
from nectar.runner.decoding.pool import Inline
from nectar.runner.report import Progress, Quiet
from nectar.runner.signals import Stop
from tests.runner.jobs import EVERYTHING, between, job, plan_text

FEW = 300  # batches; then four times as many
FIRST = 15 * 43_200  # where preview's traffic begins
SMALL = "batch_blocks = 5"
ROOM = 12 << 20  # bytes that one kind of thing that is remembered may take
ADDRESSES = AddressCache()
UNFOLLOWED = EVERYTHING.replace("transactions = true", 'transactions = { resolve_inputs = "off" }')


class Counting(Quiet):
    """Objects of this process after each of some batches, when no batch is being decoded and no cache holds any."""

    def __init__(self, pools: list[Inline]) -> None:
        self.pools, self.batches, self.objects = pools, 0, dict[int, int]()
        self.stop = Stop()

    def progress(self, progress: Progress) -> None:
        self.batches += 1
        if self.batches not in (FEW, 4 * FEW):
            return
        for pool in self.pools:
            while not all(one.done() for one in pool._under_way):
                time.sleep(0.01)
        forget()
        gc.collect()
        self.objects[self.batches] = sys.getallocatedblocks()
        self.stop.number = signal.SIGTERM if self.batches > FEW else 0


def forget() -> None:
    """Empty everything that is remembered from batch to batch."""
    for cache in _address_caches():
        cache.clear()
    for cached in _caches():
        cached.cache_clear()


def _address_caches() -> list[AddressCache]:
    return [one for one in gc.get_objects() if isinstance(one, AddressCache)]


def _caches() -> list[Any]:
    return [one for one in gc.get_objects() if isinstance(one, functools._lru_cache_wrapper)]


@pytest.mark.parametrize("more", ["", '[filters]\nwhere = "fee > 0.2 ada"'], ids=["everything", "a filter"])
def test_no_object_stays_of_a_batch(chain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str) -> None:
    """Counted in the runner's process, where the batches are decoded too. A plan that follows what is spent does keep its
    unspent outputs in memory (docs/performance.md); this one does not follow it."""
    pools: list[Inline] = []

    def made(*given: Any, **named: Any) -> Inline:
        pools.append(Inline(*given, **named))
        return pools[-1]

    monkeypatch.setattr(backfill, "Inline", made)
    counting = Counting(pools)
    text = plan_text(
        chain / "preview/immutable", between(FIRST, FIRST + 8 * 43_200 - 1), processors=UNFOLLOWED, performance=SMALL, more=more
    )
    job(tmp_path / "n.db", text, workers=1, report=counting, stop=counting.stop)
    assert len(pools) == 1
    grown = counting.objects[4 * FEW] - counting.objects[FEW]  # those of the batches under way are more or fewer by some hundred
    assert grown < 3 * FEW, "an object or more stays of each batch"


def test_every_cache_has_a_bound() -> None:
    """Of those that decoding and making rows fill."""
    for package in (nectar.cardano, nectar.decode, nectar.processors):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    sizes = {
        f"{one.__module__}.{one.__name__}": one.cache_parameters()["maxsize"]
        for one in _caches()
        if one.__module__.startswith("nectar.")
    }
    assert {"nectar.cardano.ids.asset_fingerprint", "nectar.cardano.ids.drep_view"} <= set(sizes)
    in_batches = {name: size for name, size in sizes.items() if name.split(".")[1] in ("cardano", "decode", "processors")}
    assert not {name: size for name, size in in_batches.items() if size is None or size > 1 << 14}


def _digest(n: int, size: int) -> bytes:
    return hashlib.blake2b(n.to_bytes(8, "big"), digest_size=size).digest()


def _addresses(ns: range) -> None:
    ADDRESSES.learn_outputs(b"\x01" + _digest(n, 28) + _digest(-~n << 20, 28) for n in ns)


def _accounts(ns: range) -> None:
    ADDRESSES.learn_accounts(b"\xe1" + _digest(n, 28) for n in ns)


def _assets(ns: range) -> None:
    for n in ns:
        asset_fingerprint(_digest(n, 28), _digest(n, 32))


@pytest.mark.parametrize(("learn", "count"), [(_addresses, 40_000), (_accounts, 100_000), (_assets, 30_000)])
def test_what_is_remembered_takes_little(learn: Callable[[range], None], count: int) -> None:
    """So many of each that all of them would take more, a batch's worth at a time."""
    forget()
    tracemalloc.start()
    try:
        for first in range(0, count, 2_000):
            learn(range(first, first + 2_000))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        forget()
    assert held < ROOM, held
