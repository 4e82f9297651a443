"""No text ends in a bug: every key of plans and profiles with every odd value, alone and beside others, told in every format."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nectar.cli.complaint_formats import Checked, complaints_github, complaints_json, complaints_sarif
from nectar.cli.complaint_text import complaints_text
from nectar.compiler.load import draft_document
from nectar.config.complaints.schema import load_schema
from nectar.config.document.load import load_file, load_text
from nectar.config.profile.load import parse_profile
from nectar.errors import Complaint, PlanError

ODD = (
    "2021-09-12",
    "2021-09-12T21:44:51Z",
    "2021-09-12T21:44:51",
    "0001-01-01",
    "9999-12-31T23:59:59+14:00",
    "21:44:51",
    "1.5",
    "-0.0",
    "1e400",
    "inf",
    "-inf",
    "nan",
    "0",
    "-1",
    "true",
    "false",
    str(2**63),
    str(2**64),
    "-" + "9" * 4000,
    "{}",
    "[]",
    "[[]]",
    "[{}]",
    "[2021-09-12]",
    "[nan, nan]",
    "[inf]",
    "[1, 1.0, true]",
    "{ a = 2021-09-12 }",
    "{ date = 21:44:51 }",
    '""',
    '"~"',
    '"~/x"',
    '" "',
    '"\\u0000"',
    '"\\u0000/"',
    '"\\u202e/x"',
    '"\\n"',
    '"é\\u0301/"',
    '"' + "x" * 5000 + '"',
    '"../../../../../../dev/zero"',
    '["~", "\\u0000", ""]',
    "[" * 40 + "]" * 40,
    '{ "\\u0000" = 1, "" = 2 }',
    '"0001-01-01"',
    '"9999-12-31T23:59:59-23:59"',
    '"tip-000000000"',
    "'''\r\n'''",
    "{ a.b.c = 1 }",
    '{ slot = 1, hash = "' + "0" * 64 + '", epoch = 1 }',
    "{ date = 0001-01-01T00:00:00+14:00 }",
    "{ date = 2000-01-01 }",
)


def keys(schema: Mapping[str, Any], root: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every key of a schema. `0` is a list's entry, `name` any key of a table whose keys are free."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    if path:
        yield path
    inner = dict(schema.get("properties", {}))
    if isinstance(schema.get("additionalProperties"), Mapping):
        inner["name"] = schema["additionalProperties"]
    if isinstance(schema.get("items"), Mapping):
        inner["0"] = schema["items"]
    for key, one in inner.items():
        yield from keys(one, root, (*path, key))


PLAN_KEYS, PROFILE_KEYS = (tuple(keys(load_schema(name), load_schema(name))) for name in ("plan", "profile"))
NEIGHBOURS = {
    "tests": {"name": '"t"', "slots": "[1, 2]", "rows": "{ block = 1 }"},
    "views": {"name": '"v"', "from": '"tx"', "where": '"fee > 1 ada"'},
}


def with_value(path: tuple[str, ...], value: str) -> str:
    """A line that says `value` at `path`, with what must stand beside it."""
    text = value
    for at in range(len(path) - 1, 0, -1):
        if path[at] == "0":
            text = f"[{text}]"
            continue
        beside = NEIGHBOURS.get(path[0], {}) if path[at - 1] == "0" and at == 2 else {}
        text = "{ " + ", ".join(f"{key} = {one}" for key, one in {**beside, path[at]: text}.items()) + " }"
    return f"{path[0]} = {text}\n"


def told(complaints: tuple[Complaint, ...]) -> None:
    """In every format, which each can be read."""
    checked = [Checked("plan.toml", complaints)]
    assert json.loads(complaints_json(checked))["files"][0]["complaints"]
    (run,) = json.loads(complaints_sarif(checked))["runs"]
    assert {result["ruleId"] for result in run["results"]} <= {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert len(complaints_github(checked).splitlines()) == len(complaints)
    assert complaints_text(complaints, True)


def look_at(text: str) -> bool:
    """Whether it is a plan; if not, every complaint has its place and can be told."""
    try:
        draft_document(load_text(text, "plan.toml", shown=True), Path("plan.toml")).compiled("mysql")
    except PlanError as error:
        told(error.complaints)
        return False
    return True


def look_at_profile(text: str) -> bool:
    try:
        parse_profile(text, Path("profile.toml"))
    except PlanError as error:
        told(error.complaints)
        return False
    return True


@pytest.mark.parametrize("path", PLAN_KEYS, ids=".".join)
def test_every_key_of_a_plan_with_every_odd_value(path: tuple[str, ...]) -> None:
    on = "" if path[0] == "processors" else "[processors]\nblocks = true\ntransactions = true\n"
    on += "" if path[0] == "plan" else '[plan]\nnetwork = "preview"\n'
    for value in ODD:
        look_at(with_value(path, value) + on)


@pytest.mark.parametrize("path", PROFILE_KEYS, ids=".".join)
def test_every_key_of_a_profile_with_every_odd_value(path: tuple[str, ...]) -> None:
    for at, value in enumerate(ODD):
        kind = ("mysql", "sqlite", "tidb-serverless")[at % 3]
        home = f'connection_type = "{kind}"\nhost = "h"\nuser = "u"\ndatabase = "n"\nuse_custom_dsn = false\n'
        named = path[0] == "databases"
        lines = with_value(path, value) if path[0] != "database" else ""
        mine = f"{path[1]} = {with_value(path[1:], value).partition(' = ')[2]}" if path[0] == "database" and len(path) > 1 else ""
        kept = "".join(f"{line}\n" for line in home.splitlines() if not (len(path) > 1 and line.startswith(path[1] + " ")))
        look_at_profile(lines + ("" if named else f"[database]\n{kept}{mine}\n"))


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_many_odd_values_at_once(data: st.DataObject) -> None:
    said = data.draw(st.dictionaries(st.sampled_from(PLAN_KEYS), st.sampled_from(ODD), min_size=1, max_size=6))
    by_top = {path[0]: with_value(path, value) for path, value in said.items()}
    look_at("".join({"plan": 'plan = { network = "preview" }\n', **by_top}.values()))
    said = data.draw(st.dictionaries(st.sampled_from(PROFILE_KEYS), st.sampled_from(ODD), min_size=1, max_size=6))
    by_top = {path[0]: with_value(path, value) for path, value in said.items()}
    look_at_profile("".join(by_top.values()))


TEXTS = (
    b"",
    b"\xef\xbb\xbf",
    b"\xff",
    b"\xef\xbb\xbf[processors]\r\nblocks = true\r\n",
    b"\0",
    b'a = "\0"',
    b"a" * 100_000,
    b"[" * 50_000,
    b"a = " + b"[" * 3000 + b"]" * 3000,
    b"a = " + b"{ a = " * 3000 + b"1" + b"}" * 3000,
    b"a" + b".a" * 3000 + b" = 1",
    b"[a" + b".a" * 40 + b"]\n",
    b"a = " + b"9" * 100_000,
    b"a = 0x" + b"f" * 100_000,
    b"[plan]\n[plan]\n",
    b"plan.name = 'a'\n[plan]\nname = 'b'\n",
    b"[plan]\nname = 'a'\nname = 'b'\n",
    b"[[plan]]\n",
    b"[[processors]]\nblocks = true\n",
    b"processors.blocks.every = true\nprocessors.blocks = true\n",
    b"[processors.blocks]\n[processors]\nblocks = true\n",
    b"processors = { blocks = true }\n[processors.x]\n",
    b"'' = 1\n",
    b'"\\ud800" = 1\n',
    b'"\\U0010ffff" = 1\n',
    "[processors]\nblöcks = true\n".encode(),
    '[processors]\n"bl\u0308ocks\u202e" = true\n'.encode(),
    b"[processors]\rblocks = true\r",
    b"[processors]\nblocks = true\x1a",
    b"\x7fELF",
    b"PK\x03\x04",
    "[processors]\nblocks = true\n".encode("utf-16"),
    b"views = [1, {}, 2021-09-12]\n",
    b"tests = [[], {}]\n",
    b"[[views]]\n[[views]]\nname = 1\n",
)


@pytest.mark.parametrize("raw", TEXTS, ids=lambda raw: repr(raw[:30]))
def test_every_odd_text(raw: bytes, tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_bytes(raw)
    try:
        draft_document(load_file(path, shown=True), path).compiled()
    except PlanError as error:
        told(error.complaints)
    try:
        parse_profile(load_file(path).text, path)
    except PlanError as error:
        told(error.complaints)


@pytest.mark.parametrize("side", ["start", "end"])
@pytest.mark.parametrize("network", ["mainnet", "preprod", "preview"])
@pytest.mark.parametrize(
    "said",
    [
        "{ date = 1970-01-01 }",
        "{ date = 0001-01-01T00:00:00+14:00 }",
        '{ date = "2017-09-23T21:44:50Z" }',
        "{ epoch = 0 }",
        "{ epoch = 10_000_000 }",
    ],
)
def test_dates_and_epochs_far_off(side: str, network: str, said: str) -> None:
    """Beside a filter, which is compared with the plan's range."""
    filters = '[filters]\nwhere = "block.slot > 5 and block.epoch > 1 and block.time > 2018-01-01 and block.era != byron"\n'
    look_at(
        f'[plan]\nnetwork = "{network}"\n[sync]\n{side} = {said}\n[processors]\ntransactions = true\nblocks = true\n{filters}'
    )


@pytest.mark.parametrize(
    "name",
    [
        "tx",
        "block",
        "idx_tx_block_id",
        "idx_tx_out_sum",
        "sqlite_master",
        "sqlite_x",
        "nectar_plan",
        "nectar_x",
        "sqlite_sequence",
    ],
)
def test_a_view_cannot_be_named_as_something_else_is(name: str) -> None:
    plan = (
        f'[processors]\nblocks = true\ntransactions = true\n[[views]]\nname = "{name}"\nfrom = "tx"\nwhere = "out_sum > 1 ada"\n'
    )
    with pytest.raises(PlanError) as caught:
        draft_document(load_text(plan, "plan.toml", shown=True), Path("plan.toml")).compiled()
    assert [(one.code, one.line) for one in caught.value.complaints] == [("NEC-P016", 5)]
    assert look_at(plan.replace(f'name = "{name}"', 'name = "v"'))
