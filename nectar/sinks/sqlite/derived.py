"""How SQLite derives columns from other rows (see `sinks.derived`)."""

from __future__ import annotations

from collections.abc import Sequence

from nectar.cardano.position import ITEMS, TX_BITS
from nectar.sinks.base import Definition
from nectar.sinks.derived import Spelling
from nectar.tables import Table, item_ids

_OUT_OF_INPUT = f"o.id = i.tx_out_id * {ITEMS} + i.tx_out_index"
_ITEMS_OF_TX = item_ids("tx.id")
_ITEMS_OF_ALL = item_ids(":low", ":high")
_TXS = "BETWEEN :low AND :high"
_BEYOND = f"{1 << 63}.0"


def _resolve(table: str) -> str:
    return f"""UPDATE {table} SET tx_out_id = made.id FROM tx AS made
            WHERE made.hash = {table}.tx_out_hash AND tx_out_id IS NULL AND {table}.id {_ITEMS_OF_ALL}"""


_CONSUMED = f"""
    UPDATE tx_out SET consumed_by_tx_id = i.tx_in_id FROM tx_in AS i
        WHERE i.tx_out_id IS NOT NULL AND i.id {_ITEMS_OF_ALL}
          AND tx_out.id = i.tx_out_id * {ITEMS} + i.tx_out_index AND tx_out.consumed_by_tx_id IS NULL"""

# The sums mean something only if the output of every input exists.
_ALL_KNOWN = f"""NOT EXISTS (SELECT 1 FROM tx_in AS i LEFT JOIN tx_out AS o ON {_OUT_OF_INPUT}
                             WHERE i.id {_ITEMS_OF_TX} AND o.id IS NULL)"""


def _sum(column: str) -> str:
    """A sum in two halves: 0 without rows, NULL beyond 63 bits, where SQLite's own sum() is an error."""
    high, low = f"coalesce(sum({column} >> 32), 0)", f"coalesce(sum({column} & 0xFFFFFFFF), 0)"
    return f"CASE WHEN {high} + ({low} >> 32) < 0x80000000 THEN ({high} << 32) + {low} END"


def _whole(number: str) -> str:
    """NULL beyond 63 bits: SQLite makes a REAL of such a number, and no INTEGER column takes it."""
    return f"nullif(nullif(max(min({number}, {_BEYOND}), -{_BEYOND}), {_BEYOND}), -{_BEYOND})"


_INPUT_SUM = f"(SELECT {_sum('o.value')} FROM tx_in AS i JOIN tx_out AS o ON {_OUT_OF_INPUT} WHERE i.id {_ITEMS_OF_TX})"

# Byron's transactions, and failed ones that do not say what they lose: what went in less what came out.
_FEE = f"UPDATE tx SET fee = {_INPUT_SUM} - out_sum WHERE fee IS NULL AND id {_TXS} AND {_ALL_KNOWN}"

# Their blocks counted these fees as 0. A block's fees also hold those of transactions that filters left out of `tx`.
_FEE_WITH_BLOCKS = f"""
    CREATE TEMP TABLE IF NOT EXISTS fee_unknown (id INTEGER PRIMARY KEY, block_id INTEGER NOT NULL) STRICT;
    DELETE FROM temp.fee_unknown;
    INSERT INTO temp.fee_unknown SELECT id, block_id FROM tx WHERE fee IS NULL AND id {_TXS};
    {_FEE};
    UPDATE block SET fees = CASE typeof(fees + found.fee) WHEN 'integer' THEN fees + found.fee END
      FROM (SELECT u.block_id, {_sum("t.fee")} AS fee FROM temp.fee_unknown AS u JOIN tx AS t ON t.id = u.id
            WHERE t.fee IS NOT NULL GROUP BY u.block_id) AS found
     WHERE block.id = found.block_id"""

