"""The names in an expression about a table's rows: its columns, the columns of dimensions that they point at, and the filter
language's words for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nectar.filterlang.kinds import T
from nectar.filterlang.scopes import MOST, U64, Field, Scope
from nectar.tables import Column, Kind, Table, Type

_TYPES = {
    Type.ID: T.INT, Type.INT: T.INT, Type.U64: T.INT, Type.LOVELACE: T.LOVELACE, Type.BOOL: T.BOOL, Type.RATIO: T.RATIO,
    Type.HASH20: T.BYTES, Type.HASH28: T.BYTES, Type.HASH29: T.STAKE_ADDRESS, Type.HASH32: T.BYTES, Type.NAME: T.BYTES,
    Type.BYTES: T.BYTES, Type.TEXT: T.TEXT, Type.LABEL: T.TEXT, Type.JSON: T.JSON, Type.TIME: T.TIME,
}  # a table, one field a row  # fmt: skip
_POINTED = {"pool_hash.id": T.POOL, "stake_address.id": T.STAKE_ADDRESS, "drep_hash.id": T.DREP, "multi_asset.id": T.ASSET}
_NAMED = {
    "policy": T.POLICY, "pledge": T.LOVELACE, "fixed_cost": T.LOVELACE, "slot_no": T.SLOT, "invalid_before": T.SLOT,
    "invalid_hereafter": T.SLOT, "epoch_no": T.EPOCH, "active_epoch_no": T.EPOCH, "retiring_epoch": T.EPOCH, "expiration": T.EPOCH,
}  # a table, one field a row  # fmt: skip
_ADDRESSES = {("tx_out", "address"), ("collateral_tx_out", "address"), ("address", "address")}
_LENGTHS = {Type.HASH20: 20, Type.HASH28: 28, Type.HASH32: 32}

_CERT = {"stake_address": "addr_id", "pool": "pool_hash_id", "drep": "drep_hash_id", "index": "cert_index"}
_HELD = {"policy": "ident.policy", "name": "ident.name", "fingerprint": "ident"}
WORDS: Mapping[str, Mapping[str, str]] = {
    "block": {"slot": "slot_no", "number": "block_no", "epoch": "epoch_no", "issuer_pool": "slot_leader_id.pool_hash_id"},
    "tx": {"is_valid": "valid_contract", "donation": "treasury_donation", "index": "block_index"},
    "tx_out": {
        "is_script": "address_has_script|address_id.has_script", "address": "address|address_id.address", "payment_cred": "payment_cred|address_id.payment_cred", "stake_address": "stake_address_id", "datum_hash": "data_hash", "ref_script_hash": "reference_script_id",
    },
    "ma_tx_out": _HELD, "ma_tx_mint": _HELD,
    "tx_metadata": {"label": "key"},
    "withdrawal": {"stake_address": "addr_id"},
    "stake_registration": _CERT, "stake_deregistration": _CERT, "delegation": _CERT, "delegation_vote": _CERT,
    "pool_update": {"pool": "hash_id"}, "pool_retire": {"pool": "hash_id", "epoch": "retiring_epoch"},
    "drep_registration": {"drep": "drep_hash_id"},
    "redeemer": {"mem": "unit_mem", "steps": "unit_steps", "data_hash": "redeemer_data_id"},
    "voting_procedure": {"role": "voter_role", "pool": "pool_voter", "drep": "drep_voter", "action_tx": "gov_action_tx_hash", "action_index": "gov_action_index"},
    "gov_action_proposal": {"kind": "type"},
}  # a table, one field a row  # fmt: skip
"""Table -> word of the language -> column, or column and the dimension's column; `|` separates choices, the first one wins."""


_LATER = {
    "block": ("previous_id",), "tx": ("deposit",), "tx_in": ("tx_out_id",), "tx_out": ("consumed_by_tx_id",),
    "collateral_tx_in": ("tx_out_id",), "reference_tx_in": ("tx_out_id",), "pool_update": ("active_epoch_no", "deposit"),
    "gov_action_proposal": ("prev_gov_action_proposal", "expiration"), "voting_procedure": ("gov_action_proposal_id",),
}  # a table, one field a row  # fmt: skip
"""Columns that follow from other rows, which may come later than the row itself."""
_OF_FIRST_SIGHT = {"script": ("type",)}
"""Columns, besides a dimension's `first`, that depend on the transaction that showed it first, which a batch does not know."""


def table_scope(table: Table, tables: Iterable[Table], *, when_made: bool = False) -> Scope:
    """The scope of a table's rows. `{t}` is the row: a tuple in Python, with `b` for the batch's rows; the table's alias in SQL.

    `when_made`: only the names whose values do not depend on other rows."""
    known = {other.name: other for other in tables}
    fields: dict[str, Field] = {}
    for at, column in enumerate(table.columns):
        if when_made and column.name in _LATER.get(table.name, ()):
            continue
        what = _field(table, column, column.name, f"{{t}}[{at}]", f'{{t}}."{column.name}"')
        if what is not None:
            fields[column.name] = what
        fields |= _pointed(column, at, known, when_made)
    for word, names in WORDS.get(table.name, {}).items():
        known_as = [name for name in names.split("|") if name in fields]
        if known_as and word not in fields:
            fields[word] = fields[known_as[0]]
    if "ident.name" in fields:
        name = fields["ident.name"]
        fields["name_text"] = Field("name_text", T.TEXT, "The name as text.", name.code, name.sql, name.null, raw=True)
    if table.name == "tx_metadata":
        json = fields["json"]
        fields["text"] = Field("text", T.TEXT, "The value as JSON text.", json.code, json.sql, json.null)
    return Scope(table.name, table.doc, fields, within=(), table=table.name)


def _field(table: Table, column: Column, name: str, code: str, sql: str, null: bool = False) -> Field | None:
    kind = _POINTED.get(column.references) or _NAMED.get(column.name) or _TYPES.get(column.type)
    if kind is None:
        return None
    if (table.name, column.name) in _ADDRESSES:
        kind = T.ADDRESS
    low, high = None, None
    if column.type is Type.U64:
        low, high = 0, U64
    elif column.type is Type.LOVELACE and column.name in ("value", "out_sum", "fee", "fees"):
        low, high = 0, MOST
    if kind is T.BOOL:
        sql = f"({sql} = 1)"
        code = f"({code} == 1)" if not (column.null or null) else f"(None if {code} is None else {code} == 1)"
    return Field(
        name, kind, column.doc, code, sql, column.null or null, length=_LENGTHS.get(column.type, 0) if kind is T.BYTES else 0,
        low=low, high=high, shown=kind is T.ADDRESS,
    )  # a table, one field a row  # fmt: skip


def _pointed(column: Column, at: int, known: Mapping[str, Table], when_made: bool) -> dict[str, Field]:
    """The columns of the dimension that a column points at."""
    name, _, key = column.references.partition(".")
    table = known.get(name)
    if table is None or table.kind is not Kind.DIMENSION or key != "id":
        return {}
    fields: dict[str, Field] = {}
    hidden = (table.first, *_OF_FIRST_SIGHT.get(name, ())) if when_made else ()
    for place, inner in enumerate(table.columns[1:], 1):
        if inner.name in hidden:
            continue
        dotted = f"{column.name}.{inner.name}"
        code = f"pointed(b, {name!r}, {{t}}[{at}], {place})"
        sql = f'(SELECT d."{inner.name}" FROM "{name}" d WHERE d."id" = {{t}}."{column.name}")'
        what = _field(table, inner, dotted, code, sql, null=True)
        if what is not None:
            fields[dotted] = what
    return fields
