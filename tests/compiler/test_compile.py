"""What a plan means: tables, needs, fingerprint; equal for equal meanings, different for different ones."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from nectar.compiler.canonical_json import canonical, plain
from nectar.compiler.compile import compile_plan, tables_of
from nectar.compiler.compiled import EnabledProcessor
from nectar.compiler.fingerprint import fingerprint
from nectar.compiler.plan_json import as_json, readable
from nectar.config.plan.load import load_plan, parse_plan
from nectar.decode.want import Want
from nectar.errors import PlanError
from nectar.processors.registry import PROCESSORS
from tests.compiler.making import ALL, EVERY_TABLE, HEAD, PLANS, compiled_from

POOL, OTHER_POOL = "00" * 28, "ab" * 28
SPELLINGS = [
    ALL + f'[filters]\npool_filter = ["{POOL}", "{OTHER_POOL.upper()}"]\nskip_tx_types = ["mint", "burn"]\n',
    # another order of sections, keys and entries; another spelling of the ids; a comment; defaults said
    f"""
    # a comment
    [filters]
    skip_tx_types = ['burn', 'mint']
    pool_filter = ["{OTHER_POOL}", "{POOL}"]
    min_transaction_value = 0
    [processors]
    governance = true
    withdrawals = true
    certificates = true
    scripts = true
    metadata = {{}}
    multi_assets = true
    transactions = {{ resolve_inputs = "deferred", tx_cbor = false }}
    blocks = true
    [plan]
    network = "preview"
    name = "another name"
    description = "other words"
    [source]
    kind = "node"
    socket = "/ipc/node.socket"
    [sync]
    start = {{ epoch = 7 }}
    end = "tip-2160"
    skip_existing = false
    on_decode_error = "quarantine"
    [storage]
    indexes = "all"
    [performance]
    workers = 3
    """,
]


def test_two_spellings_of_one_plan_have_one_fingerprint() -> None:
    first, second = map(compiled_from, SPELLINGS)
    assert first.fingerprint == second.fingerprint
    assert len(first.fingerprint) == 40
    assert as_json(first) != as_json(second)


CHANGES = {
    "network": ('network = "preview"', 'network = "preprod"'),
    "a processor less": ("scripts = true", "scripts = false"),
    "an option": ("transactions = true", "transactions = { tx_cbor = true }"),
    "an option that changes columns": ("transactions = true", "transactions = { address_table = true }"),
    "inputs left unresolved": ("transactions = true", 'transactions = { resolve_inputs = "off" }'),
    "labels": ("metadata = true", "metadata = { labels = [721] }"),
    "least value": ("[processors]", "[filters]\nmin_transaction_value = 5\n[processors]"),
    "another least value": ("[processors]", "[filters]\nmin_transaction_value = 6\n[processors]"),
    "types": ("[processors]", '[filters]\nskip_tx_types = ["mint"]\n[processors]'),
    "addresses": ("[processors]", '[filters]\naddress_filter = ["addr_test1.*"]\n[processors]'),
    "stake addresses": ("[processors]", '[filters]\naddress_filter = ["stake_test1.*"]\n[processors]'),
    "pools": ("[processors]", f'[filters]\npool_filter = ["{"cd" * 28}"]\n[processors]'),
}


def test_every_change_of_meaning_is_another_fingerprint() -> None:
    texts = [ALL, *(ALL.replace(*change) for change in CHANGES.values())]
    assert len(set(texts)) == len(CHANGES) + 1
    assert len({compiled_from(text).fingerprint for text in texts}) == len(texts)


def test_columns_are_part_of_the_meaning() -> None:
    """A release that adds a column, renames one or lets it be NULL must not write into an older one's tables."""
    compiled = compiled_from(ALL)
    table = compiled.tables[0]
    for changed in (
        replace(table, columns=table.columns[:-1]),
        replace(table, columns=(*table.columns[:-1], replace(table.columns[-1], null=not table.columns[-1].null))),
        replace(table, columns=(*table.columns[:-1], replace(table.columns[-1], name="renamed"))),
    ):
        tables = (changed, *compiled.tables[1:])
        assert fingerprint(compiled.network, compiled.processors, tables, compiled.filters) != compiled.fingerprint
    reworded = (replace(table, doc="Other words.", indexes=()), *compiled.tables[1:])
    assert fingerprint(compiled.network, compiled.processors, reworded, compiled.filters) == compiled.fingerprint