# In this order no intermediate result is larger than the transaction's inputs or outputs.
_LEFT = _whole(f"{_INPUT_SUM} - out_sum - fee - treasury_donation")
_WITHDRAWN = f"(SELECT {_sum('w.amount')} FROM withdrawal AS w WHERE w.id {_ITEMS_OF_TX})"
_DEPOSIT = f"""
    UPDATE tx SET deposit = CASE WHEN valid_contract = 0 THEN 0 ELSE {_whole(f"{_LEFT} + {_WITHDRAWN}")} END
        WHERE deposit IS NULL AND fee IS NOT NULL AND id {_TXS} AND {_ALL_KNOWN}"""

_PREVIOUS = f"""
    UPDATE block SET previous_id = before.id FROM block AS before
       WHERE before.hash = block.previous_hash AND block.previous_id IS NULL
         AND block.id BETWEEN (:low >> {TX_BITS}) * 2 AND (:high >> {TX_BITS}) * 2 + 1"""


def _script_hash(credential: str, join: str) -> str:
    return f"""UPDATE redeemer SET script_hash = {credential} FROM tx_in AS i JOIN tx_out AS o ON {_OUT_OF_INPUT} {join}
            WHERE i.redeemer_id = redeemer.id AND redeemer.script_hash IS NULL
              AND redeemer.purpose = 'spend' AND i.id {_ITEMS_OF_ALL}"""


# db-sync (Insert/Pool.hs): two epochs after a registration, three after a change of a pool that is registered at the end of
# the block before. A pool is gone once the epoch of its last announced retirement has begun, unless it registered again.
_ACTIVE_EPOCH = f"""
       WITH certificate AS (
           SELECT hash_id, registered_tx_id AS tx, cert_index, NULL AS retiring, id FROM pool_update
           UNION ALL SELECT hash_id, announced_tx_id, cert_index, retiring_epoch, NULL FROM pool_retire),
         followed AS (
           SELECT id, tx, lag(tx) OVER w AS before, lag(retiring) OVER w AS retiring FROM certificate
           WINDOW w AS (PARTITION BY hash_id ORDER BY tx, cert_index))
       UPDATE pool_update SET active_epoch_no = coalesce(b.epoch_no, 0)
         + CASE WHEN f.before IS NULL OR f.retiring <=
                  (SELECT p.epoch_no FROM block AS p WHERE p.id < b.id ORDER BY p.id DESC LIMIT 1) THEN 2 ELSE 3 END
       FROM followed AS f JOIN tx AS t ON t.id = f.tx JOIN block AS b ON b.id = t.block_id
       WHERE f.id = pool_update.id AND active_epoch_no IS NULL AND pool_update.id {_ITEMS_OF_ALL}"""


def _action(table: str, column: str, tx_hash: str, index: str) -> str:
    return f"""UPDATE {table} SET {column} = p.id FROM tx JOIN gov_action_proposal AS p ON p.tx_id = tx.id
            WHERE tx.hash = {table}.{tx_hash} AND p."index" = {table}.{index} AND {table}.{column} IS NULL
              AND {table}.id {_ITEMS_OF_ALL}"""


SPELLING = Spelling(_PREVIOUS, _resolve, _CONSUMED, _FEE, _FEE_WITH_BLOCKS, _DEPOSIT, _script_hash, _action, _ACTIVE_EPOCH)


def look_ups(tables: Sequence[Table]) -> tuple[Definition, ...]:
    """The indexes by which the statements find rows."""
    names = {table.name for table in tables}
    return tuple(_LOOK_UPS[name] for name in _LOOK_UPS if name in names)


_LOOK_UPS = {
    "tx": Definition("idx_tx_hash", 'CREATE INDEX IF NOT EXISTS "idx_tx_hash" ON "tx" ("hash")'),
    "block": Definition("idx_block_hash", 'CREATE INDEX IF NOT EXISTS "idx_block_hash" ON "block" ("hash")'),
    "gov_action_proposal": Definition(
        "idx_gov_action_proposal_tx_id",
        'CREATE INDEX IF NOT EXISTS "idx_gov_action_proposal_tx_id" ON "gov_action_proposal" ("tx_id")',
    ),
}
