"""How large a row can become, and how large TiDB lets it be.

A row holds values of one block, most of them of one transaction. On mainnet a transaction has 16,384 bytes (maxTxSize) and
a block's body 90,112 (maxBlockBodySize); the constitution lets neither grow beyond 32,768 and 122,880 (guardrails MTS-01 and
MBBS-01). Byron's blocks had 2,000,000 bytes at most (maxBlockSize), its transactions 4,096. The estimate counts whole blocks, so
a real row is far smaller. It does not hold for private networks with larger blocks.
"""

from __future__ import annotations

from nectar.compiler.internal_tables import QUARANTINE
from nectar.tables import Table, Type

ENTRY_BYTES = 6 << 20
"""Bytes of one row: txn-entry-size-limit, the same on TiDB Cloud."""

BLOCK_BYTES = 122_880
BYRON_BLOCK_BYTES = 2_000_000 + 2_048  # and its envelope
JSON_TIMES = 16
"""Bytes of JSON that one byte of CBOR can become: a map of empty maps, ``{"k":{"map":[]},"v":{"map":[]}},`` of two bytes."""

FIXED = 128  # of any other column, with what TiDB adds
TEXT_TIMES = 3
"""A byte that is not valid UTF-8 becomes a replacement character of three bytes."""

_UNBOUNDED = {Type.BYTES: BLOCK_BYTES, Type.TEXT: TEXT_TIMES * BLOCK_BYTES, Type.JSON: JSON_TIMES * BLOCK_BYTES}


def largest_row(table: Table) -> int:
    """Bytes of the largest row, an upper bound by the columns' types. It does not hold for nectar_plan, which holds the plan."""
    sizes = [_UNBOUNDED.get(column.type, FIXED) for column in table.columns]
    return sum(sizes) + (BYRON_BLOCK_BYTES if table is QUARANTINE else 0)
