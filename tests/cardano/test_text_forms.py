"""Bech32, base58, addresses and ids against published vectors (CIP-14, CIP-19, CIP-129), and against themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nectar.cardano import base58, bech32
from nectar.cardano.address import describe, learn, learn_views, parse_text, reward_address, stake_view
from nectar.cardano.ids import asset_fingerprint, committee_view, drep_view, gov_action_view, parse_pool_id, pool_id_view

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data" / "cip-vectors.json").read_text())
ADDRESSES: dict[str, dict[str, str]] = VECTORS["cip19"]["addresses"]
SCRIPT = bytes.fromhex(VECTORS["cip19"]["script_hash"])


@pytest.mark.parametrize("name", ADDRESSES)
def test_cip_19_addresses(name: str) -> None:
    raw, text = bytes.fromhex(ADDRESSES[name]["hex"]), ADDRESSES[name]["bech32"]
    found = describe(raw)
    kind = int(name.rpartition("-")[2])
    assert found.text == text
    assert parse_text(text) == raw
    assert found.has_script == bool(kind & 1)
    assert found.payment_cred == raw[1:29]
    assert (found.payment_cred == SCRIPT) == found.has_script
    if kind < 4:
        assert found.stake_address is not None
        assert stake_view(found.stake_address) == ADDRESSES[name.replace(f"{kind:02}", "15" if kind & 2 else "14")]["bech32"]
    else:
        assert found.stake_address is None


def test_a_byron_address() -> None:
    vector = VECTORS["byron"]
    raw = bytes.fromhex(vector["hex"])
    assert describe(raw) == (vector["base58"], False, None, None)
    assert parse_text(vector["base58"]) == raw


@pytest.mark.parametrize("vector", VECTORS["cip14"], ids=lambda vector: vector["fingerprint"])
def test_cip_14_fingerprints(vector: dict[str, str]) -> None:
    raw, text = asset_fingerprint(bytes.fromhex(vector["policy_id"]), bytes.fromhex(vector["asset_name"]))
    assert text == vector["fingerprint"]
    assert bech32.decode(text) == ("asset", raw)


@pytest.mark.parametrize("vector", VECTORS["cip129"], ids=lambda vector: vector["hrp"])
def test_cip_129_ids(vector: dict[str, str]) -> None:
    raw = bytes.fromhex(vector["bytes"])
    said = {
        "drep": lambda: drep_view(raw[0] & 1, raw[1:]),
        "cc_hot": lambda: committee_view(True, bool(raw[0] & 1), raw[1:]),
        "cc_cold": lambda: committee_view(False, bool(raw[0] & 1), raw[1:]),
        "gov_action": lambda: gov_action_view(raw[:32], int.from_bytes(raw[32:], "big")),
    }[vector["hrp"]]()
    assert said == vector["bech32"]


def test_the_two_constant_dreps() -> None:
    assert drep_view(2, None) == "drep_always_abstain"
    assert drep_view(3, None) == "drep_always_no_confidence"


@given(prefix=st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=12), data=st.binary(max_size=80))
def test_bech32_round_trip(prefix: str, data: bytes) -> None:
    assert bech32.decode(bech32.encode(prefix, data)) == (prefix, data)
    assert bech32.decode(bech32.encode(prefix, data).upper()) == (prefix, data)


@given(datas=st.integers(1, 60).flatmap(lambda n: st.lists(st.binary(min_size=n, max_size=n), min_size=1, max_size=40)))
def test_many_at_once_are_each_alone(datas: list[bytes]) -> None:
    assert bech32.encode_many("addr_test", datas) == [bech32.encode("addr_test", data) for data in datas]


@given(data=st.binary(min_size=1, max_size=60), at=st.integers(0, 200), change=st.integers(1, 31))
def test_bech32_finds_any_mistyped_character(data: bytes, at: int, change: int) -> None:
    text = bech32.encode("addr", data)
    at = 5 + at % (len(text) - 5)
    alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    wrong = alphabet[(alphabet.index(text[at]) + change) % 32]
    with pytest.raises(ValueError, match="checksum"):
        bech32.decode(text[:at] + wrong + text[at + 1 :])


@given(text=st.text(max_size=40))
def test_any_text_decodes_or_is_a_value_error(text: str) -> None:
    for decode in (bech32.decode, base58.decode, parse_text, parse_pool_id):
        try:
            decode(text)
        except ValueError as error:
            assert str(error)


@given(data=st.binary(max_size=80))
def test_base58_round_trip(data: bytes) -> None:
    assert base58.decode(base58.encode(data)) == data


@given(raws=st.lists(st.binary(max_size=70), max_size=60))
def test_learning_addresses_changes_nothing_of_what_is_said(raws: list[bytes]) -> None:
    alone = [describe(raw) for raw in raws]
    from nectar.cardano import address

    address._known.clear()
    address._views.clear()
    learn(raws)
    learn_views(raw for raw in raws if len(raw) == 29)
    assert [describe(raw) for raw in raws] == alone


def test_a_byron_address_with_a_wrong_checksum_is_refused() -> None:
    raw = bytearray.fromhex(VECTORS["byron"]["hex"])
    raw[-1] ^= 1
    with pytest.raises(ValueError, match="checksum"):
        parse_text(base58.encode(bytes(raw)))


def test_pool_ids_in_both_forms() -> None:
    pool = bytes(range(28))
    assert parse_pool_id(pool_id_view(pool)) == parse_pool_id(pool.hex()) == pool
    with pytest.raises(ValueError, match="28 bytes"):
        parse_pool_id("00" * 27)


def test_reward_addresses() -> None:
    assert reward_address(1, False, SCRIPT)[0] == 0xE1
    assert reward_address(0, True, SCRIPT)[0] == 0xF0


def test_odd_addresses_keep_every_byte() -> None:
    """Longer than its form: all of it stands in the text. Shorter: no credentials are made up."""
    base = bytes.fromhex(ADDRESSES["mainnet-00"]["hex"])
    assert parse_text(describe(base + b"more").text) == base + b"more"
    assert describe(base[:20]).payment_cred is None
    assert describe(base[:40]).stake_address is None
