"""What a plan says of filters, views and tests: shorthands decoded and checked, expressions as texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True, order=True)
class PaymentAddress:
    """Exactly this address: `raw` bytes as they stand in an output."""

    raw: bytes


@dataclass(frozen=True, slots=True, order=True)
class StakeAddress:
    """Any address that delegates with this credential; `raw` is the 29 bytes of the reward address."""

    raw: bytes


@dataclass(frozen=True, slots=True, order=True)
class AddressPrefix:
    """Any address whose text form begins with `prefix`, such as ``addr1``; one of `stake1` means the delegating part's text."""

    prefix: str


AddressEntry: TypeAlias = PaymentAddress | StakeAddress | AddressPrefix


@dataclass(frozen=True, slots=True)
class FilterShorthands:
    """Canonical: two spellings of one meaning are equal (entries sorted, ids as bytes).

    Entries of one list combine with or, the four filters with and. Empty lists and 0 keep everything.
    `pools` are 28-byte key hashes; `skip_tx_types` are words of the schema's list; `min_transaction_value` is lovelace and
    compares with the sum of the transaction's outputs.
    """

    addresses: tuple[AddressEntry, ...] = ()
    min_transaction_value: int = 0
    skip_tx_types: tuple[str, ...] = ()
    pools: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Filters:
    """`[filters]`. `where` is empty when it is not said; `rows` are (table, expression), in the order of the tables' names."""

    shorthands: FilterShorthands = FilterShorthands()
    where: str = ""
    keep: Literal["row", "tx", "block"] = "tx"
    on_unknown: Literal["drop", "keep", "error"] = "drop"
    rows: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """One of `[[views]]`: its name, the table whose rows it shows, and which. `at`: its place among them, from 0."""

    name: str
    table: str
    where: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class PlanTest:
    """One of `[[tests]]`: rows that each table must get from slots `first` to `last`. `path`: chunk files of its own.

    `at`: its place among them, from 0."""

    name: str
    path: Path | None
    first: int
    last: int
    rows: tuple[tuple[str, int], ...]
    at: int = field(default=0, compare=False)
