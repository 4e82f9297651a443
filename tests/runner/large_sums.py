"""A chain whose amounts each fit their column and whose sums do not: of a private network with a large supply."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nectar.cardano.point import Era
from nectar.decode.checked import SIGNED
from tests.decode.handmade import ACCOUNT, ADDRESS, SLOT, body, chain_folder, transaction_hash, tx_hash
from tests.runner.jobs import between, plan_text

HALF = 1 << 62
BLOCKS = 8


def _body(number: int, *fields: tuple[int, Any], inputs: list[list[Any]] | None = None) -> Any:
    return body((0, [[tx_hash(number), 0]] if inputs is None else inputs), *fields)


def large_sums(folder: Path) -> str:
    """The plan that indexes it."""
    made = [
        _body(number, (1, [[ADDRESS, amount]]), (2, fee))
        for number, amount, fee in ((1, HALF, 1), (2, HALF, 2), (3, SIGNED, 3), (4, SIGNED, 4))
    ]
    first, second, third, fourth = ([transaction_hash(one), 0] for one in made)
    spent = _body(0, (1, [[ADDRESS, SIGNED - 5]]), (2, 5), inputs=[third])
    given = _body(0, (1, [[ADDRESS, 1]]), (2, 6), (5, {ACCOUNT: SIGNED}), (22, SIGNED), inputs=[fourth])
    beyond = _body(0, (1, [[ADDRESS, 1]]), (2, 7), inputs=[first, second])
    overdrawn = _body(0, (1, [[ADDRESS, SIGNED]]), (2, SIGNED), (5, {ACCOUNT: SIGNED}), inputs=[[transaction_hash(beyond), 0]])
    lost = _body(5, (13, [first, second]))
    whole = _body(6, (13, [third]))
    blocks: list[dict[str, Any]] = [{"bodies": [one]} for one in (*made, spent, given)]
    blocks += [{"bodies": [beyond, lost], "invalid": [1]}, {"bodies": [overdrawn, whole], "invalid": [1]}]
    source = chain_folder(folder / "immutable", Era.BABBAGE, *blocks)
    return plan_text(source, between(SLOT, SLOT + 20 * BLOCKS), network="mainnet")


TRANSACTIONS = [
    (1, None),
    (2, None),
    (3, None),
    (4, None),
    (5, 0),
    (6, SIGNED - 7),
    (7, None),
    (None, None),
    (SIGNED, None),
    (SIGNED, 0),
]
"""(fee, deposit) of each; nothing is known of the inputs of the first four."""

FEES = [1, 2, 3, 4, 5, 6, 7, None]
"""Of the blocks: the lost collateral of the last but one fits no column, and the last one's two fees do not fit together."""
