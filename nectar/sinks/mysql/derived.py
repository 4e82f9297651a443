"""How MySQL, MariaDB and TiDB derive columns from other rows (see `sinks.derived`): they update joined tables.

Sums over inputs are computed for all transactions of a range and joined: for one transaction at a time these servers would read
whole tables.
"""

from __future__ import annotations

from collections.abc import Sequence

from nectar.cardano.position import ITEMS
from nectar.sinks.base import Definition
from nectar.sinks.derived import Spelling
from nectar.tables import Place, Table, item_ids

_OUT_OF_INPUT = f"o.id = i.tx_out_id * {ITEMS} + i.tx_out_index"
_ITEMS = item_ids(":low", ":high")
_TXS = "BETWEEN :low AND :high"

_MOST = (1 << 63) - 1

# The sums mean something only if the output of every input exists; and they must fit their columns.
_SPENT = f"""(SELECT i.tx_in_id AS id, SUM(o.value) AS total, COUNT(*) = COUNT(o.id) AND SUM(o.value) <= {_MOST} AS is_known
        FROM tx_in AS i LEFT JOIN tx_out AS o ON {_OUT_OF_INPUT} WHERE i.id {_ITEMS} GROUP BY i.tx_in_id) AS f"""
_KNOWN = "COALESCE(f.is_known, 1)"
_TOTAL = "COALESCE(f.total, 0)"


def _resolve(table: str) -> str:
    return f"""UPDATE {table} AS i JOIN tx AS made ON made.hash = i.tx_out_hash SET i.tx_out_id = made.id
        WHERE i.tx_out_id IS NULL AND i.id {_ITEMS}"""


_CONSUMED = f"""UPDATE tx_in AS i JOIN tx_out AS o ON {_OUT_OF_INPUT} SET o.consumed_by_tx_id = i.tx_in_id
        WHERE i.tx_out_id IS NOT NULL AND i.id {_ITEMS} AND o.consumed_by_tx_id IS NULL"""

_FEE = f"""UPDATE tx LEFT JOIN {_SPENT} ON f.id = tx.id SET tx.fee = {_TOTAL} - tx.out_sum
        WHERE tx.fee IS NULL AND tx.id {_TXS} AND {_KNOWN}"""

_FEE_WITH_BLOCKS = f"""UPDATE block JOIN
        (SELECT tx.block_id AS id, SUM({_TOTAL} - tx.out_sum) AS fee FROM tx LEFT JOIN {_SPENT} ON f.id = tx.id
          WHERE tx.fee IS NULL AND tx.id {_TXS} AND {_KNOWN} GROUP BY tx.block_id) AS found ON found.id = block.id
        SET block.fees = CASE WHEN block.fees + found.fee <= {_MOST} THEN block.fees + found.fee END;
    {_FEE}"""

# NULL where SQLite, whose integers have 64 bits, cannot compute the value either.
_LEFT = f"{_TOTAL} - tx.out_sum - tx.fee - tx.treasury_donation"
_REST = f"{_LEFT} + COALESCE(g.total, 0)"
_DEPOSIT = f"""UPDATE tx LEFT JOIN {_SPENT} ON f.id = tx.id
        LEFT JOIN (SELECT w.tx_id AS id, SUM(w.amount) AS total FROM withdrawal AS w WHERE w.id {_ITEMS} GROUP BY w.tx_id) AS g
          ON g.id = tx.id
        SET tx.deposit = CASE WHEN tx.valid_contract = 0 THEN 0
          WHEN ABS({_LEFT}) < {_MOST} AND ABS({_REST}) < {_MOST} THEN {_REST} END
        WHERE tx.deposit IS NULL AND tx.fee IS NOT NULL AND tx.id {_TXS} AND {_KNOWN}"""

_PREVIOUS = f"""UPDATE block AS b JOIN block AS p ON p.hash = b.previous_hash SET b.previous_id = p.id
        WHERE b.previous_id IS NULL
          AND b.id BETWEEN FLOOR(:low / {Place.TX.value}) * 2 AND FLOOR(:high / {Place.TX.value}) * 2 + 1"""


def _script_hash(credential: str, join: str) -> str:
    return f"""UPDATE redeemer AS r JOIN tx_in AS i ON i.redeemer_id = r.id JOIN tx_out AS o ON {_OUT_OF_INPUT} {join}
        SET r.script_hash = {credential} WHERE r.script_hash IS NULL AND r.purpose = 'spend' AND i.id {_ITEMS}"""


# The rule is explained in sinks/sqlite/derived.py. The block before is found by `previous_id`, which is derived earlier: for the
# highest id below another one these servers would read all blocks from the last one down.
_ACTIVE_EPOCH = f"""UPDATE pool_update AS u JOIN (
          SELECT c.id, c.tx, LAG(c.tx) OVER w AS earlier, LAG(c.retiring) OVER w AS retiring FROM (
            SELECT hash_id, registered_tx_id AS tx, cert_index, NULL AS retiring, id FROM pool_update
            UNION ALL SELECT hash_id, announced_tx_id, cert_index, retiring_epoch, NULL FROM pool_retire) AS c
          WINDOW w AS (PARTITION BY c.hash_id ORDER BY c.tx, c.cert_index)) AS f ON f.id = u.id
        JOIN tx AS t ON t.id = f.tx JOIN block AS b ON b.id = t.block_id
        SET u.active_epoch_no = COALESCE(b.epoch_no, 0) + CASE WHEN f.earlier IS NULL OR f.retiring <=
          (SELECT p.epoch_no FROM block AS p WHERE p.id = b.previous_id) THEN 2 ELSE 3 END
        WHERE u.active_epoch_no IS NULL AND u.id {_ITEMS}"""


def _action(table: str, column: str, tx_hash: str, index: str) -> str:
    return f"""UPDATE {table} AS v JOIN tx ON tx.hash = v.{tx_hash}
        JOIN gov_action_proposal AS p ON p.tx_id = tx.id AND p.`index` = v.{index}
        SET v.{column} = p.id WHERE v.{column} IS NULL AND v.id {_ITEMS}"""


SPELLING = Spelling(_PREVIOUS, _resolve, _CONSUMED, _FEE, _FEE_WITH_BLOCKS, _DEPOSIT, _script_hash, _action, _ACTIVE_EPOCH, "DIV")


def look_ups(tables: Sequence[Table]) -> tuple[Definition, ...]:
    """The indexes by which the statements find rows."""
    names = {table.name for table in tables}
    return tuple(_LOOK_UPS[name] for name in _LOOK_UPS if name in names)


_LOOK_UPS = {
    "tx": Definition("idx_tx_hash", "CREATE INDEX `idx_tx_hash` ON `tx` (`hash`)", "tx"),
    "block": Definition("idx_block_hash", "CREATE INDEX `idx_block_hash` ON `block` (`hash`)", "block"),
    "gov_action_proposal": Definition(
        "idx_gov_action_proposal_tx_id",
        "CREATE INDEX `idx_gov_action_proposal_tx_id` ON `gov_action_proposal` (`tx_id`)",
        "gov_action_proposal",
    ),
}
