"""Every row that db-sync (through Blockfrost) has of blocks that stand in this data, field by field.

Where Blockfrost shows something otherwise than the table has it (amounts as text, times as seconds), the query turns it.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from nectar.cardano.position import ITEM_BITS
from nectar.decode.block import decode_block
from nectar.decode.want import Want
from tests.agreement.loading import everything, load
from tests.decode.chunks import cut

Json = dict[str, Any]
NETWORKS = ("mainnet", "preprod", "preview")
ELSEWHERE = {"preview": ("preview-late/immutable/*.chunk", "runs/preview-*.chunk", "blocks/*.block")}


def entries(chain: Path, *files: str) -> list[Json]:
    """Entries of `expected/dbsync` files; an entry whose row is a list gives one for each of it."""
    found: list[Json] = []
    for file in files:
        for entry in json.loads((chain / "expected/dbsync" / f"{file}.json").read_text()):
            rows = entry["row"] if isinstance(entry["row"], list) else [entry["row"]]
            found += [entry | {"row": row} for row in rows]
    return found


def raw_blocks(chain: Path) -> Iterator[tuple[str, bytes]]:
    """(folder's network, block) of every file; single blocks have no network."""
    for network in NETWORKS:
        for path in sorted((chain / network / "immutable").glob("*.chunk")):
            yield from ((network, raw) for raw in cut(path))
    for pattern in ("preview-late/immutable/*.chunk", "runs/preview-*.chunk"):
        for path in sorted(chain.glob(pattern)):
            yield from (("preview", raw) for raw in cut(path))
    for path in sorted((chain / "blocks").glob("*.block")):
        raw = path.read_bytes()
        if raw[1] <= 7:
            yield "", raw


@pytest.fixture(scope="module")
def databases(chain: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, sqlite3.Connection]:
    """For each network a database of the blocks that the files speak of."""
    named: dict[str, set[str]] = {network: set() for network in NETWORKS}
    for path in sorted((chain / "expected/dbsync").glob("*.json")):
        for entry in json.loads(path.read_text()):
            text = json.dumps(entry)
            hashes = {part for part in text.replace("/", '"').split('"') if len(part) == 64}
            named.setdefault(entry["network"], set()).update(hashes)
    blocks: dict[str, list[bytes]] = {network: [] for network in NETWORKS}
    for network, raw in raw_blocks(chain):
        block = decode_block(raw, Want.TXS)
        hashes = {block.hash.hex()} | {tx.hash.hex() for tx in block.txs}
        for candidate in (network,) if network else NETWORKS:
            if hashes & named[candidate]:
                blocks[candidate].append(raw)
    folder = tmp_path_factory.mktemp("dbsync")
    return {network: load(folder / f"{network}.db", everything(network), raws) for network, raws in blocks.items() if raws}


def seconds(text: str) -> int:
    return int(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp())


def present(databases: dict[str, sqlite3.Connection], entry: Json) -> sqlite3.Connection | None:
    """The network's database, when the entry's transaction stands in it."""
    db = databases.get(entry["network"])
    digest = entry["row"].get("tx_hash") or entry["row"].get("hash") or entry["endpoint"].split("/")[1]
    if db is None or len(digest) != 64:
        return None
    return db if db.execute("SELECT 1 FROM tx WHERE hash = ?", (bytes.fromhex(digest),)).fetchone() else None


def checked(databases: dict[str, sqlite3.Connection], found: list[Json], say: Callable[[sqlite3.Connection, Json], Json]) -> int:
    """How many entries stand in the data; each must say what `say` reads from the database, of the keys that `say` gives."""
    count = 0
    for entry in found:
        db = present(databases, entry)
        if db is not None:
            ours = say(db, entry)
            assert ours == {key: entry["row"][key] for key in ours}, entry["endpoint"]
            count += 1
    return count


def tx_of(entry: Json) -> bytes:
    return bytes.fromhex(entry["row"].get("tx_hash") or entry["endpoint"].split("/")[1])


def test_blocks(chain: Path, databases: dict[str, sqlite3.Connection]) -> None:
    sql = """
        SELECT b.*, s.description, s.pool_hash_id, p.view FROM block AS b JOIN slot_leader AS s ON s.id = b.slot_leader_id
        LEFT JOIN pool_hash AS p ON p.id = s.pool_hash_id WHERE b.hash = ?
    """
    from nectar.cardano.ids import pool_id_view

    seen = Counter[str]()
    for entry in entries(chain, "blocks.hash-or-number", "blocks.hash-or-number-next", "blocks.hash-or-number-previous"):
        row, db = entry["row"], databases.get(entry["network"])
        block = db.execute(sql, (bytes.fromhex(row["hash"]),)).fetchone() if db is not None else None
        if block is None:
            continue
        pool = block["pool_hash_id"]
        has_txs = block["tx_count"] > 0
        ours = {
            "time": seconds(block["time"]),
            "height": block["block_no"],
            "hash": block["hash"].hex(),
            "slot": block["slot_no"],
            "epoch": block["epoch_no"],
            "epoch_slot": block["epoch_slot_no"],
            "slot_leader": block["description"] if pool is None else pool_id_view(pool),
            "size": block["size"],
            "tx_count": block["tx_count"],
            "op_cert": block["op_cert"] and block["op_cert"].hex(),
            "op_cert_counter": None if block["op_cert_counter"] is None else str(block["op_cert_counter"]),
            "output": str(block["out_sum"]) if has_txs else None,
            "block_vrf": block["vrf_key"],
            "previous_block": block["previous_hash"].hex(),
        }
        if block["epoch_no"] is not None and block["vrf_key"] is not None:  # Byron's fees follow from inputs
            ours["fees"] = str(block["fees"]) if has_txs else None
        assert ours == {key: row[key] for key in ours}, entry["endpoint"]
        seen[entry["network"]] += 1
    assert seen["preview"] > 150
    assert seen["mainnet"] >= 8


def test_epochs(chain: Path, preview: sqlite3.Connection) -> None:
    found = [entry for entry in entries(chain, "epochs.number") if entry["row"]["epoch"] <= 11]
    assert len(found) >= 8
    preview.row_factory = sqlite3.Row
    for entry in found:
        epoch = preview.execute("SELECT * FROM epoch WHERE no = ?", (entry["row"]["epoch"],)).fetchone()
        ours = {
            "first_block_time": seconds(epoch["start_time"]),
            "last_block_time": seconds(epoch["end_time"]),
            "block_count": epoch["blk_count"],
            "tx_count": epoch["tx_count"],
            "output": epoch["out_sum"],
            "fees": str(epoch["fees"]),
        }
        assert ours == {key: entry["row"][key] for key in ours}


def test_transactions(chain: Path, databases: dict[str, sqlite3.Connection]) -> None:
    def say(db: sqlite3.Connection, entry: Json) -> Json:
        tx = db.execute("SELECT * FROM tx WHERE hash = ?", (bytes.fromhex(entry["row"]["hash"]),)).fetchone()
        block = db.execute("SELECT * FROM block WHERE id = ?", (tx["block_id"],)).fetchone()

        def count(table: str, column: str = "tx_id") -> int:
            return int(db.execute(f"SELECT count(*) FROM {table} WHERE {column} = ?", (tx["id"],)).fetchone()[0])

        amounts = [{"unit": "lovelace", "quantity": str(tx["out_sum"])}]
        assets = """
            SELECT m.policy, m.name, sum(o.quantity) FROM ma_tx_out AS o JOIN multi_asset AS m ON m.id = o.ident
            WHERE o.tx_out_id BETWEEN ? AND ? GROUP BY m.id ORDER BY m.policy, m.name
        """
        for policy, name, quantity in db.execute(assets, (tx["id"] << ITEM_BITS, (tx["id"] + 1 << ITEM_BITS) - 1)):
            amounts.append({"unit": (policy + name).hex(), "quantity": str(quantity)})
        return {
            "hash": tx["hash"].hex(),
            "block": block["hash"].hex(),
            "block_height": block["block_no"],
            "block_time": seconds(block["time"]),
            "slot": block["slot_no"],
            "index": tx["block_index"],
            "output_amount": amounts,
            "fees": str(tx["fee"]),
            "size": tx["size"],
            "invalid_before": None if tx["invalid_before"] is None else str(tx["invalid_before"]),
            "invalid_hereafter": None if tx["invalid_hereafter"] is None else str(tx["invalid_hereafter"]),
            "utxo_count": count("tx_in", "tx_in_id") + count("tx_out"),
            "withdrawal_count": count("withdrawal"),
            "mir_cert_count": count("reserve") + count("treasury"),
            "delegation_count": count("delegation"),
            "stake_cert_count": count("stake_registration") + count("stake_deregistration"),
            "pool_update_count": count("pool_update", "registered_tx_id"),
            "pool_retire_count": count("pool_retire", "announced_tx_id"),
            "asset_mint_or_burn_count": count("ma_tx_mint"),
            "redeemer_count": count("redeemer"),
            "valid_contract": bool(tx["valid_contract"]),
            "treasury_donation": str(tx["treasury_donation"]),
        }

    found = entries(chain, "tx.root", "txs.tx")
    assert checked(databases, found, say) == len(found)


def test_metadata_as_json(chain: Path, databases: dict[str, sqlite3.Connection]) -> None:
    def say(db: sqlite3.Connection, entry: Json) -> Json:
        label = entry["row"].get("label") or entry["endpoint"].split("/labels/")[1].split("?")[0].split("/")[0]
        sql = "SELECT m.json FROM tx_metadata AS m JOIN tx ON tx.id = m.tx_id WHERE tx.hash = ? AND m.key = ?"
        return {"json_metadata": json.loads(db.execute(sql, (tx_of(entry), int(label))).fetchone()[0])}

    found = entries(chain, "metadata.txs-labels-label", "tx.metadata")
    assert checked(databases, found, say) >= 60


def test_metadata_as_cbor(chain: Path, databases: dict[str, sqlite3.Connection]) -> None:
    def say(db: sqlite3.Connection, entry: Json) -> Json:
        label = entry["row"].get("label") or entry["endpoint"].split("/labels/")[1].split("?")[0].split("/")[0]
        sql = "SELECT m.bytes FROM tx_metadata AS m JOIN tx ON tx.id = m.tx_id WHERE tx.hash = ? AND m.key = ?"
        raw = db.execute(sql, (tx_of(entry), int(label))).fetchone()[0]
        return {"metadata": raw.hex(), "cbor_metadata": f"\\x{raw.hex()}"}

    found = entries(chain, "metadata.txs-labels-label-cbor", "tx.metadata.cbor")
    assert checked(databases, found, say) >= 60


def test_redeemers(chain: Path, preview: sqlite3.Connection) -> None:
    """Over the whole of preview's first epochs, where spent outputs are known and so are the scripts that guard them."""
    preview.row_factory = sqlite3.Row
    sql = """
        SELECT r.*, tx.hash AS tx_hash FROM redeemer AS r JOIN tx ON tx.id = r.tx_id
        WHERE tx.hash = ? AND r."index" = ? AND r.purpose = ?
    """
    seen = 0
    for entry in entries(chain, "scripts.hash-redeemers"):
        row = entry["row"]
        found = preview.execute(sql, (bytes.fromhex(row["tx_hash"]), row["tx_index"], row["purpose"])).fetchone()
        if found is None:
            continue
        ours = {
            "redeemer_data_hash": found["redeemer_data_id"].hex(),
            "datum_hash": found["redeemer_data_id"].hex(),
            "unit_mem": str(found["unit_mem"]),
            "unit_steps": str(found["unit_steps"]),
            "fee": str(found["fee"]),
        }
        assert ours == {key: row[key] for key in ours}
        assert found["script_hash"].hex() == entry["endpoint"].split("/")[1]
        seen += 1
    assert seen >= 10


def test_outputs_with_reference_scripts(chain: Path, databases: dict[str, sqlite3.Connection]) -> None:
    def say(db: sqlite3.Connection, entry: Json) -> Json:
        sql = """
            SELECT o.*, d.bytes AS datum, b.hash AS block_hash FROM tx_out AS o JOIN tx ON tx.id = o.tx_id
            JOIN block AS b ON b.id = tx.block_id LEFT JOIN datum AS d ON d.id = o.inline_datum_id
            WHERE tx.hash = ? AND o."index" = ?
        """
        found = db.execute(sql, (tx_of(entry), entry["row"]["output_index"])).fetchone()
        return {
            "address": found["address"],
            "amount": [{"unit": "lovelace", "quantity": str(found["value"])}],
            "block": found["block_hash"].hex(),
            "data_hash": found["data_hash"] and found["data_hash"].hex(),
            "inline_datum": found["datum"] and found["datum"].hex(),
            "reference_script_hash": found["reference_script_id"].hex(),
        }

    found = entries(chain, "scripts.hash-utxos")
    assert checked(databases, found, say) == len(found)


def test_mints(chain: Path, databases: dict[str, sqlite3.Connection]) -> None:
    def say(db: sqlite3.Connection, entry: Json) -> Json:
        unit = bytes.fromhex(entry["endpoint"].split("/")[1])
        sql = """
            SELECT t.quantity FROM ma_tx_mint AS t JOIN tx ON tx.id = t.tx_id JOIN multi_asset AS m ON m.id = t.ident
            WHERE tx.hash = ? AND m.policy = ? AND m.name = ?
        """
        (quantity,) = db.execute(sql, (tx_of(entry), unit[:28], unit[28:])).fetchone()
        return {"action": "minted" if quantity > 0 else "burned", "amount": str(abs(quantity))}

    found = entries(chain, "assets.asset-history")
    assert checked(databases, found, say) == len(found)


def test_transactions_of_an_asset(chain: Path, databases: dict[str, sqlite3.Connection]) -> None:
    def say(db: sqlite3.Connection, entry: Json) -> Json:
        sql = "SELECT tx.block_index, b.block_no, b.time FROM tx JOIN block AS b ON b.id = tx.block_id WHERE tx.hash = ?"
        index, number, time = db.execute(sql, (tx_of(entry),)).fetchone()
        return {"tx_index": index, "block_height": number, "block_time": seconds(time)}

    found = entries(chain, "assets.asset-transactions")
    assert checked(databases, found, say) == len(found)


def cert_row(db: sqlite3.Connection, entry: Json, table: str, extra: str = "", tx_column: str = "tx_id") -> sqlite3.Row:
    sql = f"""
        SELECT c.*, s.view AS address {extra} FROM {table} AS c JOIN tx ON tx.id = c.{tx_column}
        LEFT JOIN stake_address AS s ON s.id = c.addr_id LEFT JOIN pool_hash AS p ON p.id = c.pool_hash_id
        WHERE tx.hash = ? AND c.cert_index = ?
    """
    row: sqlite3.Row = db.execute(sql, (tx_of(entry), entry["row"]["cert_index"])).fetchone()
    return row


def test_delegations(chain: Path, databases: dict[str, sqlite3.Connection]) -> None:
    def say(db: sqlite3.Connection, entry: Json) -> Json:
        row = cert_row(db, entry, "delegation", ", p.view AS pool")
        return {"address": row["address"], "pool_id": row["pool"], "active_epoch": row["active_epoch_no"]}

    found = entries(chain, "tx.delegations")
    assert checked(databases, found, say) == len(found) == 3


def test_stake_registrations(chain: Path, databases: dict[str, sqlite3.Connection]) -> None:
    def say(db: sqlite3.Connection, entry: Json) -> Json:
        sql = """
            SELECT s.view, c.cert_index FROM {} AS c JOIN tx ON tx.id = c.tx_id JOIN stake_address AS s ON s.id = c.addr_id
            WHERE tx.hash = ? AND c.cert_index = ?
        """
        table = "stake_registration" if entry["row"]["registration"] else "stake_deregistration"
        view, index = db.execute(sql.format(table), (tx_of(entry), entry["row"]["cert_index"])).fetchone()
        return {"address": view, "cert_index": index}

    found = entries(chain, "tx.stakes")
    assert checked(databases, found, say) == len(found) == 3


def test_payments_from_the_pots(chain: Path, databases: dict[str, sqlite3.Connection]) -> None:
    """As a whole: one certificate pays many, and only the set of them is ordered alike."""
    found = [entry for entry in entries(chain, "tx.mirs") if present(databases, entry)]
    assert len(found) == len(entries(chain, "tx.mirs"))
    sql = """
        SELECT ? AS pot, c.cert_index, s.view, c.amount FROM {} AS c JOIN tx ON tx.id = c.tx_id
        JOIN stake_address AS s ON s.id = c.addr_id WHERE tx.hash = ?
    """
    ours = Counter[tuple[Any, ...]]()
    for digest, network in {(tx_of(entry), entry["network"]) for entry in found}:
        for pot in ("reserve", "treasury"):
            ours.update(tuple(row) for row in databases[network].execute(sql.format(pot), (pot, digest)))
    said = Counter((row["pot"], row["cert_index"], row["address"], int(row["amount"])) for row in (e["row"] for e in found))
    assert ours == said


def test_pool_updates(chain: Path, preview: sqlite3.Connection) -> None:
    preview.row_factory = sqlite3.Row
    sql = """
        SELECT u.*, p.view AS pool, s.view AS reward, m.url, m.hash AS meta_hash FROM pool_update AS u
        JOIN tx ON tx.id = u.registered_tx_id JOIN pool_hash AS p ON p.id = u.hash_id
        JOIN stake_address AS s ON s.id = u.reward_addr_id LEFT JOIN pool_metadata_ref AS m ON m.id = u.meta_id
        WHERE tx.hash = ? AND u.cert_index = ?
    """
    owners = (
        "SELECT s.view FROM pool_owner AS o JOIN stake_address AS s ON s.id = o.addr_id WHERE o.pool_update_id = ? ORDER BY o.id"
    )
    relays = "SELECT ipv4, ipv6, dns_name AS dns, dns_srv_name AS dns_srv, port FROM pool_relay WHERE update_id = ? ORDER BY id"
    found = entries(chain, "tx.pool_updates")
    assert len(found) == 3
    for entry in found:
        update = preview.execute(sql, (tx_of(entry), entry["row"]["cert_index"])).fetchone()
        ours = {
            "pool_id": update["pool"],
            "vrf_key": update["vrf_key_hash"].hex(),
            "pledge": str(update["pledge"]),
            "margin_cost": update["margin"],
            "fixed_cost": str(update["fixed_cost"]),
            "reward_account": update["reward"],
            "owners": [row[0] for row in preview.execute(owners, (update["id"],))],
            "relays": [dict(row) for row in preview.execute(relays, (update["id"],))],
            "active_epoch": update["active_epoch_no"],
        }
        assert ours == {key: entry["row"][key] for key in ours}
        assert entry["row"]["metadata"]["url"] == update["url"]


def test_updates_of_a_pool(chain: Path, databases: dict[str, sqlite3.Connection], preview: sqlite3.Connection) -> None:
    sql = "SELECT count(*) FROM {} AS c JOIN tx ON tx.id = c.{} WHERE tx.hash = ? AND c.cert_index = ?"
    tables = {"registered": ("pool_update", "registered_tx_id"), "deregistered": ("pool_retire", "announced_tx_id")}
    seen = 0
    for entry in entries(chain, "pools.pool-id-updates"):
        table, column = tables[entry["row"]["action"]]
        key = (tx_of(entry), entry["row"]["cert_index"])
        for db in (preview, databases["preview"]):
            seen += db.execute(sql.format(table, column), key).fetchone()[0]
    assert seen >= 1
