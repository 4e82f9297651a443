"""`python -m nectar.compiler.table_reference > docs/tables.md`: the table reference, from what the processors declare."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator

from nectar.cardano.position import ITEMS
from nectar.compiler.ddl import mysql, sqlite
from nectar.compiler.internal_tables import OWN_TABLES, SERVER_TABLES, key_of
from nectar.config.complaints.schema import load_schema
from nectar.processors.registry import PROCESSORS
from nectar.tables import ITEM_PLACE, TX_PLACE, Kind, Place, Table

INTRODUCTION = f"""\
# Tables

<!-- Generated from what the processors declare by `python -m nectar.compiler.table_reference > docs/tables.md`.
     A test keeps it current. -->

After this page you know every table and column that a plan can fill, and how to query them by id.

Names and meanings are cardano-db-sync's. Where Nectar differs, the last column says so. Three differences hold everywhere:

* **An id is a place on the chain**, not a sequence: `block.id` = slot * 2 + (0 for a Byron boundary block, else 1);
  `tx.id` = {TX_PLACE} + index in the block; an item of a transaction has {ITEM_PLACE} + index. Genesis rows have
  negative ids.
* **The id of a dimension row is its own hash** (`stake_address.id` is the 29 bytes of the reward address, `pool_hash.id` the 28
  of the pool's key hash, ...). The row keeps the id of the transaction that first showed it.
* There are no foreign keys; "points at" says which column a value refers to.

| kind | key | rolled back by |
|---|---|---|
| fact | a place on the chain | `DELETE .. WHERE id >= bound` |
| dimension | its own hash | `DELETE .. WHERE` its first sight `>= bound` |
| derived | computed from other tables | computing it again |
| single | written once | nothing |

MySQL's types are TiDB's and MariaDB's too. In SQLite an unsigned 64-bit number is an INTEGER below 2^63 and text of 20 digits
from there on ([why](decisions/0003-u64-in-sqlite.md)); hashes are raw bytes everywhere.

## Ids above 2^53

An id is a signed 64-bit number. Most ids of a transaction's items are above 2^53 = 9,007,199,254,740,992: all those of
blocks after slot {(1 << 53) // Place.IN_TX.value:,}. `block.id` and `tx.id` stay below. A program that keeps numbers as 64-bit
floats rounds the large ones silently, and a join by them finds the wrong row or none: JavaScript's `Number` and
`JSON.parse`, jq, spreadsheets, and BI tools that show a BIGINT as a decimal number. What to do:

* In JavaScript read BIGINT as `BigInt` or as text: `supportBigNumbers` with `bigNumberStrings` (mysql, mysql2),
  `safeIntegers()` (better-sqlite3), `readBigInts` (node:sqlite).
* Elsewhere select the id as text: `CAST(id AS CHAR)` in MySQL, `CAST(id AS TEXT)` in SQLite. In a BI tool set the column's
  type to text, or leave ids out of the model and show hashes.
* Send ids through JSON as strings.
* Join in SQL, where ids are exact. Amounts of lovelace can be above 2^53 too, from 9,007,199,254 ada on.

## Joins by id

The rows of a transaction are a range of ids, so most tables have no index on `tx_id`: the primary key answers. Write the range,
and a query reads a few rows instead of a whole table:

| rows | write | do not write |
|---|---|---|
| outputs of a transaction | `o.id BETWEEN t.id * {ITEMS} AND t.id * {ITEMS} + {ITEMS - 1}` | `o.tx_id = t.id` |
| the output that an input spends | `o.id = i.tx_out_id * {ITEMS} + i.tx_out_index` | `o.tx_id = i.tx_out_id AND ..` |
| transactions of a block | `t.block_id = b.id`, which has an index | |

The range holds for every fact whose id is a transaction's id * 2^16 + an index. `tx_out.consumed_by_tx_id` is the
transaction that spent an output.
"""

ABSENT: dict[str, tuple[str, ...]] = {
    "They are the ledger's state, which no block holds": (
        "ada_pots",
        "drep_distr",
        "epoch_stake",
        "epoch_stake_progress",
        "epoch_state",
        "pool_stat",
        "reward",
        "reward_rest",
    ),
    "Their rows come from elsewhere than the chain": (
        "delisted_pool",
        "off_chain_pool_data",
        "off_chain_pool_fetch_error",
        "off_chain_vote_author",
        "off_chain_vote_data",
        "off_chain_vote_drep_data",
        "off_chain_vote_external_update",
        "off_chain_vote_fetch_error",
        "off_chain_vote_gov_action_data",
        "off_chain_vote_reference",
        "reserved_pool_ticker",
    ),
    "They are db-sync's own bookkeeping": ("epoch_sync_time", "event_info", "extra_migrations", "reverse_index"),
}
"""Tables of cardano-db-sync 13.7 that no processor fills, and why."""

VIEWS = """\
## Views

`utxo_view` has the rows of `tx_out` that nothing has spent, without those of genesis, as db-sync's view of that name. Every plan
with all outputs and inputs has it: no filter, `resolve_inputs` not `"off"`. It is true once the passes after loading are done,
for outputs from the plan's start on. Plans have [views of their own](filter-language.md#views) too.
"""

WIDTH = 130  # characters of a line of prose, as on every page

PLACES = {Place.BLOCK: "block", Place.TX: "transaction", Place.IN_TX: "item of a transaction"}


def table_page() -> str:
    """The whole page, ending in a newline."""
    return "\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    yield INTRODUCTION
    seen: dict[str, str] = {}
    for name, processor in PROCESSORS.items():
        yield f"## Processor `{name}`\n"
        for table in processor.TABLES:
            if table.name in seen:
                yield f"### `{table.name}`\n\nShared: see processor [`{seen[table.name]}`](#{table.name}) above.\n"
                continue
            seen[table.name] = name
            yield from _table(table)
            yield from _variants(name, table)
    yield "## Nectar's own tables\n\nEvery database has these tables, whatever the plan; two of them only on servers.\n"
    for own in (*OWN_TABLES, *SERVER_TABLES):
        yield from _table(own)
    yield VIEWS
    yield "## Tables of db-sync that Nectar does not have\n\nThe tables above have every column of db-sync 13.7's.\n"
    for why, names in ABSENT.items():
        yield _wrapped(f"* {why}: {', '.join(f'`{name}`' for name in names)}.", indent="  ")


def _table(table: Table) -> Iterator[str]:
    yield f"### `{table.name}`\n\n{table.doc}\n"
    yield f"{_keyed(table)}\n"
    yield from _columns(table)
    if table.indexes:
        yield ""
        yield from _indexes(table)
    yield ""


def _variants(processor: str, table: Table) -> Iterator[str]:
    """The same table with other columns, where an option of the processor asks for that."""
    for option in _switches(processor):
        for other in PROCESSORS[processor].tables({option: True}):
            if other.name == table.name and other.columns != table.columns:
                yield f"With `{processor} = {{ {option} = true }}` its columns are:\n"
                yield from _columns(other)
                yield ""


def _switches(processor: str) -> list[str]:
    """The processor's options that are true or false."""
    options = load_schema("plan")["properties"]["processors"]["properties"][processor].get("properties", {})
    return [name for name, schema in options.items() if schema["type"] == "boolean"]


def _keyed(table: Table) -> str:
    key = ", ".join(f"`{name}`" for name in key_of(table))
    where = f", counted by {PLACES[table.place]}" if table.place and table.kind is Kind.FACT else ""
    first = f", first seen in `{table.first}`" if table.first else ""
    return f"{table.kind.value.capitalize()}; key {key}{where}{first}."


def _columns(table: Table) -> Iterator[str]:
    yield "| column | SQLite | MySQL, TiDB | null | meaning | source | points at | differs from db-sync |"
    yield "|---|---|---|---|---|---|---|---|"
    for column in table.columns:
        cells = (
            f"`{column.name}`",
            sqlite.column_type(table, column),
            mysql.column_type(table, column),
            "yes" if column.null else "",
            column.doc,
            column.source,
            f"`{column.references}`" if column.references else "",
            column.differs,
        )
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _indexes(table: Table) -> Iterator[str]:
    yield _wrapped(
        "Indexes: "
        + "; ".join(
            f"`{index.name}` on {', '.join(f'`{name}`' for name in index.columns)}"
            f"{', unique' if index.unique else ''}{', kept while loading' if index.essential else ''}"
            for index in table.indexes
        )
        + "."
    )


def _wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    sys.stdout.write(table_page())
