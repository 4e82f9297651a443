"""What a plan means, worked out once: everything the runner needs and nothing it has to ask about again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nectar.cardano.network import Network
from nectar.compiler.filters import CompiledFilters, CompiledView
from nectar.config.plan.model import Plan
from nectar.decode.want import Want
from nectar.tables import Index, Table


@dataclass(frozen=True, slots=True)
class EnabledProcessor:
    """`options` holds every option of the processor, defaults filled in; plain JSON values only."""

    name: str
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CompiledPlan:
    """Picklable, so that decoding processes can be given it whole.

    `fingerprint` is what the plan *means* for the rows: network, processors with options, filters, columns; not its
    spelling, name, slot range, source, indexes or performance hints. Two plans with one fingerprint may fill one database.
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
        """Whether a filled range holds every row: what its coverage says."""
        return not self.filters
