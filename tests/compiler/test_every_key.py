"""Every key of the plan's schema does something: change it alone and the compiled plan is another."""

from __future__ import annotations

import re

import pytest

from nectar.compiler.plan_json import as_json
from nectar.config.complaints.schema import load_schema, walk_schema
from tests.compiler.making import compiled_from
from tests.conftest import ROOT

BASE: dict[str, dict[str, str]] = {
    "plan": {"network": '"preview"'},
    "source": {"kind": '"immutable"', "path": '"immutable"'},
    "sync": {},
    "processors": {"transactions": "true", "metadata": "true"},
    "filters": {},
    "storage": {},
    "performance": {},
}
HASH, OTHER_HASH = '"' + "ab" * 32 + '"', '"' + "cd" * 32 + '"'

FROM_NODES_ONLY = {"processors.blocks.epoch_param"}

# key -> two values for it; the first may be "" for "left out"
VALUES: dict[str, tuple[str, str]] = {
    "plan.name": ('"one"', '"two"'),
    "plan.description": ("", '"words"'),
    "plan.network": ('"preview"', '"preprod"'),
    "plan.profile": ("", '"profile.toml"'),
    "source.path": ('"immutable"', '"elsewhere"'),
    "sync.start_slot": ("", "5"),
    "sync.end_slot": ("", "5"),
    "sync.start": ('"origin"', '"babbage"'),
    "sync.start.epoch": ("{ epoch = 3 }", "{ epoch = 4 }"),
    "sync.start.date": ("{ date = 2023-01-01 }", "{ date = 2023-01-02 }"),
    "sync.start.slot": (f"{{ slot = 5, hash = {HASH} }}", f"{{ slot = 6, hash = {HASH} }}"),
    "sync.start.hash": (f"{{ slot = 5, hash = {HASH} }}", f"{{ slot = 5, hash = {OTHER_HASH} }}"),
    "sync.start.block_hash": (f"{{ block_hash = {HASH} }}", f"{{ block_hash = {OTHER_HASH} }}"),
    "sync.start.checkpoint": (f"{{ checkpoint = {HASH} }}", f"{{ checkpoint = {OTHER_HASH} }}"),
    "sync.end": ('"alonzo"', '"tip-5"'),
    "sync.end.epoch": ("{ epoch = 3 }", "{ epoch = 4 }"),
    "sync.end.date": ("{ date = 2023-01-01 }", "{ date = 2023-01-01T00:00:00Z }"),
    "sync.end.slot": (f"{{ slot = 5, hash = {HASH} }}", f"{{ slot = 6, hash = {HASH} }}"),
    "sync.end.hash": (f"{{ slot = 5, hash = {HASH} }}", f"{{ slot = 5, hash = {OTHER_HASH} }}"),
    "sync.end.block_hash": (f"{{ block_hash = {HASH} }}", f"{{ block_hash = {OTHER_HASH} }}"),
    "sync.skip_existing": ("", "false"),
    "sync.on_decode_error": ("", '"quarantine"'),
    "processors.blocks": ("", "true"),
    "processors.blocks.every": ("true\n[filters]\nwhere = 'fee > 1 ada'", "{ every = true }\n[filters]\nwhere = 'fee > 1 ada'"),
    "processors.blocks.epoch_param": ("true", "{ epoch_param = true }"),
    "processors.transactions": ("true", "false"),
    "processors.transactions.tx_cbor": ("true", "{ tx_cbor = true }"),
    "processors.transactions.resolve_inputs": ("true", '{ resolve_inputs = "live" }'),
    "processors.transactions.address_table": ("true", "{ address_table = true }"),
    "processors.multi_assets": ("", "true"),
    "processors.metadata": ("true", "false"),
    "processors.metadata.labels": ("{ labels = [20] }", "{ labels = [20, 721] }"),
    "processors.scripts": ("", "true"),
    "processors.certificates": ("", "true"),
    "processors.withdrawals": ("", "true"),
    "processors.governance": ("", "true"),
    "filters.address_filter": ("", '["addr_test1.*"]'),
    "filters.min_transaction_value": ("", "7"),
    "filters.skip_tx_types": ('["mint"]', '["mint", "burn"]'),
    "filters.pool_filter": ("", f'["{"ab" * 28}"]'),
    "filters.where": ("'fee > 1 ada'", "'fee > 2 ada'"),
    "filters.keep": ("'tx'\nwhere = 'fee > 1 ada'", "'row'\nwhere = 'fee > 1 ada'"),
    "filters.on_unknown": ("'drop'\nwhere = 'fee > 1 ada'", "'keep'\nwhere = 'fee > 1 ada'"),
    "filters.rows": ("", "{ tx_out = 'value > 1 ada' }"),
    "storage.indexes": ('"essential"', '"all"'),
    "performance.workers": ("", "3"),
    "performance.batch_blocks": ("", "3"),
    "performance.batch_bytes": ("", "3000000"),
}
# keys that stand in no table
TOP = {"include": ("", f'["{ROOT}/plans/governance.toml"]')}
# a table of its own kind: the whole section is given
SECTIONS = {
    "source.kind": ({"kind": '"immutable"', "path": '"x"'}, {"kind": '"node"', "socket": '"x"'}),
    "source.socket": ({"kind": '"node"', "socket": '"x"'}, {"kind": '"node"', "socket": '"y"'}),
}
MEANT_FOR_ROWS = ("plan.network", "processors.", "filters.", "include")


