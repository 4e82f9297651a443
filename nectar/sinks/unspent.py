"""The tracked outputs that no row spends, read from a database whose indexes may not be built yet."""

from __future__ import annotations

from nectar.sinks.base import Layout

_MADE = "SELECT {} AS tx_hash, o.{} AS place, {} AS answers, 0 AS spent FROM {}"
_OF_ROWS = "tx_out o JOIN tx t ON t.id = o.tx_id"


def unspent(layout: Layout, index: str) -> str:
    """SQL that returns (transaction's hash, index, filter bits). "" where the plan tracks no outputs.

    `index` is the quoted name of that column. Created and spent outputs are put into one list and sorted once: until the end of a
    load there is no index, and a join would read one table for each row of the other. The bits of an output's rows are disjoint.
    """
    names = {table.name for table in layout.tables}
    parts = [_MADE.format("t.hash", index, 1, _OF_ROWS)] * layout.rows_tell_kept
    parts += [_MADE.format("o.tx_hash", index, "o.answers", "nectar_watched o")] * ("nectar_watched" in names)
    if not parts:
        return ""
    if "tx_in" in names:
        parts.append("SELECT tx_out_hash, tx_out_index, 0, 1 FROM tx_in")
    together = " UNION ALL ".join(parts)
    return f"SELECT tx_hash, place, SUM(answers) FROM ({together}) AS o GROUP BY tx_hash, place HAVING MAX(spent) = 0"
