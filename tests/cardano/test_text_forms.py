"""Bech32, base58, addresses and ids against published vectors (CIP-14, CIP-19, CIP-129), and against themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nectar.cardano import base58, bech32
from nectar.cardano.address import as_read, describe, network_of, parse_text, reward_address, stake_view
from nectar.cardano.ids import (
    asset_fingerprint,
    committee_view,
    drep_id,
    drep_view,
    gov_action_view,
    parse_drep_id,
    parse_pool_id,
    pool_id_view,
    script_view,
)
from nectar.processors.address_cache import AddressCache

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data" / "cip-vectors.json").read_text())
ADDRESSES: dict[str, dict[str, str]] = VECTORS["cip19"]["addresses"]
SCRIPT = bytes.fromhex(VECTORS["cip19"]["script_hash"])


@pytest.mark.parametrize("name", ADDRESSES)
def test_cip_19_addresses(name: str) -> None:
    raw, text = bytes.fromhex(ADDRESSES[name]["hex"]), ADDRESSES[name]["bech32"]
    parts = describe(raw)
    kind = int(name.rpartition("-")[2])
    assert parts.text == text
    assert parse_text(text) == raw
    assert parts.has_script == bool(kind & 1)
    assert parts.payment_cred == raw[1:29]
    assert (parts.payment_cred == SCRIPT) == parts.has_script
    if kind < 4:
        assert parts.stake_address is not None
        assert stake_view(parts.stake_address) == ADDRESSES[name.replace(f"{kind:02}", "15" if kind & 2 else "14")]["bech32"]
    else:
        assert parts.stake_address is None


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
    views = {
        "drep": lambda: drep_id(bool(raw[0] & 1), raw[1:]),
        "cc_hot": lambda: committee_view(True, bool(raw[0] & 1), raw[1:]),
        "cc_cold": lambda: committee_view(False, bool(raw[0] & 1), raw[1:]),
        "gov_action": lambda: gov_action_view(raw[:32], int.from_bytes(raw[32:], "big")),
    }[vector["hrp"]]()
    assert views == vector["bech32"]


def test_the_two_constant_dreps() -> None:
    assert drep_view(2, None) == "drep_always_abstain"
    assert drep_view(3, None) == "drep_always_no_confidence"


def test_dreps_as_db_sync_shows_them() -> None:
    """A row that db-sync's issue 1851 shows: key and script of one hash have one view, without CIP-129's header byte."""
    digest = bytes.fromhex("e5ab37261b3d63600d566564879370aea031ea3108b0a6bd8cef58aa")
    text = "drep1uk4nwfsm843kqr2kv4jg0yms46srr633pzc2d0vvaav25ncwj8g"
    assert drep_view(0, digest) == drep_view(1, digest) == text
    assert parse_drep_id(text) == (None, digest)
    assert parse_drep_id(drep_id(True, digest)) == (True, digest)
    assert parse_drep_id(drep_id(False, digest)) == (False, digest)
    assert parse_drep_id(bech32.encode("drep_script", digest)) == (True, digest)
    with pytest.raises(ValueError, match="28 bytes"):
        parse_drep_id(bech32.encode("drep", digest[1:]))
    with pytest.raises(ValueError, match="pool1"):
        parse_drep_id(pool_id_view(digest))


def test_a_script_hash_is_what_the_address_holds() -> None:
    """CIP-19's script is CIP-5's `script1...` of its hash."""
    assert script_view(SCRIPT) == "script1cda3khwqv60360rp5m7akt50m6ttapacs8rqhn5w342z7r35m37"


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
    for decode in (bech32.decode, base58.decode, parse_text, parse_pool_id, parse_drep_id):
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
    cache = AddressCache()
    cache.learn_outputs(raws)
    cache.learn_accounts(raw for raw in raws if len(raw) == 29)
    assert [cache.describe(raw) for raw in raws] == alone
    accounts = [raw for raw in raws if raw]
    assert [cache.stake_view(raw) for raw in accounts] == [stake_view(raw) for raw in accounts]


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


# BIP-173's own test vectors: valid ones whose data are whole bytes, and one for each thing that can be wrong.
@pytest.mark.parametrize(
    "text",
    [
        "A12UEL5L",
        "a12uel5l",
        "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
        "?1ezyfcl",
        "11qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqc8247j",
        "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
        "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w",
    ],
)
def test_bip_173_valid(text: str) -> None:
    prefix, data = bech32.decode(text)
    assert bech32.encode(prefix, data) == text.lower()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("pzry9x0s0muk", "a prefix"),
        ("1pzry9x0s0muk", "a prefix"),
        ("x1b4n0q5v", "alphabet"),
        ("li1dgmt3", "a prefix"),
        ("A1G7SGD8", "checksum"),
        ("10a06t8", "a prefix"),
        ("A12uEL5L", "mixes"),
    ],
)
def test_bip_173_invalid(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        bech32.decode(text)


@pytest.mark.parametrize(
    ("values", "why"), [((0, 0, 0), "whole byte"), ((0, 1), "whole byte"), ((0,), "whole byte"), ((0, 0), "")]
)
def test_spare_bits_are_zero_and_fewer_than_a_character_has(values: tuple[int, ...], why: str) -> None:
    """Two characters hold a byte and two spare bits; a third, or a bit that is set, would be a second text for the same byte."""
    alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    state = bech32._prefix_state("a")
    check = bech32._checksum_groups(bech32._checksum(state, bytes(values)))
    text = "a1" + "".join(alphabet[value] for value in (*values, *check))
    if why:
        with pytest.raises(ValueError, match=why):
            bech32.decode(text)
    else:
        assert bech32.decode(text) == ("a", b"\0")


# From Bitcoin's base58 test vectors (base58_encode_decode.json).
@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("", ""),
        ("61", "2g"),
        ("626262", "a3gV"),
        ("73696d706c792061206c6f6e6720737472696e67", "2cFupjhnEsSn59qHXstmK2ffpLv2"),
        ("00eb15231dfceb60925886b67d065299925915aeb172c06647", "1NS17iag9jJgTHD1VXjvLCEnZuQ3rJDE9L"),
        ("516b6fcd0f", "ABnLTmg"),
        ("572e4794", "3EFU7m"),
        ("00000000000000000000", "1111111111"),
    ],
)
def test_base58_vectors(raw: str, text: str) -> None:
    assert base58.encode(bytes.fromhex(raw)) == text
    assert base58.decode(text) == bytes.fromhex(raw)


# Mainnet addresses with bytes behind them, as blocks hold them, and what the ledger and explorers that read db-sync make of them.
@pytest.mark.parametrize(
    ("raw", "length"),
    [
        # tx 369826b2f60b443d27966d222fa5bedc6b900326b77a09f15473d77f5ef2871c (cardano-ledger issues 2729, 5325)
        (
            "015bad085057ac10ecc7060f7ac41edd6f63068d8963ef7d86ca58669e5ecf2d283418a60be5a848a2380eb721000da1e0bbf39733134beca4"
            "cb57afb0b35fc89c63061c9914e055001a518c7516",
            57,
        ),
        # block 43dde0ef9ff13fb40d0bb9bf9a6efe57f1bf147eaf0d53a4def8ea0af263b058
        ("61549b5a20e449a3e394b762705f64b9a26b99013003a2bfdba239967c00", 29),
    ],
)
def test_what_stands_behind_an_address_is_not_part_of_it(raw: str, length: int) -> None:
    whole = bytes.fromhex(raw)
    assert as_read(whole) == whole[:length]
    assert describe(whole) == describe(whole[:length])
    assert parse_text(describe(whole).text) == whole[:length]
    assert parse_text(bech32.encode("addr", whole)) == whole


def test_a_pointer_of_absurd_numbers_in_a_real_block(chain: Path) -> None:
    """219 bytes of address: the ledger takes only numbers that fit, and (0, 0, 0) for the rest."""
    from nectar.decode.block import decode_block
    from nectar.decode.want import Want

    block = decode_block((chain / "blocks/48844559.Alonzo.b045c7766e16ef57.block").read_bytes(), Want.TXS | Want.OUTPUTS)
    longest = max((out.address for tx in block.txs for out in tx.outputs), key=len)
    assert len(longest) == 219
    assert as_read(longest) == longest[:29] + b"\0\0\0"
    assert describe(longest).text == bech32.encode("addr_test", longest[:29] + b"\0\0\0")
    assert describe(longest)[1:] == (False, longest[1:29], None)


@pytest.mark.parametrize(
    ("pointer", "read"),
    [
        ("8198bd431b03", "8198bd431b03"),  # CIP-19's
        ("8198bd431b03ffff", "8198bd431b03"),  # bytes behind
        ("808198bd431b03", "8198bd431b03"),  # a number written longer than it need be
        ("8fffffff7f83ff7f83ff7f", "8fffffff7f83ff7f83ff7f"),  # the largest of each
        ("90808080000000", "000000"),  # a slot of 33 bits
        ("00848000" + "00", "000000"),  # an index of 17 bits
        ("8080", "8080"),  # cut short: never on a chain, kept
    ],
)
def test_pointers(pointer: str, read: str) -> None:
    head = bytes.fromhex(ADDRESSES["mainnet-04"]["hex"])[:29]
    assert as_read(head + bytes.fromhex(pointer)) == head + bytes.fromhex(read)


@given(raw=st.binary(max_size=80))
def test_reading_an_address_twice_is_reading_it_once(raw: bytes) -> None:
    assert as_read(as_read(raw)) == as_read(raw)
    network_of(raw)


def test_an_address_cut_short_has_no_credentials_made_up() -> None:
    base = bytes.fromhex(ADDRESSES["mainnet-00"]["hex"])
    assert describe(base[:20]).payment_cred is None
    assert describe(base[:40]).stake_address is None
    with pytest.raises(ValueError, match="no known form"):
        parse_text(bech32.encode("addr", base[:40]))
    with pytest.raises(ValueError, match="begins with addr1"):
        parse_text(bech32.encode("addr", b"\0" + base[1:]))
