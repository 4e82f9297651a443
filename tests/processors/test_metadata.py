"""`metadata`: JSON without a schema, bytes as they stood, labels that a plan picks."""

from __future__ import annotations

import json
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nectar.cardano.block import Metadatum
from nectar.decode.metadata_json import LONGEST, metadata_json
from nectar.processors.metadata import left_out
from tests.processors.making import EMPTY_TX, block_of, busy, rows_of, singles

leaves = st.integers(-(2**64), 2**64 - 1) | st.text(max_size=20) | st.binary(max_size=20)
metadata = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(leaves, inner, max_size=4), max_leaves=20
)


def plain(value: Any) -> Any:
    """The same conversion written over decoded values, as the plainest thing that could be right."""
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {key if isinstance(key, str) else str(plain(key)): plain(one) for key, one in value.items()}
    return value


@given(value=metadata)
def test_json_of_any_metadata(value: Any) -> None:
    assert json.loads(metadata_json(cbor2.dumps(value)) or "") == plain(value)


@given(raw=st.binary(max_size=60))
def test_any_bytes_are_json_or_a_value_error(raw: bytes) -> None:
    try:
        text = metadata_json(raw)
    except ValueError:
        return
    assert text is not None
    json.loads(text)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("9f0102ff", "[1,2]"),
        ("bf0a6161ff", '{"10":"a"}'),
        ("7f6161626263ff", '"abc"'),
        ("5f41014102ff", '"0x0102"'),
        ("c249010000000000000000", "18446744073709551616"),
        ("c349010000000000000000", "-18446744073709551617"),
        ("a2616101616102", '{"a":2}'),
        ("a1820102f6", None),
        ("62c328", '"\ufffd("'),
    ],
)
def test_odd_forms(raw: str, text: str | None) -> None:
    if text is None:
        with pytest.raises(ValueError, match="not metadata"):
            metadata_json(bytes.fromhex(raw))
    else:
        assert metadata_json(bytes.fromhex(raw)) == text


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ({"b": 1, "a": 2}, '{"a":2,"b":1}'),
        ({"b": {"d": [], "c": {}}, "a": [{"z": 1, "y": 2}]}, '{"a":[{"y":2,"z":1}],"b":{"c":{},"d":[]}}'),
        ({10: 1, 2: 2, -1: 3, b"\xff": 4, "1": 5}, '{"-1":3,"0xff":4,"1":5,"10":1,"2":2}'),
        ({"aa": 1, "b": 2, "": 3}, '{"":3,"aa":1,"b":2}'),
        ({"\U0001f600": 1, "\uffee": 2, "\u00e9": 3, "z": 4}, '{"z":4,"\u00e9":3,"\uffee":2,"\U0001f600":1}'),
        ([1, "a", b"\x01", [-(2**64)]], '[1,"a","0x01",[-18446744073709551616]]'),
        (['"\\/<>\n\r\t\x10\x7f'], '["\\"\\\\/<>\\n\\r\\t\\u0010\x7f"]'),
    ],
)
def test_a_key_that_is_no_text_is_the_text_that_aeson_writes(key: Any, text: str) -> None:
    """An object's keys stand in the order of their characters; only five are escaped briefly, no slash, no angle."""
    raw = b"\xa1" + cbor2.dumps(key) + b"\x01"
    assert metadata_json(raw) == json.dumps({text: 1}, ensure_ascii=False, separators=(",", ":"))


@given(key=st.lists(metadata, max_size=3) | st.dictionaries(leaves, metadata, max_size=4))
def test_keys_of_any_kind(key: Any) -> None:
    (text,) = json.loads(metadata_json(b"\xa1" + cbor2.dumps(key) + b"\x01") or "")
    assert json.loads(text, object_pairs_hook=_in_order) == plain(key)


def _in_order(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name.encode() for name, _ in pairs]
    assert names == sorted(names)
    return dict(pairs)


def test_a_number_that_python_would_not_write_is_left_to_the_bytes() -> None:
    for tag in (2, 3):
        raw = cbor2.dumps(cbor2.CBORTag(tag, b"\xff" * 5_000))
        assert metadata_json(raw) is None
        assert metadata_json(b"\xa1" + raw + b"\x01") is None


