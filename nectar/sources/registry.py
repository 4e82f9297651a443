"""The sources that a plan can name in `[source] kind`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from nectar.sources.immutable.facts import ChainFacts
from nectar.sources.immutable.source import ImmutableSource

SOURCES: Mapping[str, Callable[[Path, ChainFacts], ImmutableSource]] = {
    "immutable": ImmutableSource,
}
"""`kind` -> how to open it: the plan's `[source] path` and the network's facts."""
