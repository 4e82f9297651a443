"""A plan as a frozen value: checked once, here, and never asked about again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from nectar.config.plan.bounds import AtOrigin, Bound, FollowTip
from nectar.config.plan.filters import Filters, PlanTest, View

NAMED_NETWORKS = ("mainnet", "preprod", "preview")


@dataclass(frozen=True, slots=True)
class PlanMeta:
    """`network` is mainnet, preprod, preview, or the path of a genesis folder (see `genesis`)."""

    name: str
    description: str = ""
    network: str = "mainnet"
    profile: Path | None = None

    @property
    def genesis(self) -> Path | None:
        """The folder of genesis files of a custom network."""
        return None if self.network in NAMED_NETWORKS else Path(self.network)


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """Where blocks come from: `path` belongs to kind immutable, `socket` (a path, or host:port) to kind node."""

    kind: Literal["immutable", "node"]
    path: Path | None = None
    socket: str | None = None


@dataclass(frozen=True, slots=True)
class SyncConfig:
    start: Bound = field(default_factory=AtOrigin)
    end: Bound = field(default_factory=FollowTip)
    skip_existing: bool = True
    on_decode_error: Literal["halt", "quarantine"] = "halt"


@dataclass(frozen=True, slots=True)
class BlocksOptions:
    """`every`: blocks of which a filter keeps nothing have rows too. `epoch_param`: the node is asked, at the tip, for each
    epoch's protocol parameters."""

    every: bool = False
    epoch_param: bool = False


@dataclass(frozen=True, slots=True)
class TransactionsOptions:
    tx_cbor: bool = False
    resolve_inputs: Literal["deferred", "live", "off"] = "deferred"
    address_table: bool = False


@dataclass(frozen=True, slots=True)
class MetadataOptions:
    """`labels`: ascending; none means every label."""

    labels: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Processors:
    """A processor with options is None when off; the fields stand in the order in which processors are listed everywhere."""

    blocks: BlocksOptions | None = None
    transactions: TransactionsOptions | None = None
    multi_assets: bool = False
    metadata: MetadataOptions | None = None
    scripts: bool = False
    certificates: bool = False
    withdrawals: bool = False
    governance: bool = False

    def enabled(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """(name, options) of each processor that is on; options are all there, as plain values."""
        for name in self.__slots__:
            value = getattr(self, name)
            if value is True:
                yield name, {}
            elif value:
                yield name, asdict(value)


@dataclass(frozen=True, slots=True)
class Storage:
    indexes: Literal["essential", "deferred", "all"] = "deferred"


@dataclass(frozen=True, slots=True)
class Performance:
    """Hints that change no row; 0 adapts by itself. `batch_bytes` counts bytes of raw blocks."""

    workers: int = 0
    batch_blocks: int = 0
    batch_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """What to index. Relative paths of the text have been joined to the folder of `source_text_path`, the plan's file."""

    meta: PlanMeta
    source: SourceConfig | None
    sync: SyncConfig
    processors: Processors
    filters: Filters
    storage: Storage
    performance: Performance
    source_text_path: Path
    views: tuple[View, ...] = ()
    tests: tuple[PlanTest, ...] = ()
