"""`epoch_param`: the protocol parameters in force, epoch by epoch. No block has them: a node's ledger tells them at the tip."""

from __future__ import annotations

from nectar.cardano.governance import ProtocolParamUpdate
from nectar.cardano.position import TX_BITS
from nectar.processors.param_proposal import cost_model_row, parameter_columns, parameter_values
from nectar.processors.rows import Row
from nectar.tables import Column, Kind, Place, Table, Type

_BEFORE, _AFTER = parameter_columns("extra_entropy")

EPOCH_PARAM = Table(
    "epoch_param",
    "Protocol parameters of each epoch that began, or that the job came to the tip in, while it followed a node.",
    Kind.FACT,
    (
        Column(
            "id",
            Type.ID,
            "The epoch's first slot * 2 + 1.",
            source="position on the chain",
            differs="A sequence number in db-sync.",
        ),
        Column("epoch_no", Type.INT, "The epoch.", source="slot and the network's era history"),
        *_BEFORE,
        Column(
            "nonce",
            Type.HASH32,
            "The epoch's nonce.",
            null=True,
            differs="Always NULL: a node's ledger gives the parameters without it.",
        ),
        Column(
            "block_id",
            Type.ID,
            "The block after which the node was asked.",
            references="block.id",
            differs="The epoch's first block in db-sync.",
        ),
        *_AFTER,
    ),
    Place.BLOCK,
    recorded_at="block_id",
)


def epoch_param_rows(epoch: int, first_slot: int, block: int, parameters: ProtocolParamUpdate) -> tuple[Row, Row | None]:
    """The row of an epoch, and a row of `cost_model` where the epoch has cost models."""
    tx = first_slot << TX_BITS
    before, after = parameter_values(parameters, tx)
    costs = parameters.values.get(18)
    return (first_slot * 2 + 1, epoch, *before, None, block, *after), cost_model_row(costs, tx) if costs else None
