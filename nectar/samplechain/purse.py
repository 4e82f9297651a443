"""The unspent outputs, in bags by who may spend them, so that a random one is picked in constant time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, NamedTuple, TypeVar

from nectar.samplechain.dice import Dice
from nectar.samplechain.keys import ByronKey, OwnedAddress, SampleScript

T = TypeVar("T")
Asset = tuple[bytes, bytes]  # policy id, asset name
Assets = dict[Asset, int]


class OutputDatum(NamedTuple):
    """A Plutus datum: its CBOR, its hash, and whether it stands in the output itself."""

    item: bytes
    hash: bytes
    inline: bool


class Output:
    """A transaction output, spent or not; compared by identity."""

    __slots__ = ("address", "assets", "bag", "coin", "datum", "index", "script", "tx_id")

    def __init__(
        self,
        address: OwnedAddress,
        coin: int,
        assets: Assets | None = None,
        datum: OutputDatum | None = None,
        script: SampleScript | None = None,
        bag: str = "",
    ) -> None:
        self.address = address
        self.coin = coin
        self.assets: Assets = assets if assets is not None else {}
        self.datum = datum
        self.script = script
        self.bag = bag or bag_of(address, script)
        self.tx_id = b""
        self.index = 0

    @property
    def ref(self) -> tuple[bytes, int]:
        return self.tx_id, self.index


def bag_of(address: OwnedAddress, script: SampleScript | None) -> str:
    """The bag that an output belongs to unless its maker names another."""
    if script is not None:
        return "reference"
    owner = address.owner
    if isinstance(owner, ByronKey):
        return "avvm" if owner.kind == 2 else "byron"
    if isinstance(owner, SampleScript):
        return f"script{owner.language}"
    return "key"


class Bag(Generic[T]):
    """A set with a random pick that is the same on every run."""

    __slots__ = ("_items", "_place")

    def __init__(self) -> None:
        self._items: list[T] = []
        self._place: dict[T, int] = {}

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)

    def __contains__(self, item: T) -> bool:
        return item in self._place

    def add(self, item: T) -> None:
        if item not in self._place:
            self._place[item] = len(self._items)
            self._items.append(item)

    def remove(self, item: T) -> None:
        place = self._place.pop(item)
        last = self._items.pop()
        if last is not item:
            self._items[place] = last
            self._place[last] = place

    def discard(self, item: T) -> None:
        if item in self._place:
            self.remove(item)

    def pick(self, dice: Dice) -> T:
        return self._items[dice.below(len(self._items))]


class Purse:
    """Every unspent output, and their sum."""

    def __init__(self) -> None:
        self.bags: dict[str, Bag[Output]] = {}
        self.total = 0

    def bag(self, name: str) -> Bag[Output]:
        return self.bags.setdefault(name, Bag())

    def add(self, output: Output) -> None:
        self.bag(output.bag).add(output)
        self.total += output.coin

    def take(self, output: Output) -> None:
        self.bags[output.bag].remove(output)
        self.total -= output.coin

    def __iter__(self) -> Iterator[Output]:
        for bag in self.bags.values():
            yield from bag
