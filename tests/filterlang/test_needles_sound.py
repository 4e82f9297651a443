"""No block that needles rule out holds a match: on real blocks of every network, and on made ones."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nectar.cardano.address import describe
from nectar.cardano.bech32 import encode
from nectar.cardano.block import Block
from nectar.compiler.compile import compile_plan
from nectar.compiler.compiled import CompiledPlan
from nectar.config.plan.load import parse_plan
from nectar.decode.block import decode_block
from nectar.decode.want import EVERYTHING
from nectar.errors import DecodeError
from nectar.filterlang import access
from nectar.filterlang.search import search, spends_any
from nectar.filterlang.to_python import to_python
from nectar.runner.decoding.filtering import filter_functions
from nectar.samplechain.make import make_sample_chain
from tests.decode.chunks import cut

FOLDERS = ("mainnet", "preprod", "preview", "preview-late")
PLAN = """
[plan]
network = "{network}"
[processors]
transactions = true
[filters]
where = '''{where}'''
"""


@dataclass
class Seen:
    """Values that blocks hold, of each kind a few, and the blocks themselves."""

    raws: list[bytes] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    found: dict[str, list[str]] = field(default_factory=dict)

    def note(self, kind: str, value: str) -> None:
        known = self.found.setdefault(kind, [])
        if len(known) < 400 and value not in known:
            known.append(value)


def gather(raws: Iterator[bytes], epoch_slots: int = 21_600) -> Seen:
    seen = Seen()
    for raw in raws:
        try:
            block = decode_block(raw, EVERYTHING, epoch_slots)
        except DecodeError:
            continue
        seen.raws.append(raw)
        seen.blocks.append(block)
        for tx in block.txs:
            for out in access.created_outputs(tx):
                text = describe(out.address).text
                seen.note("byron" if access.is_byron(out.address) else "address", text)
                for kind, value in (("payment", access.payment_cred(out.address)), ("stakecred", access.stake_cred(out.address))):
                    if value is not None:
                        seen.note(kind, f"0x{value.hex()}")
            for policy, name, _ in [*access.output_assets(tx), *access.mints(tx)]:
                seen.note("policy", f"0x{policy.hex()}")
                if len(name) > 3:
                    seen.note("name", f"0x{name.hex()}")
                if len(name) > 3 and name[:4].isalnum() and name.isascii():
                    seen.note("prefix", name[:4].decode())
            for cert in access.certs(tx):
                if cert.pool is not None:
                    seen.note("pool", encode("pool", cert.pool))
                if cert.drep is not None and len(cert.drep) > 1:
                    seen.note("drep", f"0x{cert.drep.hex()}")
            for vote in tx.votes:
                seen.note("action", f"0x{vote.action.tx_hash.hex()}")
            for metadatum in tx.metadata:
                if metadatum.label > 255:  # smaller ones are a single byte, which is everywhere
                    seen.note("label", str(metadatum.label))
            for tx_hash, _ in access.spent(tx):
                seen.note("input", f"0x{tx_hash.hex()}")
            for account, _ in tx.withdrawals:
                seen.note("withdrawal", f"0x{account.hex()}")
    return seen


FILTERS: dict[str, str] = {
    "address": "any(outputs, address == {address})",
    "two addresses": "any(outputs, address in [{address}, {address2}])",
    "byron": "any(outputs, address == {byron})",
    "payment": "any(outputs, payment_cred == {payment} and value > 0 lovelace)",
    "stakecred": "count(outputs, stake_cred == {stakecred}) >= 1",
    "policy": "any(mints, policy == {policy}) or any(assets, policy == {policy})",
    "nested": "any(outputs, any(assets, policy == {policy} and quantity < 1_000_000_000_000_000))",
    "not none": "not none(assets, policy in [{policy}])",
    "name": "any(assets, name == {name})",
    "prefix": 'any(assets, name_text like "{prefix}*")',
    "starts": 'any(mints, name_text starts_with "{prefix}")',
    "label": "any(metadata, label == {label})",
    "labels": "any(metadata, label in [{label}, 999999])",
    "pool": "any(certs, pool == {pool}) or any(votes, pool == {pool})",
    "drep": "any(certs, drep == {drep}) or any(votes, drep == {drep})",
    "action": "any(votes, action_tx == {action})",
    "withdrawal": "any(withdrawals, stake_address == {withdrawal})",
    "input": "any(inputs, tx_hash == {input})",
    "both": "any(outputs, address == {address}) and any(outputs, address == {address2})",
    "mixed": "(any(outputs, address == {address}) or any(assets, policy == {policy})) and not has_certs",
    "either side": "any(outputs, payment_cred == {payment} or stake_cred == {stakecred})",
    "all and any": "all(outputs, value > 0 lovelace) and any(outputs, payment_cred == {payment})",
}


def plan(network: str, where: str, folder: Path) -> CompiledPlan:
    return compile_plan(parse_plan(PLAN.format(network=network, where=where), folder / "plan.toml"))


def asked(seen: Seen, made: random.Random) -> dict[str, str]:
    values = {kind: made.choice(known) for kind, known in seen.found.items()}
    return {**values, "address2": made.choice(seen.found.get("address", [""]))}


def check(seen: Seen, compiled: CompiledPlan) -> tuple[int, int]:
    """(blocks ruled out, blocks with a match); an assertion when one is both."""
    filters = compiled.filters
    assert filters.where is not None
    assert filters.needles
    look = search(filters.needles)
    true = to_python(filters.where, filter_functions(compiled)).true
    out = matching = 0
    for raw, block in zip(seen.raws, seen.blocks, strict=True):
        held = look(raw)
        matches = any(true(tx, block) for tx in block.txs)
        assert held or not matches, (block.slot, block.hash.hex())
        out += not held
        matching += matches
    return out, matching


@pytest.mark.parametrize("network", FOLDERS)
def test_on_real_blocks(network: str, chain: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chunks = sorted((chain / network / "immutable").glob("*.chunk"))
    raws = (raw for chunk in chunks[:: max(len(chunks) // 24, 1)] for raw in cut(chunk))
    seen = gather(raws)
    made = random.Random(5)
    matched = 0
    for name, where in FILTERS.items():
        values = asked(seen, made)
        try:
            text = where.format(**values)
        except KeyError:
            continue
        if text.count(values.get("address", "?")) > 1 and values.get("address") == values.get("address2"):
            continue
        out, matching = check(seen, plan(network.partition("-")[0], text, tmp_path))
        matched += matching > 0
        with capsys.disabled():
            print(f"\n{network}, {name}: {out / len(seen.raws):.1%} ruled out, {matching} of {len(seen.raws):,} match", end="")
    assert matched > 5


def test_on_made_blocks(tmp_path: Path) -> None:
    make_sample_chain(tmp_path / "chain", 1_500, 11)
    raws = (raw for chunk in sorted((tmp_path / "chain").rglob("*.chunk")) for raw in cut(chunk))
    seen = gather(raws)
    genesis = next((tmp_path / "chain").rglob("genesis"), None)
    made = random.Random(3)
    matched = 0
    for where in FILTERS.values():
        for _ in range(4):
            values = asked(seen, made)
            if values.get("address") == values.get("address2") or any(
                f"{{{kind}}}" in where and kind not in values for kind in seen.found
            ):
                continue
            try:
                compiled = plan(str(genesis or tmp_path / "chain"), where.format(**values), tmp_path)
            except KeyError:
                continue
            matched += check(seen, compiled)[1] > 0
    assert matched > 20


def test_ten_thousand_addresses(chain: Path, tmp_path: Path) -> None:
    seen = gather(raw for number in range(200, 240) for raw in cut(chain / f"preview/immutable/{number:05}.chunk"))
    made = random.Random(9)
    there = made.sample(seen.found["address"], 12)
    others = [encode("addr_test", b"\x00" + made.randbytes(56)) for _ in range(9_988)]
    (tmp_path / "wallets.txt").write_text("\n".join(there + others))
    out, matching = check(seen, plan("preview", 'any(outputs, address in @file("wallets.txt"))', tmp_path))
    assert matching >= 12
    assert out > len(seen.raws) * 0.9


@pytest.mark.parametrize("folder", ["mainnet", "preprod", "preview"])
def test_every_spend_is_seen(folder: str, chain: Path) -> None:
    chunks = sorted((chain / folder / "immutable").glob("*.chunk"))
    spends = 0
    for chunk in chunks[:: max(len(chunks) // 12, 1)]:
        for raw in cut(chunk):
            for tx in decode_block(raw, EVERYTHING, 21_600).txs:
                for tx_hash, _ in access.spent(tx):
                    spends += 1
                    assert spends_any(raw, {tx_hash: 0})
    assert spends > 100


@pytest.mark.parametrize("head", [b"\x58\x20", b"\x59\x00\x20", b"\x5a\x00\x00\x00\x20"])
def test_a_spend_is_seen_whatever_came_before_it(head: bytes) -> None:
    digest = bytes(range(32))
    for before in (b"", b"\x58\x20" + b"\x00" * 31, b"\x58\x58\x20\x58"):
        assert spends_any(before + head + digest + b"\x00", {digest: 0})
        assert not spends_any(before + head + digest[:-1], {digest: 0})


def test_what_defeats_needles_has_none(tmp_path: Path) -> None:
    def without(where: str) -> bool:
        return not plan("preview", where, tmp_path).filters.needles

    assert without("fee > 1 ada")
    assert without("none(outputs, payment_cred == 0x" + "00" * 28 + ")")
    assert without("any(outputs, payment_cred == 0x" + "00" * 28 + ") or has_mint")
    assert without("any(outputs, datum_hash == 0x" + "00" * 32 + ")")
    assert without("tx.hash == 0x" + "00" * 32)
    assert not without("any(outputs, payment_cred == 0x" + "00" * 28 + ") and has_mint")
