"""The outputs that a plan's filter looks after, asked of a database whose indexes may not be built yet."""

from __future__ import annotations

from nectar.sinks.base import Layout

_MADE = "SELECT {} AS tx_hash, o.{} AS place, {} AS answers, 0 AS spent FROM {}"
_OF_ROWS = "tx_out o JOIN tx t ON t.id = o.tx_id"


def unspent(layout: Layout, index: str) -> str:
    """Gives rows (transaction's hash, index, bits) of those that no row spends; "" where the plan looks after none.
    `index` is that column's name, quoted.

    What was made and what was spent are put together and sorted once: a join would read all of one for each row of the other
    where there is no index, which is so until the end of a load. No two of an output's rows have a bit in common.
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
