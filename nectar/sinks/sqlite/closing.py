"""Columns that follow from other rows: filled by SQL over sets once the rows are there (see `seam.Closing`).

Each statement touches only rows that miss the value and whose sources are all present, so that it can run after any range,
twice, or in another order and come to the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nectar.sinks.seam import Closing
from nectar.tables import Table

_OUT_OF_INPUT = "o.id = i.tx_out_id * 4096 + i.tx_out_index"
_ITEMS_OF_TX = "BETWEEN tx.id * 4096 AND tx.id * 4096 + 4095"


def _resolve(table: str) -> Closing:
    """The spending row learns which transaction made the output it names."""
    return Closing(
        f"{table}: which transaction made the output",
        f"""UPDATE {table} SET tx_out_id = (SELECT tx.id FROM tx WHERE tx.hash = {table}.tx_out_hash)
            WHERE tx_out_id IS NULL AND id BETWEEN :low * 4096 AND :high * 4096 + 4095""",
    )


_CONSUMED = Closing(
    "tx_out: which transaction spent it",
    """UPDATE tx_out SET consumed_by_tx_id = i.tx_in_id FROM tx_in AS i
       WHERE i.tx_out_id IS NOT NULL AND i.id BETWEEN :low * 4096 AND :high * 4096 + 4095
         AND tx_out.id = i.tx_out_id * 4096 + i.tx_out_index AND tx_out.consumed_by_tx_id IS NULL""",
)

# Every input's output is there: only then do the sums mean anything.
_ALL_KNOWN = f"""NOT EXISTS (SELECT 1 FROM tx_in AS i LEFT JOIN tx_out AS o ON {_OUT_OF_INPUT}
                            WHERE i.id {_ITEMS_OF_TX} AND o.id IS NULL)"""
_INPUTS = f"(SELECT coalesce(sum(o.value), 0) FROM tx_in AS i JOIN tx_out AS o ON {_OUT_OF_INPUT} WHERE i.id {_ITEMS_OF_TX})"

_FEE = Closing(
    "tx: fee of Byron's and of failed ones",
    f"""UPDATE tx SET fee = {_INPUTS} - out_sum
        WHERE fee IS NULL AND id BETWEEN :low AND :high AND {_ALL_KNOWN}""",
)

_BLOCK_FEES = Closing(
    "block: fees with those",
    """UPDATE block SET fees = (SELECT sum(coalesce(t.fee, 0)) FROM tx AS t
                                WHERE t.id BETWEEN ((block.id >> 1) << 16) AND ((block.id >> 1) << 16) + 65535)
       WHERE id IN (SELECT block_id FROM temp.fee_unknown)""",
)

_DEPOSIT = Closing(
    "tx: deposit",
    f"""UPDATE tx SET deposit = CASE WHEN valid_contract = 0 THEN 0 ELSE
              {_INPUTS} + (SELECT coalesce(sum(w.amount), 0) FROM withdrawal AS w WHERE w.id {_ITEMS_OF_TX})
              - out_sum - fee - treasury_donation END
        WHERE deposit IS NULL AND fee IS NOT NULL AND id BETWEEN :low AND :high AND {_ALL_KNOWN}""",
)

_PREVIOUS = Closing(
    "block: the one before",
    """UPDATE block SET previous_id = (SELECT p.id FROM block AS p WHERE p.hash = block.previous_hash)
       WHERE previous_id IS NULL AND id BETWEEN (:low >> 16) * 2 AND (:high >> 16) * 2 + 1""",
)


def _script_hash(credential: str, join: str) -> Closing:
    return Closing(
        "redeemer: script of a spent output",
        f"""UPDATE redeemer SET script_hash = {credential} FROM tx_in AS i JOIN tx_out AS o ON {_OUT_OF_INPUT} {join}
            WHERE i.redeemer_id = redeemer.id AND i.redeemer_id IS NOT NULL AND redeemer.script_hash IS NULL
              AND redeemer.purpose = 'spend' AND i.id BETWEEN :low * 4096 AND :high * 4096 + 4095""",
    )


_ACTIVE_EPOCH = Closing(
    "pool_update: active epoch",
    """UPDATE pool_update SET active_epoch_no =
         (SELECT b.epoch_no FROM tx AS t JOIN block AS b ON b.id = t.block_id WHERE t.id = pool_update.registered_tx_id)
         + CASE WHEN EXISTS (SELECT 1 FROM pool_update AS e WHERE e.hash_id = pool_update.hash_id AND e.id < pool_update.id)
                THEN 3 ELSE 2 END
       WHERE active_epoch_no IS NULL""",
    from_origin=True,
)


def _action(table: str, column: str, tx_hash: str, index: str) -> Closing:
    return Closing(
        f"{table}: the governance action it names",
        f"""UPDATE {table} SET {column} = (SELECT p.id FROM tx JOIN gov_action_proposal AS p
                ON p.id = tx.id * 4096 + {table}.{index} WHERE tx.hash = {table}.{tx_hash})
            WHERE {column} IS NULL AND {tx_hash} IS NOT NULL AND id BETWEEN :low * 4096 AND :high * 4096 + 4095""",
    )


def closing(tables: Sequence[Table]) -> tuple[Closing, ...]:
    """The statements that a plan with these tables can run, in the order in which they build on each other."""
    there: Mapping[str, Table] = {table.name: table for table in tables}
    chosen: list[Closing] = []
    if "block" in there:
        chosen.append(_PREVIOUS)
    if "tx" in there:
        chosen += [_resolve(name) for name in ("tx_in", "collateral_tx_in", "reference_tx_in")]
        chosen += [_CONSUMED, _FEE]
        if "block" in there:
            chosen.append(_BLOCK_FEES)
        if "withdrawal" in there:
            chosen.append(_DEPOSIT)
        if "redeemer" in there:
            by_id = "address_id" in there["tx_out"].column_names
            join = "JOIN address AS a ON a.id = o.address_id" if by_id else ""
            chosen.append(_script_hash("a.payment_cred" if by_id else "o.payment_cred", join))
        if "gov_action_proposal" in there:
            chosen.append(_action("voting_procedure", "gov_action_proposal_id", "gov_action_tx_hash", "gov_action_index"))
            chosen.append(_action("gov_action_proposal", "prev_gov_action_proposal", "prev_tx_hash", "prev_index"))
    if {"block", "tx", "pool_update"} <= there.keys():
        chosen.append(_ACTIVE_EPOCH)
    return tuple(chosen)


def needs_hashes(tables: Sequence[Table]) -> tuple[str, ...]:
    """Indexes that the statements look rows up by; they are built before them even when the plan wants none."""
    names = {table.name for table in tables}
    return tuple(sql for name, sql in _LOOKUPS.items() if name in names)


_LOOKUPS = {
    "tx": "CREATE INDEX IF NOT EXISTS idx_tx_hash ON tx (hash)",
    "block": "CREATE INDEX IF NOT EXISTS idx_block_hash ON block (hash)",
}
