"""Processor `scripts`: scripts, datums, redeemers and cost models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from nectar.cardano.block import Block, Tx, TxOut
from nectar.cardano.governance import ParameterChange, ProtocolParamUpdate
from nectar.cardano.network import Price
from nectar.cardano.point import Era
from nectar.cardano.position import item_id, tx_id
from nectar.cardano.script import Datum, Purpose, Redeemer, Script, ScriptKind
from nectar.decode.checked import number
from nectar.decode.native_json import native_json
from nectar.decode.plutus_json import plutus_json
from nectar.decode.want import Want
from nectar.processors.param_proposal import COST_MODEL, cost_model_row
from nectar.processors.redeemer_ids import script_of
from nectar.processors.rows import Context, Row, RowBuffers, Unreadable
from nectar.tables import ITEM_PLACE, Column, Index, Kind, Place, Table, Type

NAME = "scripts"

SCRIPT = Table(
    "script",
    "Scripts that witnesses, auxiliary data and outputs showed, each once.",
    Kind.DIMENSION,
    (
        Column(
            "id",
            Type.HASH28,
            "The script's hash.",
            source="blake2b-224 of kind and bytes",
            differs="A sequence number in db-sync.",
        ),
        Column("tx_id", Type.ID, "First transaction that showed it.", references="tx.id"),
        Column("hash", Type.HASH28, "The same 28 bytes.", source="blake2b-224 of kind and bytes"),
        Column(
            "type",
            Type.LABEL,
            "multisig (first seen in Shelley), timelock, plutusV1, plutusV2 or plutusV3.",
            source="CDDL script",
        ),
        Column("json", Type.JSON, "A native script as JSON.", null=True, source="cardano-api SimpleScript"),
        Column("bytes", Type.BYTES, "A Plutus script's bytes.", null=True, source="CDDL plutus_v1_script and later"),
        Column("serialised_size", Type.INT, "Bytes of a Plutus script.", null=True),
    ),
    Place.TX,
    first="tx_id",
)

_DATUM_COLUMNS = (
    Column("id", Type.HASH32, "The datum's hash.", source="blake2b-256 of its bytes", differs="A sequence number in db-sync."),
    Column("hash", Type.HASH32, "The same 32 bytes.", source="blake2b-256 of its bytes"),
    Column("tx_id", Type.ID, "First transaction that showed it.", references="tx.id"),
    Column(
        "value",
        Type.JSON,
        "As JSON, the detailed schema; NULL for a number of more than 4,300 digits.",
        null=True,
        source="cardano-api",
    ),
    Column("bytes", Type.BYTES, "The original CBOR.", source="CDDL plutus_data"),
)

DATUM = Table("datum", "Datums of witnesses and of outputs, each once.", Kind.DIMENSION, _DATUM_COLUMNS, Place.TX, first="tx_id")
REDEEMER_DATA = Table(
    "redeemer_data", "What redeemers carry, each once.", Kind.DIMENSION, _DATUM_COLUMNS, Place.TX, first="tx_id"
)

REDEEMER = Table(
    "redeemer",
    "Redeemers: an argument and a budget for a script. Of two for the same thing the last counts.",
    Kind.FACT,
    (
        Column("id", Type.ID, f"{ITEM_PLACE} + place among the transaction's redeemers.", source="position on the chain"),
        Column("tx_id", Type.ID, "The transaction.", references="tx.id"),
        Column("unit_mem", Type.INT, "Units of memory.", source="CDDL ex_units"),
        Column("unit_steps", Type.INT, "Steps.", source="CDDL ex_units"),
        Column(
            "fee",
            Type.LOVELACE,
            "What the budget costs.",
            source="ceil(unit_mem * price + unit_steps * price)",
            differs="At the prices of the network's Alonzo genesis, which no update has changed on the public networks.",
        ),
        Column("purpose", Type.LABEL, "spend, mint, cert, reward, vote or propose.", source="CDDL redeemer_tag"),
        Column("index", Type.INT, "Place in the sorted set that the purpose points at.", source="CDDL redeemers"),
        Column(
            "script_hash",
            Type.HASH28,
            "The script.",
            null=True,
            differs="NULL for a spent output until inputs are resolved; filled for the certificates that Conway brought too.",
        ),
        Column("redeemer_data_id", Type.HASH32, "What it carries.", references="redeemer_data.id"),
    ),
    Place.IN_TX,
    (Index("idx_redeemer_tx_id", ("tx_id",)), Index("idx_redeemer_script_hash", ("script_hash",))),
)

TABLES: tuple[Table, ...] = (SCRIPT, DATUM, REDEEMER, REDEEMER_DATA, COST_MODEL)

_TYPES = {
    ScriptKind.PLUTUS_V1: "plutusV1",
    ScriptKind.PLUTUS_V2: "plutusV2",
    ScriptKind.PLUTUS_V3: "plutusV3",
}
_PURPOSES = {purpose: purpose.name.lower() for purpose in Purpose}


def want(options: Mapping[str, Any]) -> Want:
    """Everything that redeemers point at, and parameter updates for their cost models."""
    return Want.TXS | Want.OUTPUTS | Want.ASSETS | Want.SCRIPTS | Want.CERTIFICATES | Want.WITHDRAWALS | Want.GOVERNANCE


def tables(options: Mapping[str, Any]) -> tuple[Table, ...]:
    return TABLES


def rows(block: Block, out: RowBuffers, context: Context) -> None:
    """Rows of scripts, datums, redeemers and cost models. A failed transaction has only its collateral return's (db-sync)."""
    prices = context.network.execution_prices
    native = "multisig" if block.era is Era.SHELLEY else "timelock"
    for tx in block.txs:
        try:
            _shown(tx, tx_id(block.slot, tx.index), out, native)
        except ValueError as error:
            raise Unreadable(tx.index, "body.outputs.script_ref", error) from error
        try:
            if tx.is_valid and (tx.scripts or tx.datums or tx.redeemers or tx.update is not None or tx.proposals):
                _witnessed(tx, tx_id(block.slot, tx.index), out, prices, native)
        except ValueError as error:
            raise Unreadable(tx.index, "witness_set", error) from error


