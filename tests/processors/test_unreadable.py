"""Parts that are read only when rows are made of them: which transaction and which part is not what the CDDL says."""

from __future__ import annotations

import pytest

from nectar.cardano.block import Metadatum, Tx, TxOut
from nectar.cardano.script import Script, ScriptKind
from nectar.processors.rows import Unreadable
from tests.processors.making import EMPTY_TX, block_of, rows_of

BROKEN_SCRIPT = Script(ScriptKind.NATIVE, b"h" * 28, b"\x81\x09")
OUTPUT = TxOut(0, b"\x61" + bytes(28), 1, (), None, None, None)

PARTS: dict[str, tuple[str, Tx, str]] = {
    "a reference script": (
        "scripts",
        EMPTY_TX._replace(outputs=[OUTPUT._replace(script=BROKEN_SCRIPT)]),
        "transaction_bodies[1].outputs.script_ref",
    ),
    "a witnessed script": ("scripts", EMPTY_TX._replace(scripts=[BROKEN_SCRIPT]), "transaction_witness_sets[1]"),
    "metadata": ("metadata", EMPTY_TX._replace(metadata=[Metadatum(1, b"\x81")]), "auxiliary_data_set[1].metadata"),
}


@pytest.mark.parametrize("name", PARTS)
def test_which_transaction_and_which_part(name: str) -> None:
    processor, tx, path = PARTS[name]
    with pytest.raises(Unreadable) as refused:
        rows_of(processor, [block_of(EMPTY_TX, tx)])
    assert refused.value.path.endswith(path)
    assert refused.value.why