def test_it_travels_to_other_processes() -> None:
    compiled = compiled_from(EVERY_TABLE)
    again = pickle.loads(pickle.dumps(compiled))
    assert again == compiled
    assert as_json(again) == as_json(compiled)


def test_the_json_says_it_all_and_is_json() -> None:
    compiled = compiled_from(SPELLINGS[1])
    document = json.loads(as_json(compiled))
    assert document["fingerprint"] == compiled.fingerprint
    assert document["range"]["start"] == {"form": "AtEpoch", "epoch": 7}
    assert document["range"]["end"] == {"form": "TipMinus", "blocks": 2160}
    assert document["network"]["magic"] == 2
    assert document["processors"]["transactions"] == {"tx_cbor": False, "resolve_inputs": "deferred", "address_table": False}
    assert "not has_burn and not has_mint" in document["filters"]["where"]
    assert document["tables"]["tx"]["columns"]["fee"] == "lovelace or null"
    assert list(document["tables"]) == [table.name for table in compiled.tables]
    assert document["indexes"]["deferred"] == {}
    assert document["decodes"][:2] == ["sums", "txs"]
    assert readable(compiled_from(ALL))["filters"] is None


def test_want_is_what_processors_and_filters_need() -> None:
    blocks = HEAD + "[processors]\nblocks = true\n"
    assert Want.TXS not in compiled_from(blocks).want
    withdrawals = HEAD + "[processors]\nwithdrawals = true\n"
    assert Want.ASSETS not in compiled_from(withdrawals).want
    assert Want.ASSETS in compiled_from(withdrawals + '[filters]\nskip_tx_types = ["mint"]\n').want
    assert Want.CBOR not in compiled_from(ALL).want
    assert Want.CBOR in compiled_from(EVERY_TABLE).want


def test_a_filtered_plan_is_not_complete() -> None:
    assert compiled_from(ALL).complete
    assert not compiled_from(SPELLINGS[0]).complete


def test_processors_stand_in_the_registrys_order() -> None:
    assert [processor.name for processor in compiled_from(SPELLINGS[1]).processors] == list(PROCESSORS)


def test_one_table_declared_in_two_ways_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    transactions, blocks = PROCESSORS["transactions"], PROCESSORS["blocks"]
    (table, *_) = transactions.tables({})
    monkeypatch.setattr(blocks, "tables", lambda options: (replace(table, doc="Another."),))
    with pytest.raises(ValueError, match="in a way of its own"):
        tables_of([EnabledProcessor("blocks", {}), EnabledProcessor("transactions", {})])


def test_a_missing_genesis_folder_is_said(tmp_path: Path) -> None:
    text = ALL.replace('network = "preview"', 'network = "./nowhere"')
    with pytest.raises(PlanError) as caught:
        compile_plan(parse_plan(text, tmp_path / "plan.toml"))
    assert [(complaint.code, complaint.path) for complaint in caught.value.complaints] == [("NEC-N001", "plan.network")]


def test_a_folder_of_genesis_files_is_the_network_they_are_of(chain: Path, tmp_path: Path) -> None:
    """A custom network's name and place are no part of what it is."""
    first, second = tmp_path / "one", tmp_path / "two"
    for folder in (first, second):
        folder.symlink_to(chain / "genesis" / "preview")
    plans = [parse_plan(ALL.replace('"preview"', f'"./{folder.name}"'), tmp_path / "plan.toml") for folder in (first, second)]
    first_compiled, second_compiled = map(compile_plan, plans)
    assert first_compiled.fingerprint == second_compiled.fingerprint == compiled_from(ALL).fingerprint
    assert first_compiled.network.magic == 2


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_every_plan_of_the_project_compiles(path: Path) -> None:
    compiled = compile_plan(load_plan(path))
    assert compiled.tables
    assert json.loads(as_json(compiled))["plan"]["name"] == compiled.plan.meta.name


def test_canonical_json_has_one_spelling() -> None:
    assert canonical({"b": 1, "a": b"\x01", "é": (1, 2)}) == '{"a":"01","b":1,"é":[1,2]}'.encode()
    assert plain(frozenset({"b", "a"})) == ["a", "b"]
    with pytest.raises(TypeError):
        plain(object())
