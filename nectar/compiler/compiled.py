"""A compiled plan: everything that the runner needs to know of the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nectar.cardano.network import Network
from nectar.compiler.filters import CompiledFilters, CompiledView
from nectar.config.plan.keys import Plan
from nectar.decode.want import Want
from nectar.tables import Index, Table


@dataclass(frozen=True, slots=True)
class EnabledProcessor:
    """`options` holds every option of the processor, defaults filled in; plain JSON values only."""

    name: str
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CompiledPlan:
    """A plan with its tables, indexes, filters and views. It is pickled whole to the decoding processes.

    `fingerprint` stands for what the plan means for the rows: network, processors with options, filters and columns. Its
    spelling, name, slot range, source, indexes and performance hints do not count. Plans with one fingerprint may fill one
    database.
    """

    plan: Plan
    network: Network
    processors: tuple[EnabledProcessor, ...]
    want: Want
    tables: tuple[Table, ...]
    essential_indexes: tuple[tuple[Table, Index], ...]
    deferred_indexes: tuple[tuple[Table, Index], ...]
    filters: CompiledFilters
    views: tuple[CompiledView, ...]
    fingerprint: str

    @property
    def complete(self) -> bool:
        """Whether a filled range holds every row, as its coverage records."""
        return not self.filters
