"""The one source of chance, and a pen that writes CBOR with the oddities real blocks have.

Only `random()`, `getrandbits()` and `randbytes()` of the generator are used: they give the same numbers on every
Python version, which `choice`, `sample` and `randrange` do not promise.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

from nectar.samplechain import cborwrite as cbor

T = TypeVar("T")


class Dice:
    """A generator of random values; `seed` determines all of them."""

    __slots__ = ("bits", "bytes", "random")

    def __init__(self, seed: int) -> None:
        source = Random(seed)
        self.random = source.random
        self.bits = source.getrandbits
        self.bytes = source.randbytes

    def below(self, n: int) -> int:
        """0 .. n-1; `n` well below 2^53."""
        return int(self.random() * n)

    def between(self, low: int, high: int) -> int:
        """low .. high, both included."""
        return low + int(self.random() * (high - low + 1))

    def chance(self, p: float) -> bool:
        return self.random() < p

    def pick(self, items: Sequence[T]) -> T:
        return items[int(self.random() * len(items))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        out = list(items)
        for i in range(len(out) - 1, 0, -1):
            j = self.below(i + 1)
            out[i], out[j] = out[j], out[i]
        return out

    def skewed(self, low: int, high: int) -> int:
        """Mostly small, sometimes large: exponents are uniform."""
        span = high - low + 1
        return low + min(span - 1, int(span ** self.random()) - 1)


class Pen:
    """Writes containers as real wallets do: mostly definite, sometimes not."""

    __slots__ = ("dice", "odd", "tagged_sets")

    def __init__(self, dice: Dice, odd: float = 0.06) -> None:
        self.dice = dice
        self.odd = odd
        self.tagged_sets = False  # tag 258, from Conway on

    def array(self, items: Sequence[bytes]) -> bytes:
        return cbor.array_open(items) if self.dice.random() < self.odd else cbor.array(items)

    def map(self, pairs: cbor.Pairs) -> bytes:
        return cbor.mapping_open(pairs) if self.dice.random() < self.odd else cbor.mapping(pairs)

    def coin(self, n: int) -> bytes:
        return cbor.wide_uint(n) if self.dice.random() < self.odd / 12 else cbor.write_head(0, n)

    def set(self, items: Sequence[bytes]) -> bytes:
        """A `set`: tag 258 in two of three from Conway on, a plain array before and otherwise."""
        body = self.array(items)
        return cbor.tag(258, body) if self.tagged_sets and self.dice.random() < 0.67 else body
