"""What a processor receives: the buffers for its rows, and the facts about the network that rows need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from nectar.cardano.block import Block
from nectar.cardano.network import Network
from nectar.cardano.position import tx_path
from nectar.decode.broken import reason_of
from nectar.decode.want import Want
from nectar.processors.address_cache import AddressCache
from nectar.tables import Kind, Table

Row = tuple[Any, ...]
"""Values in the order of the table's columns: int, bytes, str, None; bool is written as 0 or 1, unsigned 64-bit as int."""


class RowBuffers:
    """Rows of one batch. Facts: `facts["tx_out"]` is a list of rows. Dimensions: `dimensions["pool_hash"]` maps the
    row's id to the row; a processor adds an id only when it is absent, so that the first occurrence stays.

    `previous` is the (hash, block.id) of the block before, when it is known.
    """

    __slots__ = ("dimensions", "facts", "previous")

    def __init__(self, tables: Iterable[Table]) -> None:
        self.facts: dict[str, list[Row]] = {}
        self.dimensions: dict[str, dict[Any, Row]] = {}
        self.previous: tuple[bytes, int] | None = None
        for table in tables:
            if table.kind is Kind.DIMENSION:
                self.dimensions[table.name] = {}
            else:
                self.facts[table.name] = []


@dataclass(frozen=True, slots=True)
class Context:
    """What stays the same for every block of a run: the network, the processor's options and the texts of addresses.

    The processors of one decoding process share one `addresses`.
    """

    network: Network
    options: Mapping[str, Any] = field(default_factory=dict)
    addresses: AddressCache = field(default_factory=AddressCache)


class Processor(Protocol):
    """What a processor's module has. `TABLES`: all tables that it can fill; `tables(options)`: those that these options fill."""

    NAME: str
    TABLES: tuple[Table, ...]

    def want(self, options: Mapping[str, Any]) -> Want: ...

    def tables(self, options: Mapping[str, Any]) -> tuple[Table, ...]: ...

    def rows(self, block: Block, out: RowBuffers, context: Context) -> None: ...


class Unreadable(Exception):
    """A part of a transaction, at `path` of its block, breaks the CDDL. Only the making of rows reads it and notices."""

    def __init__(self, index: int, part: str, cause: ValueError) -> None:
        super().__init__(part, cause)
        self.path = tx_path(index, part)
        self.why = reason_of(cause)
