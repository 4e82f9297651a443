"""The profile's schema and what is read of it belong together: every key does something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nectar.config.complaints.schema import load_schema
from nectar.config.complaints.schema_messages import REPORTS
from nectar.config.profile.load import parse_profile
from nectar.config.profile.model import ConnectionType
from tests.config.profiles import table
from tests.conftest import ROOT

SILENT = {"$schema", "$id", "$comment", "$defs", "$ref", "title", "description", "properties", "items", "default"}

HERE = table("mysql", host="localhost")
# key of [database] -> two profiles that differ in it alone
PAIRS: dict[str, tuple[str, str]] = {
    "connection_type": (HERE, table("tidb-local", host="localhost")),
    "path": ("[database]\n", '[database]\npath = "x"\n'),
    "host": (HERE, table("mysql", host="127.0.0.1")),
    "port": (HERE, HERE + "port = 3307"),
    "user": (HERE, table("mysql", host="localhost", user="v")),
    "database": (HERE, HERE.replace('"n"', '"m"')),
    "password": (HERE, HERE + 'password = { env = "X" }'),
    "ssl_enabled": (HERE, HERE + "ssl_enabled = true"),
    "ssl_mode": (HERE, HERE + 'ssl_mode = "REQUIRED"'),
}
TOGETHER = {
    "ssl_ca_path": "tests of certificates",
    "ssl_cert_path": "tests of certificates",
    "ssl_key_path": "tests of certificates",
    "allow_insecure": "without it, the same profile is refused",
    "use_custom_dsn": "without it, the same profile is refused",
    "custom_dsn": "tests of its forms",
}


@pytest.mark.parametrize("key", PAIRS)
def test_every_key_does_something(key: str) -> None:
    one, other = (parse_profile(text, Path("/p/profile.toml")) for text in PAIRS[key])
    assert one != other


def test_the_tables_have_every_key() -> None:
    keys = load_schema("profile")["$defs"]["database"]["properties"]
    assert {*PAIRS, *TOGETHER} == {key for key in keys if key not in load_schema("profile")["properties"] or key == "database"}


def schemas(schema: Any) -> Iterator[dict[str, Any]]:
    """Every schema inside `schema`, itself first."""
    yield schema
    inner = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values()]
    inner += [schema[key] for key in ("items", "additionalProperties") if isinstance(schema.get(key), dict)]
    for one in inner:
        yield from schemas(one)


def test_every_table_is_closed_and_every_keyword_can_be_told() -> None:
    for schema in schemas(load_schema("profile")):
        if schema.get("type") == "object":
            assert "additionalProperties" in schema
        keywords = {key for key in schema if not key.startswith("x-")}
        assert keywords <= {*SILENT, *REPORTS}
        assert ("minimum" in schema) is ("maximum" in schema)


def test_every_key_is_described_and_in_the_reference() -> None:
    reference = (ROOT / "docs/profile.md").read_text()
    for schema in schemas(load_schema("profile")):
        for key, inner in schema.get("properties", {}).items():
            assert inner["description"].endswith("."), key
            assert f"`{key}`" in reference


def test_the_references_examples_are_profiles() -> None:
    """But for the certificates, which are not there."""
    examples = [
        text for text in re.findall("```toml\n(.*?)```", (ROOT / "docs/profile.md").read_text(), re.DOTALL) if text[0] == "["
    ]
    kinds = []
    for text in examples:
        kept = "\n".join(line for line in text.splitlines() if not line.startswith("ssl_"))
        kinds.append(parse_profile(kept, Path("/p/profile.toml")))
    assert [getattr(one, "kind", None) for one in kinds] == [
        None,
        ConnectionType.MYSQL,
        ConnectionType.TIDB_LOCAL,
        ConnectionType.TIDB_SERVERLESS,
        ConnectionType.TIDB_CLUSTER,
    ]
