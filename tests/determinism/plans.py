"""Random plans: every `keep`, row filters, views, `on_unknown`, and options that decide how rows are completed."""

from __future__ import annotations

import random
from pathlib import Path

from nectar.compiler.compiled import CompiledPlan
from nectar.compiler.load import read_document
from nectar.config.document.load import load_text
from nectar.errors import PlanError

TESTS = (
    "has_mint",
    "has_metadata",
    "has_certs",
    "not has_script",
    "has_withdrawals or has_votes",
    "fee > 0.2 ada",
    "output_count > 2",
    "is_valid",
    "any(outputs, value > 50 ada)",
    "any(outputs, is_script)",
    "any(outputs, stake_address is not null and value > 5 ada)",
    "all(outputs, value < 3000 ada)",
    "any(outputs, any(assets, quantity > 5))",
    "count(outputs, value > 2 ada) > 1",
    "any(mints, quantity < 0)",
    "any(mints, quantity > 10)",
    'any(certs, kind == "delegation")',
    "any(certs, pool is not null)",
    'none(certs, kind == "stake_registration") and has_certs',
    'any(votes, vote == "Yes")',
    "any(proposals, deposit > 0 lovelace)",
    "any(withdrawals, amount > 1 lovelace)",
    'any(redeemers, purpose == "spend")',
    "any(metadata, label == 721)",
    "any(scripts, size > 10)",
    "any(outputs, payment_cred == 0x00112233445566778899aabbccddeeff00112233445566778899aabb)",
    "block.slot > 20",
)
ASKING = (
    "any(inputs, value > 100 ada)",
    "any(inputs, is_script)",
    "none(inputs, value > 1000 ada)",
    "count(inputs, value > 2 ada) > 1",
    "any(inputs, stake_address is null)",
    "not any(inputs, value < 20 ada)",
    "any(inputs, payment_cred == 0x00112233445566778899aabbccddeeff00112233445566778899aabb)",
)
ROWS = {
    "block": ("tx_count > 0", "size > 1000", "slot_no > 400"),
    "tx": ("fee > 0.3 ada", "out_sum > 100 ada", "script_size == 0"),
    "tx_in": ("tx_out_index == 0", "redeemer_id is null"),
    "tx_out": ("value > 500 ada", "index == 0", "stake_address_id is not null and value < 90 ada", "not is_script"),
    "collateral_tx_in": ("tx_out_index > 0",),
    "ma_tx_out": ("quantity > 5", "ident.name != 0x00"),
    "ma_tx_mint": ("quantity < 0", "quantity > 10"),
    "tx_metadata": ("label in [721, 20]", "label > 600"),
    "redeemer": ('purpose == "spend"', "unit_mem > 1000"),
    "delegation": ("cert_index > 0", "active_epoch_no > epoch 4"),
    "stake_registration": ("cert_index == 0",),
    "stake_deregistration": ("cert_index > 0",),
    "pool_update": ("pledge > 5 ada", "margin > 0.3"),
    "pool_owner": ("id < 0",),
    "reserve": ("amount > 100 lovelace",),
    "withdrawal": ("amount > 1000000 lovelace",),
    "voting_procedure": ('vote == "Yes"', "pool_voter is not null"),
    "delegation_vote": ("cert_index == 0",),
    "drep_registration": ("voting_anchor_id is not null",),
    "gov_action_proposal": ('type == "InfoAction"',),
    "committee_registration": ("cert_index > 0",),
}
VIEWS = ('name = "v"\nfrom = "tx_out"\nwhere = \'value > 5 ada\'', 'name = "v"\nfrom = "tx"\nwhere = \'count(outputs) > 1\'')
REST = ("multi_assets", "metadata", "scripts", "certificates", "withdrawals", "governance")


def random_plan(dice: random.Random, network: str, sync: str, *, filtered: bool = True) -> str:
    """A plan's text without `end_slot`, of a kind that compiles."""
    while True:
        text = _text(dice, network, sync, filtered)
        try:
            compiled(text)
        except PlanError:
            continue  # a view of a table that this plan does not fill, an `on_unknown` that does nothing
        return text


def compiled(text: str, end: str = "") -> CompiledPlan:
    """`end` is a line of [sync]."""
    return read_document(load_text(text.replace("[sync]\n", f"[sync]\n{end}\n"), "plan.toml", shown=True), Path("plan.toml"))


def _text(dice: random.Random, network: str, sync: str, filtered: bool) -> str:
    on = [name for name in REST if dice.random() < 0.7]
    options = [f'resolve_inputs = "{dice.choice(("deferred", "deferred", "live", "off"))}"']
    options += ["address_table = true"] if dice.random() < 0.4 else []
    blocks = "{ every = true }" if dice.random() < 0.3 else "true"
    lines = [f'[plan]\nname = "test"\nnetwork = "{network}"\n[sync]\n{sync}\n[processors]\nblocks = {blocks}']
    lines += [f"transactions = {{ {', '.join(options)} }}", *(f"{name} = true" for name in on)]
    if filtered:
        lines += _filters(dice, "origin" in sync)
    if dice.random() < 0.3:
        lines.append(f"[[views]]\n{dice.choice(VIEWS)}")
    return "\n".join(lines) + "\n"


def _filters(dice: random.Random, from_origin: bool) -> list[str]:
    lines = ["[filters]"]
    if dice.random() < 0.85:
        some = [dice.choice(TESTS if dice.random() < 0.6 else ASKING) for _ in range(dice.choice((1, 1, 2, 3)))]
        lines += [
            f"where = '''{dice.choice((' or ', ' or ', ' and ')).join(dict.fromkeys(some))}'''",
            f'keep = "{dice.choice(("row", "row", "tx", "tx", "block"))}"',
        ]
        if dice.random() < 0.4 or not from_origin:
            lines.append(f'on_unknown = "{dice.choice(("drop", "keep"))}"')
    chosen = dice.sample(sorted(ROWS), dice.choice((0, 1, 2, 5)))
    if dice.random() < 0.3:
        chosen = list({*chosen, "tx_out"})
    lines += ["[filters.rows]", *(f"{name} = '{dice.choice(ROWS[name])}'" for name in chosen)] if chosen else []
    return lines
