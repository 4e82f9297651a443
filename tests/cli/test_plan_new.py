"""What can be begun from: templates, schemas, and the line by which editors find them."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from jsonschema import Draft202012Validator

from nectar.config.complaints.schema import load_schema, walk_schema
from nectar.resources import read_schema, read_templates, schema_line
from tests.cli.databases import nectar
from tests.conftest import ROOT

TEMPLATES = sorted(path.stem for path in (ROOT / "plans").glob("*.toml"))


def schema_of(text: str) -> dict[str, object]:
    """The schema that a text's first line names."""
    directive, place = text.splitlines()[0].split(maxsplit=1)
    assert directive == "#:schema"
    parts = urlsplit(place)
    assert (parts.scheme, parts.netloc) == ("file", "")
    found: dict[str, object] = json.loads(Path(unquote(parts.path)).read_text())
    return found


def test_all_are_listed_with_their_descriptions(tmp_path: Path) -> None:
    lines = nectar("plan", "new", folder=tmp_path).stdout.splitlines()
    told = {name: what.strip() for name, _, what in (line.partition(" ") for line in lines)}
    assert sorted(told) == TEMPLATES
    assert told == {name: tomllib.loads((ROOT / f"plans/{name}.toml").read_text())["plan"]["description"] for name in TEMPLATES}


@pytest.mark.parametrize("name", TEMPLATES)
def test_each_is_a_good_plan_that_names_its_schema(name: str, tmp_path: Path) -> None:
    """The same as in plans/ but for where the blocks are, where those lie in a checkout."""
    shown = nectar("plan", "new", name, "--out", "plan.toml", folder=tmp_path)
    text = (tmp_path / "plan.toml").read_text()
    assert "next: nectar plan validate plan.toml" in shown.stderr
    assert text == nectar("plan", "new", name, folder=tmp_path).stdout
    assert schema_of(text)["title"] == "Nectar plan"
    assert nectar("plan", "validate", "plan.toml", folder=tmp_path).stdout.startswith("plan.toml: ok")
    begun, original = tomllib.loads(text), tomllib.loads((ROOT / f"plans/{name}.toml").read_text())
    if begun != original:
        assert original["source"]["path"].startswith("../tests/")
        assert begun["source"]["path"] == "db/immutable"
        begun["source"] = original["source"]
    assert begun == original


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text("mine")
    assert "NEC-C002" in nectar("plan", "new", "full", "--out", "plan.toml", folder=tmp_path, code=1).stderr
    assert (tmp_path / "plan.toml").read_text() == "mine"
    assert "NEC-C002" in nectar("plan", "new", "full", "--out", "none/plan.toml", folder=tmp_path, code=1).stderr
    (tmp_path / "link.toml").symlink_to("elsewhere.toml")
    assert "NEC-C002" in nectar("plan", "new", "full", "--out", "link.toml", folder=tmp_path, code=1).stderr
    assert not (tmp_path / "elsewhere.toml").exists()


def test_a_template_that_there_is_not(tmp_path: Path) -> None:
    assert "did you mean nft-only?" in nectar("plan", "new", "nft-onyl", folder=tmp_path, code=2).stderr
    assert "wallet-watch" in nectar("plan", "new", "x", folder=tmp_path, code=2).stderr
    assert "which template" in nectar("plan", "new", "--out", "plan.toml", folder=tmp_path, code=2).stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["plan", "profile"])
def test_schemas_are_printed_and_are_schemas(kind: str, tmp_path: Path) -> None:
    text = nectar(kind, "schema", folder=tmp_path).stdout
    assert text == read_schema(kind)
    schema = json.loads(text)
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"urn:nectar-cardano:schema:{kind}"
    assert schema_of(schema_line(kind)) == schema


def test_everything_that_is_written_names_its_schema(tmp_path: Path) -> None:
    (tmp_path / "carp.toml").write_text("[MultieraBlockTask]\n")
    nectar("plan", "import", "carp.toml", "--out", "plan.toml", folder=tmp_path)
    assert schema_of((tmp_path / "plan.toml").read_text())["title"] == "Nectar plan"
    nectar("init", "--type", "sqlite", folder=tmp_path)
    assert schema_of((tmp_path / "profile.toml").read_text())["title"] == "Nectar connection profile"


def test_templates_are_those_of_the_checkout() -> None:
    assert sorted(read_templates()) == TEMPLATES


def test_every_key_of_a_plan_is_described() -> None:
    for path, inner in walk_schema(load_schema("plan")):
        assert len(inner["description"]) > 10, path
