"""The processors that a plan can name, in the order in which they run and their tables are created."""

from __future__ import annotations

from collections.abc import Mapping

from nectar.processors import (
    blocks,
    certificates,
    governance,
    metadata,
    multi_assets,
    scripts,
    transactions,
    withdrawals,
)
from nectar.processors.rows import Processor

PROCESSORS: Mapping[str, Processor] = {
    "blocks": blocks,
    "transactions": transactions,
    "multi_assets": multi_assets,
    "metadata": metadata,
    "scripts": scripts,
    "certificates": certificates,
    "withdrawals": withdrawals,
    "governance": governance,
}
"""Name in `[processors]` -> the processor's module."""
