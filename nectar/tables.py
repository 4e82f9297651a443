"""What a table is. The processor that fills it declares it once; DDL, filters, documentation and checks read the declaration.

Types are Nectar's own; `sinks/<dialect>` and `compiler/ddl/statements.py` give each type's form in a database.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from nectar.cardano.position import ITEM_BITS, ITEMS, TX_BITS

TX_PLACE = f"slot * 2^{TX_BITS}"
ITEM_PLACE = f"tx.id * 2^{ITEM_BITS}"
"""How ids are computed, as columns' documentation says it."""


def item_ids(first_tx: str, last_tx: str | None = None) -> str:
    """SQL: the range of ids of a transaction's rows, or of the rows of transactions from one to another."""
    return f"BETWEEN {first_tx} * {ITEMS} AND {last_tx or first_tx} * {ITEMS} + {ITEMS - 1}"


class Type(Enum):
    """A column's meaning and range; the value is the name used in the compiled plan and the generated reference."""

    ID = "id"  # signed 64 bit, computed from a place on the chain
    INT = "int"  # signed 64 bit or smaller
    U64 = "u64"  # 0 .. 2^64-1, exact (metadata labels, token quantities, validity bounds)
    U128 = "u128"  # decimal text where a database has no 128-bit number: epoch sums
    LOVELACE = "lovelace"  # 0 .. 45e15, or a signed difference of the same size
    BOOL = "bool"
    RATIO = "ratio"  # a rational written as a shortest round-trip float (margins, protocol parameters)
    HASH28 = "hash28"  # 28 raw bytes
    HASH32 = "hash32"  # 32 raw bytes
    HASH20 = "hash20"  # 20 raw bytes (CIP-14 fingerprint)
    HASH29 = "hash29"  # 29 raw bytes: header byte and credential of a reward address
    NAME = "name"  # asset name: 0 .. 32 raw bytes
    BYTES = "bytes"  # any length, raw
    TEXT = "text"  # utf8, any length (bounded per dialect)
    LABEL = "label"  # short text from a fixed set (an enumeration of db-sync's)
    JSON = "json"  # text; integers above 2^53 as strings, key order kept
    TIME = "time"  # UTC, `YYYY-MM-DD HH:MM:SS`


class Kind(Enum):
    """How rows of a table are keyed, merged and rolled back."""

    FACT = "fact"  # id from a position; inserted once; rolled back by `id >= bound`
    DIMENSION = "dimension"  # the id is the row's own hash; of two rows the one with the lower `first` position stays
    DERIVED = "derived"  # recomputed from other tables (epoch)
    SINGLE = "single"  # meta, schema_version: written once


class Place(Enum):
    """Which position a fact id counts in, hence how far its ids reach per slot: see `bound`."""

    BLOCK = 1  # id = slot * 2 + (0 for a Byron boundary block, 1 otherwise)
    TX = 1 << TX_BITS  # id = slot * 2^TX_BITS + transaction's index in its block
    IN_TX = 1 << TX_BITS + ITEM_BITS  # id = tx.id * 2^ITEM_BITS + index within the transaction


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: Type
    doc: str
    null: bool = False
    source: str = ""  # CDDL rule, CIP or computation the value comes from
    references: str = ""  # `table.column` this value points at (documented, never a foreign key)
    differs: str = ""  # how it differs from db-sync's column of this name, if it does


@dataclass(frozen=True, slots=True)
class Index:
    name: str
    columns: tuple[str, ...]
    essential: bool = False  # kept while loading; the others are built at the end
    unique: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    doc: str
    kind: Kind
    columns: tuple[Column, ...]  # the first is the primary key
    place: Place | None = None  # what the id (facts) or the `first` column (dimensions) counts in
    indexes: tuple[Index, ...] = ()
    first: str = ""  # for dimensions: the column with the position of the first occurrence
    recorded_at: str = ""  # for facts recorded after the position in their id: the column with that later position; see `cut_by`

    @property
    def cut_by(self) -> str:
        """Of a fact: the column whose position decides whether a rollback deletes the row."""
        return self.recorded_at or self.columns[0].name

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.columns)
