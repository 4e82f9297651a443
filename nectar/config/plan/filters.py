"""What a plan says of filters, views and tests. Expressions stay texts, which `compiler.load` parses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field

from nectar.config.keys import FilePath, Keys, Listed, allowed
from nectar.config.plan.bound_forms import Slot
from nectar.config.plan.filter_entries import AddressEntry, as_address_entry, as_pool_entry

MOST_LOVELACE = 45_000_000_000_000_000
MOST_ENTRIES = 10_000

TxType: TypeAlias = Literal["mint", "burn", "script", "certificate", "withdrawal", "metadata", "governance"]
Expression = Annotated[str, Field(json_schema_extra={"minLength": 1})]
_ENTRY = Annotated[str, Field(description="One entry.")]
_LIST = {"minItems": 1, "uniqueItems": True}


def _by_name(rows: Any) -> Any:
    return tuple(sorted(rows.items())) if isinstance(rows, Mapping) else rows


class FilterShorthands(Keys):
    """The keys of [filters] that stand for expressions.

    Entries of one list combine with or, the four filters with and. Empty lists and 0 keep everything. `pools` are 28-byte key
    hashes; `min_transaction_value` compares with the sum of the transaction's outputs.
    """

    addresses: Annotated[
        tuple[Annotated[AddressEntry, BeforeValidator(as_address_entry, json_schema_input_type=_ENTRY)], ...],
        Field(
            alias="address_filter",
            max_length=MOST_ENTRIES,
            description="Keep transactions with an output at, or a withdrawal from, one of these: bech32 or base58 addresses, "
            "stake addresses (every address that delegates with them), or the beginning of either followed by .*",
            json_schema_extra=_LIST,
        ),
        Listed,
    ] = ()
    min_transaction_value: Annotated[
        int,
        Field(
            ge=0,
            le=MOST_LOVELACE,
            description="Keep transactions whose outputs sum up to at least this many lovelace (1 ada is 1000000).",
        ),
    ] = 0
    skip_tx_types: Annotated[
        tuple[Annotated[TxType, Field(description="A type of transaction.")], ...],
        AfterValidator(lambda types: tuple(sorted(types))),
        Field(
            description="Drop transactions that do any of these: mint (creates tokens), burn (destroys tokens), script (runs a "
            "Plutus script), certificate, withdrawal, metadata, governance (votes or proposes).",
            json_schema_extra=_LIST,
        ),
        Listed,
    ] = ()
    pools: Annotated[
        tuple[Annotated[bytes, BeforeValidator(as_pool_entry, json_schema_input_type=_ENTRY)], ...],
        Field(
            alias="pool_filter",
            max_length=MOST_ENTRIES,
            description="Keep transactions that name one of these stake pools in a certificate (registration, retirement, "
            "delegation) or vote as one: pool1.. ids, or the 56 hex digits of the pool's key hash.",
            json_schema_extra=_LIST,
        ),
        Listed,
    ] = ()


class Filters(FilterShorthands):
    """Which transactions are kept. Entries of one list combine with or, different filters with and. Without filters
    every transaction is kept."""

    # Empty when it is not said.
    where: Annotated[
        Expression,
        Field(
            description="Which transactions are kept, as an expression of the filter language (docs/filter-language.md). "
            "Combines with the other filters with and.",
            json_schema_extra={"examples": ['any(outputs, address like "addr1*" and value >= 1 ada) and not has_burn']},
        ),
    ] = ""
    keep: Annotated[
        Literal["row", "tx", "block"],
        Field(
            description="What a match keeps: tx, the whole transaction; row, its tx row and of the collections that the filter "
            "looks into the rows that match; block, every transaction of its block."
        ),
    ] = "tx"
    on_unknown: Annotated[
        Literal["drop", "keep", "error"],
        Field(
            description="A transaction for which the filter has no answer (an input whose output the run has not seen, a fee of "
            "Byron): drop it, keep it, or stop with an error."
        ),
    ] = "drop"
    # (table, expression), by the tables' names.
    rows: Annotated[
        tuple[tuple[str, str], ...],
        BeforeValidator(
            _by_name,
            json_schema_input_type=dict[
                str,
                Annotated[
                    Expression, Field(description="Which rows of the table are kept, as an expression of the filter language.")
                ],
            ],
        ),
        Field(description="Further filters of rows, by table: an expression about the table's columns."),
    ] = ()


class View(Keys):
    """A view."""

    name: Annotated[
        str,
        Field(
            pattern="^[a-z][a-z0-9_]{0,62}$",
            description="The view's name.",
            json_schema_extra=allowed("lower case letters, digits and _, a letter first"),
        ),
    ]
    table: Annotated[
        str,
        Field(
            alias="from",
            description="The table whose rows it shows. From tx, the expression can be about everything that a transaction has.",
        ),
    ]
    where: Annotated[Expression, Field(description="Which rows it shows, as an expression of the filter language.")]


class PlanTest(Keys):
    """A test."""

    name: Annotated[str, Field(min_length=1, description="What is tested.")]
    path: Annotated[
        FilePath | None,
        Field(
            description="The folder with the chunk files; left out: the plan's own source.",
            json_schema_extra=allowed("the path of a folder"),
        ),
    ] = None
    slots: Annotated[
        tuple[Annotated[Slot, Field(description="A slot.")], ...],
        Field(min_length=2, max_length=2, description="First and last slot; a block is [its slot, its slot]."),
        Listed,
    ]
    # (table, rows), by the tables' names.
    rows: Annotated[
        tuple[tuple[str, int], ...],
        BeforeValidator(
            _by_name, json_schema_input_type=dict[str, Annotated[int, Field(ge=0, le=1_000_000_000, description="How many.")]]
        ),
        Field(description="Rows that each table must get from those slots."),
    ]

    @property
    def first(self) -> int:
        return self.slots[0]

    @property
    def last(self) -> int:
        return self.slots[1]
