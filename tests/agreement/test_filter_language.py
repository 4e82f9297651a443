"""What a filter keeps of preview's epochs 0 to 11 is what SQL written by hand finds in the database of everything."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nectar.cardano.bech32 import encode
from nectar.cardano.position import ITEM_BITS, TX_BITS
from nectar.compiler.compile import compile_plan
from nectar.compiler.compiled import CompiledPlan
from nectar.compiler.filters import target_of
from nectar.config.plan.load import parse_plan
from nectar.filterlang.to_sql import to_sql
from tests.agreement.conftest import FULL
from tests.runner.jobs import run_compiled

Pick = Callable[[str], Any]

# name -> (expression, transactions by hand); {pick(..)} are values that the data itself gives
CASES: dict[str, tuple[str, str]] = {
    "wallet": ("any(outputs, address == {address})", "SELECT tx_id FROM tx_out WHERE address = '{address}'"),
    "wallets": (
        "any(outputs, address in [{address}, {other_address}]) or any(withdrawals, amount > 0 lovelace)",
        "SELECT tx_id FROM tx_out WHERE address IN ('{address}', '{other_address}') UNION SELECT tx_id FROM withdrawal WHERE amount > 0",
    ),
    "stake key": ("any(outputs, stake_address == {stake})", "SELECT tx_id FROM tx_out WHERE stake_address_id = x'{stake_hex}'"),
    "address beginning": (
        'any(outputs, address like "addr_test1w*")',
        "SELECT tx_id FROM tx_out WHERE substr(address, 1, 11) = 'addr_test1w'",
    ),
    "policy": (
        "any(assets, policy == 0x{policy}) or any(mints, policy == 0x{policy})",
        "SELECT o.tx_id FROM ma_tx_out m JOIN tx_out o ON o.id = m.tx_out_id WHERE ident IN (SELECT id FROM multi_asset WHERE hex(policy) = upper('{policy}'))"
        " UNION SELECT tx_id FROM ma_tx_mint WHERE ident IN (SELECT id FROM multi_asset WHERE hex(policy) = upper('{policy}'))",
    ),
    "asset name": (
        'any(assets, name_text like "S*" and quantity > 1)',
        "SELECT o.tx_id FROM ma_tx_out m JOIN tx_out o ON o.id = m.tx_out_id JOIN multi_asset a ON a.id = m.ident"
        " WHERE hex(a.name) LIKE '53%' AND m.quantity > 1",
    ),
    "value": (
        "any(outputs, value >= 1_000 ada and is_script)",
        "SELECT tx_id FROM tx_out WHERE value >= 1000000000 AND address_has_script",
    ),
    "label": ("any(metadata, label == {label})", "SELECT tx_id FROM tx_metadata WHERE key = {label}"),
    "json": (
        'any(metadata, json["{key}"] == "{text}")',
        "SELECT tx_id FROM tx_metadata WHERE json_extract(json, '$.\"{key}\"') = '{text}'",
    ),
    "pool": (
        "any(certs, pool == {pool})",
        "SELECT tx_id FROM delegation WHERE pool_hash_id = x'{pool_hex}' UNION SELECT registered_tx_id FROM pool_update WHERE hash_id = x'{pool_hex}'"
        " UNION SELECT announced_tx_id FROM pool_retire WHERE hash_id = x'{pool_hex}'",
    ),
    "script": ("has_script and is_valid", "SELECT tx_id FROM redeemer"),
    "mint": ("has_mint", "SELECT tx_id FROM ma_tx_mint WHERE quantity > 0"),
    "burn": ('"burn" in types', "SELECT tx_id FROM ma_tx_mint WHERE quantity < 0"),
    "certificate kinds": (
        'any(certs, kind in ["delegation", "pool_retirement"])',
        "SELECT tx_id FROM delegation UNION SELECT announced_tx_id FROM pool_retire",
    ),
    "no certificates": (
        'none(certs, kind == "stake_registration") and has_certs',
        "SELECT tx_id FROM (SELECT tx_id FROM delegation UNION SELECT registered_tx_id FROM pool_update UNION SELECT announced_tx_id FROM pool_retire"
        " UNION SELECT tx_id FROM stake_deregistration UNION SELECT tx_id FROM reserve UNION SELECT tx_id FROM treasury)"
        " WHERE tx_id NOT IN (SELECT tx_id FROM stake_registration)",
    ),
    "governance": ('has_votes or any(proposals, kind == "InfoAction")', "SELECT tx_id FROM voting_procedure"),
    "failed or dear": ("fee > 1 ada or not is_valid", "SELECT id FROM tx WHERE fee > 1000000 OR valid_contract = 0"),
    "redeemers": (
        'any(redeemers, purpose == "mint" and mem > 500_000)',
        "SELECT tx_id FROM redeemer WHERE purpose = 'mint' AND unit_mem > 500000",
    ),
    "count": (
        "count(outputs, value > 10 ada) > 2",
        "SELECT tx_id FROM tx_out WHERE value > 10000000 GROUP BY tx_id HAVING count(*) > 2",
    ),
    "sum": ("sum(outputs.value) > 50_000 ada", "SELECT tx_id FROM tx_out GROUP BY tx_id HAVING sum(value) > 50000000000"),
    "block": (
        "block.epoch between 1 and 7 and block.issuer_pool == {maker} and tx.index == 0",
        "SELECT t.id FROM tx t JOIN block b ON b.id = t.block_id JOIN slot_leader l ON l.id = b.slot_leader_id"
        " WHERE b.epoch_no BETWEEN 1 AND 7 AND l.pool_hash_id = x'{maker_hex}' AND t.block_index = 0",
    ),
    "all": (
        "all(outputs, value >= 2 ada) and block.time between 2022-11-01 and 2022-11-02T12:00:00Z",
        "SELECT t.id FROM tx t JOIN block b ON b.id = t.block_id WHERE b.time BETWEEN '2022-11-01 00:00:00' AND '2022-11-02 12:00:00'"
        " AND t.id NOT IN (SELECT tx_id FROM tx_out WHERE value < 2000000)",
    ),
    "unknown under not": (
        "any(outputs, not (datum_hash == 0x{datum}))",
        "SELECT tx_id FROM tx_out WHERE data_hash IS NOT NULL AND data_hash <> x'{datum}'",
    ),
    "nested": (
        "any(outputs, value > 5 ada and none(assets, quantity > 1_000)) and era == babbage",
        f"SELECT o.tx_id FROM tx_out o WHERE value > 5000000 AND o.tx_id >= 259200 << {TX_BITS}"
        " AND o.id NOT IN (SELECT tx_out_id FROM ma_tx_out WHERE quantity > 1000)",
    ),
    "inputs": (
        "any(inputs, address == {address} and value > 1 ada)",
        f"SELECT i.tx_in_id FROM tx_in i CROSS JOIN tx_out o ON o.id = (i.tx_out_id << {ITEM_BITS}) + i.tx_out_index"  # by its key, in this order
        " WHERE o.address = '{address}' AND o.value > 1000000",
    ),
    "inputs, all": (
        "all(inputs, is_script) and not has_mint",
        "SELECT i.tx_in_id FROM tx_in i WHERE i.tx_in_id NOT IN (SELECT j.tx_in_id FROM tx_in j JOIN tx_out o ON o.tx_id = j.tx_out_id"
        ' AND o."index" = j.tx_out_index WHERE NOT o.address_has_script) AND i.tx_in_id NOT IN (SELECT tx_id FROM ma_tx_mint WHERE quantity > 0)'
        " UNION SELECT id FROM tx WHERE id NOT IN (SELECT tx_in_id FROM tx_in)",  # genesis: all of none
    ),
}


@pytest.fixture(autouse=True)
def plain_rows(preview: sqlite3.Connection) -> Iterator[None]:
    """Tuples; other tests ask this database for rows by name."""
    before, preview.row_factory = preview.row_factory, None
    yield
    preview.row_factory = before


@pytest.fixture(scope="module")
def values(preview: sqlite3.Connection) -> dict[str, str]:
    """What the data has: common enough to be there, rare enough to choose."""

    def one(sql: str) -> Any:
        return preview.execute(sql).fetchone()[0]

    stake = one("SELECT stake_address_id FROM tx_out WHERE stake_address_id NOT NULL GROUP BY 1 ORDER BY count(*) DESC LIMIT 1")
    pool = one("SELECT pool_hash_id FROM delegation GROUP BY 1 ORDER BY count(*) DESC LIMIT 1")
    maker = one(
        "SELECT l.pool_hash_id FROM tx t JOIN block b ON b.id = t.block_id JOIN slot_leader l ON l.id = b.slot_leader_id GROUP BY 1 ORDER BY count(*) DESC"
    )
    key, text = preview.execute(
        "SELECT e.key, e.value FROM tx_metadata m, json_each(m.json) e WHERE json_type(m.json) = 'object' AND e.type = 'text'"
        " AND e.key GLOB '[a-z]*' AND e.value NOT LIKE '%\"%' AND e.value NOT LIKE '%''%' AND e.value NOT LIKE '%\\%'"
        " GROUP BY 1, 2 ORDER BY count(*) DESC LIMIT 1"
    ).fetchone()
    return {
        "address": one("SELECT address FROM tx_out GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"),
        "other_address": one("SELECT address FROM tx_out GROUP BY 1 ORDER BY count(*) DESC LIMIT 1 OFFSET 5"),
        "stake": encode("stake_test", stake),
        "stake_hex": stake.hex(),
        "maker": encode("pool", maker),
        "maker_hex": maker.hex(),
        "pool": encode("pool", pool),
        "pool_hex": pool.hex(),
        "policy": one(
            "SELECT a.policy FROM ma_tx_out m JOIN multi_asset a ON a.id = m.ident GROUP BY 1 ORDER BY count(*) DESC LIMIT 1 OFFSET 3"
        ).hex(),
        "label": str(one("SELECT key FROM tx_metadata GROUP BY 1 ORDER BY count(*) DESC LIMIT 1")),
        "datum": one("SELECT data_hash FROM tx_out WHERE data_hash NOT NULL GROUP BY 1 ORDER BY count(*) DESC LIMIT 1").hex(),
        "key": key,
        "text": text,
    }


def plan(chain: Path, where: str, more: str = "", off: bool = True) -> CompiledPlan:
    text = FULL.format(network="preview", path=chain / "preview/immutable", start='"origin"')
    if off:
        text = text.replace("transactions = true", 'transactions = { resolve_inputs = "off" }')
    return compile_plan(parse_plan(f"{text}[filters]\nwhere = '''{where}'''\n{more}", Path("plan.toml")))


def hashes(database: sqlite3.Connection, ids: str) -> set[bytes]:
    return {digest for (digest,) in database.execute(f"SELECT hash FROM tx WHERE id IN ({ids})")}


@pytest.mark.parametrize("name", CASES)
def test_the_kept_set(name: str, chain: Path, preview: sqlite3.Connection, values: dict[str, str], tmp_path: Path) -> None:
    where, by_hand = (text.format(**values) for text in CASES[name])
    compiled = plan(chain, where)
    database = run_compiled(tmp_path / "kept.db", compiled)
    kept = {digest for (digest,) in database.execute("SELECT hash FROM tx")}
    wanted = hashes(preview, by_hand)
    assert kept == wanted
    if name != "governance":
        assert 0 < len(kept) < 8_000
    assert compiled.filters.where is not None
    sql = to_sql(compiled.filters.where, target_of(compiled.network, compiled.tables, "sqlite"))
    asked = f'SELECT t."id" FROM "tx" t JOIN "block" b ON b."id" = t."block_id" WHERE {sql}'
    assert hashes(preview, asked) == wanted
    rows = database.execute("SELECT tx_id, count(*), sum(value) FROM tx_out GROUP BY 1 ORDER BY 1").fetchall()
    marks = ", ".join(str(tx) for tx, _, _ in rows)
    assert (
        rows
        == preview.execute(
            f"SELECT tx_id, count(*), sum(value) FROM tx_out WHERE tx_id IN ({marks}) GROUP BY 1 ORDER BY 1"
        ).fetchall()
    )


SPENDS = """SELECT i.id, i.tx_in_id, i.tx_out_hash, i.tx_out_index FROM tx_in i JOIN tx t ON t.hash = i.tx_out_hash
JOIN tx_out o ON o.tx_id = t.id AND o."index" = i.tx_out_index WHERE o.tx_id IN ({ids}) ORDER BY 1"""


@pytest.mark.parametrize("name", ["wallet", "policy", "value"])
def test_spends_of_what_was_kept_are_recorded(
    name: str, chain: Path, preview: sqlite3.Connection, values: dict[str, str], tmp_path: Path
) -> None:
    where, by_hand = (text.format(**values) for text in CASES[name])
    database = run_compiled(tmp_path / "kept.db", plan(chain, where, off=False))
    ids = ", ".join(str(one) for (one,) in preview.execute(f"SELECT id FROM tx WHERE id IN ({by_hand})"))
    wanted = preview.execute(SPENDS.format(ids=ids)).fetchall()
    assert database.execute(SPENDS.format(ids=ids)).fetchall() == wanted
    assert len(wanted) > 10
    consumed = "SELECT id, consumed_by_tx_id FROM tx_out WHERE tx_id IN ({ids}) ORDER BY 1"
    assert database.execute(consumed.format(ids=ids)).fetchall() == preview.execute(consumed.format(ids=ids)).fetchall()
    spenders = {tx for _, tx, _, _ in wanted}
    kept = {one for (one,) in database.execute("SELECT id FROM tx")}
    assert kept == {int(one) for one in ids.split(", ")} | spenders
    assert database.execute("SELECT count(*) FROM tx_in WHERE tx_in_id NOT IN (SELECT id FROM tx)").fetchone() == (0,)


def test_in_two_halves_it_is_the_same_database(chain: Path, values: dict[str, str], tmp_path: Path) -> None:
    where = CASES["inputs"][0].format(**values) + " or " + CASES["policy"][0].format(**values)
    whole = run_compiled(tmp_path / "whole.db", plan(chain, where, off=False))
    text = FULL.format(network="preview", path=chain / "preview/immutable", start='"origin"')
    first = compile_plan(
        parse_plan(
            text.replace("[processors]", "end_slot = 500000\n[processors]") + f"[filters]\nwhere = '''{where}'''\n",
            Path("plan.toml"),
        )
    )
    run_compiled(tmp_path / "halves.db", first).close()
    halves = run_compiled(tmp_path / "halves.db", plan(chain, where, off=False))
    for (table,) in whole.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'nectar_c%' AND name NOT IN ('nectar_plan', 'sqlite_stat1')"
    ):
        read = f'SELECT * FROM "{table}" ORDER BY 1'
        assert halves.execute(read).fetchall() == whole.execute(read).fetchall(), table


def test_keep_row_keeps_the_rows_that_match(chain: Path, preview: sqlite3.Connection, tmp_path: Path) -> None:
    where = "any(outputs, value >= 1_000 ada and is_script) or any(metadata, label == 674)"
    database = run_compiled(tmp_path / "rows.db", plan(chain, where, "keep = 'row'\n"))
    outputs = 'SELECT id, tx_id, "index", address, value, stake_address_id FROM tx_out {} ORDER BY 1'
    assert (
        database.execute(outputs.format("")).fetchall()
        == preview.execute(outputs.format("WHERE value >= 1000000000 AND address_has_script")).fetchall()
    )
    labels = "SELECT id, key, json, bytes, tx_id FROM tx_metadata {} ORDER BY 1"
    assert database.execute(labels.format("")).fetchall() == preview.execute(labels.format("WHERE key = 674")).fetchall()
    assert database.execute("SELECT count(*) FROM tx_in").fetchone() == (0,)
    assert database.execute("SELECT count(*) FROM tx").fetchone()[0] > 5
    named = (
        "SELECT count(*) FROM stake_address WHERE id NOT IN (SELECT stake_address_id FROM tx_out WHERE stake_address_id NOT NULL)"
    )
    assert database.execute(named).fetchone() == (0,)


def test_keep_block_keeps_the_whole_block(chain: Path, preview: sqlite3.Connection, tmp_path: Path) -> None:
    database = run_compiled(tmp_path / "blocks.db", plan(chain, "has_burn", "keep = 'block'\n"))
    wanted = "SELECT hash FROM tx WHERE block_id IN (SELECT block_id FROM tx WHERE id IN (SELECT tx_id FROM ma_tx_mint WHERE quantity < 0))"
    assert {one for (one,) in database.execute("SELECT hash FROM tx")} == {one for (one,) in preview.execute(wanted)}


def test_row_filters(chain: Path, preview: sqlite3.Connection, values: dict[str, str], tmp_path: Path) -> None:
    text = FULL.format(network="preview", path=chain / "preview/immutable", start='"origin"')
    rows = f"ma_tx_out = 'ident.policy == 0x{values['policy']}'\ntx_metadata = 'label in [{values['label']}]'\n"
    compiled = compile_plan(parse_plan(f"{text}[filters.rows]\n{rows}", Path("plan.toml")))
    database = run_compiled(tmp_path / "rows.db", compiled)
    held = "SELECT m.id, m.quantity FROM ma_tx_out m JOIN multi_asset a ON a.id = m.ident {} ORDER BY 1"
    assert (
        database.execute(held.format("")).fetchall()
        == preview.execute(held.format(f"WHERE hex(a.policy) = upper('{values['policy']}')")).fetchall()
    )
    assert database.execute("SELECT DISTINCT key FROM tx_metadata").fetchall() == [(int(values["label"]),)]
    minted = "SELECT count(*) FROM multi_asset WHERE id NOT IN (SELECT ident FROM ma_tx_out UNION SELECT ident FROM ma_tx_mint)"
    assert database.execute(minted).fetchone() == (0,)
    assert database.execute("SELECT count(*) FROM tx").fetchone() == preview.execute("SELECT count(*) FROM tx").fetchone()
