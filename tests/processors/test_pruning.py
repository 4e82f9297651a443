"""Things after rows were taken out: those that a row still names, each first seen where the first of these rows stands."""

from __future__ import annotations

import pytest

from nectar.cardano.position import block_id, item_id, tx_id
from nectar.processors.pruning import every_dimension, keep_named
from nectar.processors.rows import RowBuffers
from nectar.tables import Column, Kind, Place, Table, Type

SLOT, INDEX, ITEM = 140_000_000, 7, 3
TX = tx_id(SLOT, INDEX)
IDS = {Place.BLOCK: block_id(SLOT, False), Place.TX: TX, Place.IN_TX: item_id(TX, ITEM, "fact")}
FIRST = {
    (Place.BLOCK, Place.BLOCK): IDS[Place.BLOCK],
    (Place.TX, Place.BLOCK): IDS[Place.BLOCK],
    (Place.IN_TX, Place.BLOCK): IDS[Place.BLOCK],
    (Place.BLOCK, Place.TX): tx_id(SLOT, 0),
    (Place.TX, Place.TX): TX,
    (Place.IN_TX, Place.TX): TX,
}


def thing(name: str, place: Place, names: str | None = None) -> Table:
    columns = [Column("id", Type.BYTES, "Key."), Column("text", Type.TEXT, "Any.")]
    if names is not None:
        columns.append(Column("other", Type.BYTES, "Another thing.", null=True, references=f"{names}.id"))
    return Table(name, "Things.", Kind.DIMENSION, (*columns, Column("seen", Type.ID, "First sight.")), place, first="seen")


def fact(place: Place, *names: str) -> Table:
    named = tuple(Column(f"of_{name}", Type.BYTES, "A thing.", null=True, references=f"{name}.id") for name in names)
    return Table(
        "fact", "Facts.", Kind.FACT, (Column("id", Type.ID, "Place."), Column("number", Type.U64, "Any."), *named), place
    )


@pytest.mark.parametrize(("rows", "things"), list(FIRST))
def test_a_thing_is_first_seen_where_the_first_row_that_names_it_stands(rows: Place, things: Place) -> None:
    dimension, facts = thing("thing", things), fact(rows, "thing")
    out = RowBuffers((facts, dimension))
    later = IDS[rows] + 1_000_000 * rows.value
    out.facts["fact"] = [(later, 1, b"named"), (IDS[rows], 2, b"named"), (later, 3, b"later"), (IDS[rows], b"number", None)]
    out.dimensions["thing"] = {key: (key, f"text of {key!r}", 5) for key in (b"named", b"later", b"number", b"unnamed")}
    keep_named(out, (facts, dimension), (dimension,))
    kept = out.dimensions["thing"]
    assert kept.keys() == {b"named", b"later"}
    assert kept[b"named"] == (b"named", "text of b'named'", FIRST[rows, things])
    assert kept[b"later"][2] > kept[b"named"][2]


def test_a_thing_that_a_kept_thing_names_is_kept() -> None:
    inner, outer = thing("inner", Place.TX), thing("outer", Place.TX, names="inner")
    facts = fact(Place.IN_TX, "outer")
    tables = (facts, inner, outer)
    assert every_dimension(tables) == (outer, inner)
    out = RowBuffers(tables)
    out.facts["fact"] = [(IDS[Place.IN_TX], 1, b"a")]
    out.dimensions["outer"] = {b"a": (b"a", "", b"x", 1), b"b": (b"b", "", b"y", 1)}
    out.dimensions["inner"] = {b"x": (b"x", "", 1), b"y": (b"y", "", 1)}
    keep_named(out, tables, every_dimension(tables))
    assert out.dimensions["outer"] == {b"a": (b"a", "", b"x", TX)}
    assert out.dimensions["inner"] == {b"x": (b"x", "", TX)}
