"""What is wrong with a plan or profile, and where: one row a slip, as a table in plain sight."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nectar.config import codes
from nectar.config.plan.load import load_plan, parse_plan
from nectar.config.profile.load import parse_profile
from nectar.errors import Complaint, PlanError
from tests.conftest import ROOT

ON = "[processors]\nblocks = true\n"

# text; code; line; col; a word of the suggestion or of what is allowed
SLIPS: list[tuple[str, str, int, int, str]] = [
    ("[processors\n", codes.SYNTAX, 1, 0, ""),
    ("[procesors]\nblocks = true\n", codes.UNKNOWN_KEY, 1, 2, "processors"),
    ("[processors]\nblock = true\n", codes.UNKNOWN_KEY, 2, 1, "blocks"),
    (ON + '[sync]\nskip_existing = "yes"\n', codes.WRONG_TYPE, 4, 17, "true"),
    (ON + '[storage]\nindexes = "some"\n', codes.NOT_ALLOWED, 4, 11, "deferred"),
    (ON + '[source]\nkind = "imutable"\n', codes.NOT_ALLOWED, 4, 8, "immutable"),
    (ON + "[performance]\nworkers = 5000\n", codes.OUT_OF_RANGE, 4, 11, ""),
    (ON + '[sync]\nstart = { block_hash = "xyz" }\n', codes.BAD_FORM, 4, 24, ""),
    (ON + '[sync]\nstart = "tip-x"\n', codes.BAD_FORM, 4, 9, ""),
    (ON + '[sync]\nstart = "origin"\nstart_slot = 5\n', codes.TWO_BOUNDS, 4, 1, ""),
    (ON + "[sync]\nstart_slot = 10\nend_slot = 5\n", codes.START_AFTER_END, 5, 12, ""),
    ("[processors]\nblocks = false\n", codes.NOTHING_TO_DO, 0, 0, ""),
    (ON + '[filters]\naddress_filter = ["addr1qqqq"]\n', codes.BAD_ADDRESS, 4, 19, ""),
    (ON + '[filters]\npool_filter = ["pool1abc..."]\n', codes.BAD_POOL, 4, 16, ""),
    (ON + '[filters]\nskip_tx_types = ["mints"]\n', codes.NOT_ALLOWED, 4, 18, "mint"),
    (ON + "[filters]\nkeep = 'all'\n", codes.NOT_ALLOWED, 4, 8, ""),
    (ON + "[[views]]\nname = 'x'\nfrom = 'tx'\n", codes.MISSING_KEY, 3, 3, ""),
    ("[processors]\nblocks = true\nmetadata = { labels = [721, 721] }\n", codes.REPEATED, 3, 29, ""),
]


def complaints_of(text: str) -> tuple[Complaint, ...]:
    with pytest.raises(PlanError) as caught:
        parse_plan(text, Path("plan.toml"))
    return caught.value.complaints


@pytest.mark.parametrize(("text", "code", "line", "col", "word"), SLIPS, ids=[f"{slip[1]}-{at}" for at, slip in enumerate(SLIPS)])
def test_each_slip_is_told_with_its_code_and_place(text: str, code: str, line: int, col: int, word: str) -> None:
    found = [one for one in complaints_of(text) if one.code == code]
    assert found, complaints_of(text)
    (one,) = found
    if line:
        assert one.line == line
    if col:
        assert one.col == col
    assert one.file == "plan.toml"
    assert one.what
    assert word in f"{one.suggestion} {one.allowed}"


def test_every_complaint_comes_at_once_in_the_order_of_the_file() -> None:
    text = '[plan]\nnam = "x"\n[sync]\nskip_existing = 1\nstart_slot = -4\n[processors]\nblocks = 3\n[storage]\nindexes = "x"\n'
    found = complaints_of(text)
    assert len(found) >= 5
    assert [one.line for one in found] == sorted(one.line for one in found)
    assert len({one.line for one in found}) >= 5


def test_a_testnet_address_in_a_mainnet_plan_is_foreign() -> None:
    text = (
        ON
        + 'transactions = true\n[filters]\naddress_filter = ["addr_test1vz2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzerspjrlsz"]\n'
    )
    assert [one.code for one in complaints_of(text)] == [codes.FOREIGN_ADDRESS]
    assert parse_plan(text.replace("[processors]", '[plan]\nnetwork = "preview"\n[processors]'), Path("p.toml"))


def test_a_clear_password_is_refused_and_not_repeated() -> None:
    text = '[database]\nconnection_type = "tidb-cluster"\nhost = "h"\npassword = "hunter2hunter2"\n'
    with pytest.raises(PlanError) as caught:
        parse_profile(text, Path("profile.toml"))
    found = {one.code for one in caught.value.complaints}
    assert codes.CLEAR_SECRET in found
    assert "hunter2" not in "".join(repr(one) for one in caught.value.complaints)


def test_the_checklists_own_plan_is_accepted_but_for_its_placeholders() -> None:
    text = """
[sync]
start_slot = 72316896  # Start from Alonzo era
end_slot = 0           # 0 = sync to tip
skip_existing = true   # Skip if data exists
[processors]
blocks = true
transactions = true
certificates = true
withdrawals = true
metadata = false       # Skip metadata for faster sync
scripts = true
governance = true
multi_assets = true
[filters]
address_filter = ["addr1.*", "stake1.*"]
min_transaction_value = 1000000  # 1 ADA
skip_tx_types = ["mint", "burn"]
"""
    plan = parse_plan(text, Path("nectar-execution-plan.toml"))
    assert plan.meta.name == "nectar-execution-plan"
    assert plan.meta.network == "mainnet"
    placeholders = complaints_of(text + 'pool_filter = ["pool1abc...", "pool1def..."]\n')
    assert [one.code for one in placeholders] == [codes.BAD_POOL] * 2


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_any_text_is_a_plan_or_a_plan_error(text: str) -> None:
    try:
        parse_plan(text, Path("plan.toml"))
    except PlanError as error:
        assert error.complaints


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_changed_plan_is_a_plan_or_a_plan_error(data: st.DataObject) -> None:
    plans = sorted((ROOT / "plans").glob("*.toml"))
    text = data.draw(st.sampled_from(plans)).read_text()
    at = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, 30))
    changed = text[:at] + data.draw(st.text(max_size=12)) + text[at + cut :]
    try:
        parse_plan(changed, Path("plan.toml"))
    except PlanError as error:
        assert all(one.code in codes.MEANINGS for one in error.complaints)


def test_a_file_that_is_not_there_is_a_complaint(tmp_path: Path) -> None:
    with pytest.raises(PlanError) as caught:
        load_plan(tmp_path / "none.toml")
    assert [one.code for one in caught.value.complaints] == [codes.UNREADABLE]


def test_every_code_is_in_the_reference() -> None:
    text = (ROOT / "docs/errors.md").read_text()
    assert [code for code in codes.MEANINGS if f"| {code} | {codes.MEANINGS[code]} |" not in text] == []