def keys() -> list[str]:
    """Every key that can be given; tables are there through their keys."""
    walked = [(".".join(path), schema) for path, schema in walk_schema(load_schema("plan"))]
    lists = ("views", "tests")  # of tables, whose keys have tests of their own below
    return [
        name
        for name, schema in walked
        if "not" not in schema and name not in lists and ("." in name or "properties" not in schema)
    ]


def text(sections: dict[str, dict[str, str]]) -> str:
    lines = []
    for section, pairs in sections.items():
        if not any(pairs.values()):
            continue
        lines += [f"[{section}]", *(f"{key} = {value}" for key, value in pairs.items() if value)]
    return "\n".join(lines)


def two_plans(name: str) -> tuple[str, str]:
    if name in TOP:
        first, second = (f"{name} = {value}\n" if value else "" for value in TOP[name])
        return first + text(BASE), second + text(BASE)
    section, key = name.split(".")[:2]
    if name in SECTIONS:
        one, other = ({**BASE, section: pairs} for pairs in SECTIONS[name])
    else:
        base = {**BASE, "source": {}} if name in FROM_NODES_ONLY else BASE
        one, other = ({**base, section: {**base[section], key: value}} for value in VALUES[name])
    return text(one), text(other)


def test_the_table_has_every_key_of_the_schema_and_no_other() -> None:
    assert sorted((*VALUES, *SECTIONS, *TOP)) == sorted(keys())


def test_the_page_of_plans_names_every_key() -> None:
    code = " ".join(re.findall(r"`[^`]+`", (ROOT / "docs/plan-file.md").read_text()))
    assert [name for name in keys() if not re.search(rf"\b{name.rpartition('.')[2]}\b", code)] == []


@pytest.mark.parametrize("name", [*VALUES, *SECTIONS, *TOP])
def test_the_key_changes_the_compiled_plan(name: str) -> None:
    """And the fingerprint, where rows depend on it; nowhere else."""
    one, other = map(compiled_from, two_plans(name))
    assert as_json(one) != as_json(other)
    assert (one.fingerprint != other.fingerprint) is name.startswith(MEANT_FOR_ROWS)


VIEW = '[[views]]\nname = "{name}"\nfrom = "{table}"\nwhere = \'{where}\'\n'
TEST = '[[tests]]\nname = "{name}"\n{path}slots = [{first}, {last}]\nrows = {{ tx = {rows} }}\n'


@pytest.mark.parametrize("changed", [{"name": "other"}, {"table": "tx"}, {"where": "id > 2"}])
def test_every_key_of_a_view_changes_the_compiled_plan(changed: dict[str, str]) -> None:
    base = {"name": "one", "table": "tx_out", "where": "id > 1"}
    one, other = (compiled_from(text(BASE) + "\n" + VIEW.format(**said)) for said in (base, {**base, **changed}))
    assert as_json(one) != as_json(other)
    assert one.fingerprint == other.fingerprint


@pytest.mark.parametrize("changed", [{"name": "other"}, {"path": 'path = "x"\n'}, {"first": "2"}, {"last": "9"}, {"rows": "4"}])
def test_every_key_of_a_test_changes_the_compiled_plan(changed: dict[str, str]) -> None:
    base = {"name": "one", "path": "", "first": "1", "last": "5", "rows": "3"}
    one, other = (compiled_from(text(BASE) + "\n" + TEST.format(**said)) for said in (base, {**base, **changed}))
    assert as_json(one) != as_json(other)
    assert one.fingerprint == other.fingerprint