def _shown(tx: Tx, this: int, out: RowBuffers, native: str) -> None:
    for place in _shown_by(tx):
        if place.script is not None:
            _script(place.script, this, out, native)
        if place.inline_datum is not None:
            _datum(place.inline_datum, this, out.dimensions["datum"])


def _witnessed(tx: Tx, this: int, out: RowBuffers, prices: tuple[Price, Price], native: str) -> None:
    for script in tx.scripts:
        _script(script, this, out, native)
    for datum in tx.datums:
        _datum(datum, this, out.dimensions["datum"])
    _redeemers(tx, this, out, prices)
    for costs in _cost_models(tx):
        row = cost_model_row(costs, this)
        out.dimensions["cost_model"].setdefault(row[0], row)


def _shown_by(tx: Tx) -> Iterator[TxOut]:
    """Outputs whose datum and script become rows, the unused collateral return too: `collateral_tx_out` names them (db-sync)."""
    if tx.is_valid:
        yield from tx.outputs
    if tx.collateral_return is not None:
        yield tx.collateral_return


def _script(script: Script, this: int, out: RowBuffers, native: str) -> None:
    known = out.dimensions["script"]
    if script.hash in known:
        return
    if script.kind is ScriptKind.NATIVE:
        known[script.hash] = (script.hash, this, script.hash, native, native_json(script.raw), None, None)
        return
    known[script.hash] = (script.hash, this, script.hash, _TYPES[script.kind], None, script.raw, len(script.raw))


def _datum(datum: Datum, this: int, known: dict[Any, Row]) -> None:
    if datum.hash not in known:
        known[datum.hash] = (datum.hash, datum.hash, this, _as_json(datum.raw), datum.raw)


def _as_json(raw: bytes) -> str | None:
    try:
        return plutus_json(raw)
    except ValueError:
        return None


def _redeemers(tx: Tx, this: int, out: RowBuffers, prices: tuple[Price, Price]) -> None:
    for place, redeemer in _effective(tx.redeemers):
        _datum(redeemer.data, this, out.dimensions["redeemer_data"])
        out.facts["redeemer"].append(
            (
                item_id(this, place, "redeemer"),
                this,
                redeemer.mem,
                redeemer.steps,
                number(fee(redeemer, prices)),
                _PURPOSES[redeemer.purpose],
                redeemer.index,
                script_of(tx, redeemer),
                redeemer.data.hash,
            )
        )


def _effective(redeemers: Sequence[Redeemer]) -> Iterable[tuple[int, Redeemer]]:
    """(index in the witness set, redeemer). An array can have two for one purpose and index; the ledger's map keeps the last."""
    return {(redeemer.purpose, redeemer.index): (place, redeemer) for place, redeemer in enumerate(redeemers)}.values()


def fee(redeemer: Redeemer, prices: tuple[Price, Price]) -> int:
    """The fee in lovelace for a redeemer's budget, rounded up, computed in whole numbers (ledger: `txscriptfee`)."""
    (mem_top, mem_bottom), (step_top, step_bottom) = prices
    top = redeemer.mem * mem_top * step_bottom + redeemer.steps * step_top * mem_bottom
    return -(-top // (mem_bottom * step_bottom))


def _cost_models(tx: Tx) -> Iterator[Mapping[int, Any]]:
    updates: list[ProtocolParamUpdate] = []
    if tx.update is not None:
        updates += [update for _, update in tx.update.proposals]
    if tx.proposals:
        updates += [proposal.action.update for proposal in tx.proposals if isinstance(proposal.action, ParameterChange)]
    for update in updates:
        if 18 in update.values:
            yield update.values[18]
