"""The sources that a plan can name in `[source] kind`."""

from __future__ import annotations

from collections.abc import Mapping

from nectar.sources.immutable.source import ImmutableSource
from nectar.sources.node.source import NodeSource

SOURCES: Mapping[str, type[ImmutableSource] | type[NodeSource]] = {
    "immutable": ImmutableSource,
    "node": NodeSource,
}
"""`kind` -> the class of the source. Each can `follow` known points."""