def test_nesting_without_end_is_left_to_the_bytes() -> None:
    assert metadata_json(b"\x81" * 10_000 + b"\x01") is None


def nested_keys(depth: int) -> bytes:
    """{{{"a": 1}: 1}: 1}: each level doubles the backslashes of the one within."""
    return b"\xa1" * depth + b"\x61a" + b"\x01" * depth


def test_a_few_bytes_that_mean_more_text_than_there_is_memory() -> None:
    """Within a transaction that any ledger takes; alone, and many together."""
    assert len(metadata_json(nested_keys(10)) or "") == 2_087
    assert metadata_json(nested_keys(60)) is None
    many = [
        bytes([0x83]) + nested_keys(15) + bytes([0x19]) + number.to_bytes(2, "big") + nested_keys(14) for number in range(200)
    ]
    assert metadata_json(b"\xb8\xc8" + b"".join(one + b"\x01" for one in many)) is None
    tx = EMPTY_TX._replace(metadata=[Metadatum(1, nested_keys(60))])
    (row,) = rows_of("metadata", [block_of(tx)])["tx_metadata"]
    assert row["json"] is None
    assert row["bytes"] == b"\xa1\x01" + nested_keys(60)


def test_the_longest_text() -> None:
    assert len(metadata_json(cbor2.dumps("a" * (LONGEST - 2))) or "") == LONGEST
    assert metadata_json(cbor2.dumps("a" * (LONGEST - 1))) is None


def test_the_bytes_are_the_label_and_the_value_as_it_stood() -> None:
    rows = rows_of("metadata", [*singles(), *busy()])["tx_metadata"]
    assert len(rows) > 20
    for row in rows:
        ((label, _),) = cbor2.loads(row["bytes"]).items()
        assert label == row["key"]


@pytest.mark.parametrize("label", [0, 23, 24, 255, 256, 65_535, 65_536, 2**32, 2**64 - 1])
def test_labels_of_every_width(label: int) -> None:
    tx = EMPTY_TX._replace(metadata=[Metadatum(label, b"\x01")])
    (row,) = rows_of("metadata", [block_of(tx)])["tx_metadata"]
    assert cbor2.loads(row["bytes"]) == {label: 1}
    assert row["key"] == label


def test_only_the_labels_of_the_plan() -> None:
    tx = EMPTY_TX._replace(metadata=[Metadatum(721, b"\x01"), Metadatum(20, b"\x02"), Metadatum(674, b"\x03")])
    rows = rows_of("metadata", [block_of(tx, tx._replace(is_valid=False))], labels=(721, 20))["tx_metadata"]
    assert [(row["key"], row["json"]) for row in rows] == [(721, "1"), (20, "2")]


SHORT = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def escaped(text: str) -> str:
    """As Haskell's aeson escapes a text: only these five briefly, other control characters in four digits."""
    return "".join(SHORT.get(one) or (f"\\u{ord(one):04x}" if one < " " else one) for one in text)


@given(text=st.text(st.sampled_from('\0\x01\b\t\n\f\r\x0f\x10\x1f\\"bfu0a'), max_size=8))
def test_json_is_left_out_where_db_sync_leaves_it_out(text: str) -> None:
    """db-sync looks for `\\u000` in its own escaped text (`containsUnicodeNul`)."""
    assert left_out(metadata_json(cbor2.dumps({text: [text]})) or "") is ("\\u000" in escaped(text))


@pytest.mark.parametrize(
    ("text", "out"),
    [
        ("a\0b", True),
        ("\x0b", True),
        ("\b", True),
        ("\f", True),
        ("\x10", False),
        ("\n\t\r", False),
        ("\\b", False),
        ("\\\b", True),
        ("\\u000x", True),
    ],
)
def test_texts_left_out(text: str, out: bool) -> None:
    assert left_out(metadata_json(cbor2.dumps(text)) or "") is out


def test_text_that_json_columns_cannot_hold_is_left_to_the_bytes() -> None:
    tx = EMPTY_TX._replace(metadata=[Metadatum(1, cbor2.dumps("a\0b"))])
    (row,) = rows_of("metadata", [block_of(tx)])["tx_metadata"]
    assert row["json"] is None
    assert cbor2.loads(row["bytes"]) == {1: "a\0b"}
