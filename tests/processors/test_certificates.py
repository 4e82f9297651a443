"""`certificates`: what each certificate of each era does, on real blocks and on nouns made by hand."""

from __future__ import annotations

from ipaddress import IPv6Address

import cbor2
import pytest

from nectar.cardano.block import Tx
from nectar.cardano.certificate import (
    Anchor,
    Certificate,
    Credential,
    InstantaneousRewards,
    PoolRegistration,
    PoolRetirement,
    StakeDelegation,
    StakeDeregistration,
    StakeRegistration,
)
from nectar.cardano.governance import ProtocolParamUpdate, Update
from nectar.cardano.point import Era
from nectar.cardano.script import Datum, Purpose, Redeemer
from nectar.decode.certificate import certificates, relay
from nectar.processors.certificates.rows import ipv6_text
from tests.processors.making import EMPTY_TX, block_of, rows_of, singles

WHO, SCRIPT = Credential(False, b"k" * 28), Credential(True, b"s" * 28)
SLOT = 140_000_000


def certified(*found: Certificate) -> Tx:
    return EMPTY_TX._replace(certificates=list(enumerate(found)))


def test_real_certificates_each_make_their_row() -> None:
    for block in singles():
        rows = rows_of("certificates", [block])
        kinds = [type(one) for tx in block.txs if tx.is_valid for _, one in tx.certificates]
        for table, kind in (
            ("stake_registration", StakeRegistration),
            ("stake_deregistration", StakeDeregistration),
            ("delegation", StakeDelegation),
            ("pool_retire", PoolRetirement),
        ):
            assert len(rows[table]) == kinds.count(kind)


def test_a_combined_certificate_is_several_rows_of_one_index() -> None:
    """Register, delegate and vote, CDDL kind 13, with the deposit it says."""
    parts = [13, [0, b"k" * 28], b"p" * 28, [2], 2_000_000]
    tx = EMPTY_TX._replace(certificates=certificates([parts], Era.CONWAY))
    rows = rows_of("certificates", [block_of(tx)])
    (registered,), (delegated,) = rows["stake_registration"], rows["delegation"]
    assert registered["cert_index"] == delegated["cert_index"] == 0
    assert registered["deposit"] == 2_000_000
    assert delegated["active_epoch_no"] == registered["epoch_no"] + 2
    (voted,) = rows_of("governance", [block_of(tx)])["delegation_vote"]
    assert voted["cert_index"] == 0


def test_a_failed_transactions_certificates_do_nothing() -> None:
    tx = certified(StakeRegistration(WHO, None), PoolRetirement(b"p" * 28, 500))._replace(is_valid=False)
    assert all(not rows for rows in rows_of("certificates", [block_of(tx)]).values())


def test_redeemers_of_script_certificates() -> None:
    data = Datum(bytes(32), b"\0")
    tx = certified(StakeDeregistration(WHO, None), StakeDeregistration(SCRIPT, 5))
    tx = tx._replace(redeemers=[Redeemer(Purpose.SPEND, 1, data, 0, 0), Redeemer(Purpose.CERT, 1, data, 0, 0)])
    rows = rows_of("certificates", [block_of(tx)])["stake_deregistration"]
    assert [row["redeemer_id"] for row in rows] == [None, (SLOT << 31) + 1]


def test_moves_between_the_pots_have_two_sides() -> None:
    tx = certified(InstantaneousRewards(0, (), 7), InstantaneousRewards(1, (), 9))
    rows = rows_of("certificates", [block_of(tx)])["pot_transfer"]
    assert [(row["treasury"], row["reserves"]) for row in rows] == [(7, -7), (-9, 9)]


def test_payments_from_the_pots() -> None:
    tx = certified(InstantaneousRewards(0, ((WHO, 5), (SCRIPT, -2)), None), InstantaneousRewards(1, ((WHO, 3),), None))
    rows = rows_of("certificates", [block_of(tx)])
    assert [(row["cert_index"], row["amount"]) for row in rows["reserve"]] == [(0, -2), (0, 5)]  # the ledger's order
    assert [(row["cert_index"], row["amount"]) for row in rows["treasury"]] == [(1, 3)]


def test_an_ipv6_relay_stands_word_by_word_in_little_endian() -> None:
    raw = IPv6Address("2001:db8::ff00:42:8329").packed
    swapped = b"".join(raw[at : at + 4][::-1] for at in range(0, 16, 4))
    found = relay([0, 3001, bytes([1, 2, 3, 4]), swapped])
    assert (str(found.ipv4), str(found.ipv6), found.port) == ("1.2.3.4", "2001:db8::ff00:42:8329", 3001)


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("2001:db8:0:0:0:0:0:1", "2001:db8::1"),
        ("2001:db8:11e:c00:0:0:0:101", "2001:db8:11e:c00::101"),
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
        ("0:0:0:0:0:ffff:c000:201", "::ffff:192.0.2.1"),
        ("0:0:0:0:0:0:c000:201", "::192.0.2.1"),
        ("2001:db8:0:0:0:0:c000:201", "2001:db8::c000:201"),
        ("0:0:0:0:0:0:0:1", "::1"),
        ("0:0:0:0:0:0:0:0", "::"),
        ("0:0:0:0:0:0:0:ffff", "::ffff"),
    ],
)
def test_ipv6_texts(address: str, text: str) -> None:
    """As db-sync's library shows them, whatever the version of Python."""
    assert ipv6_text(IPv6Address(address)) == text


def pool(**changes: object) -> PoolRegistration:
    plain = PoolRegistration(b"p" * 28, b"v" * 32, 1, 2, (1, 20), bytes([0xE1]) + b"r" * 28, (), (), None)
    return plain._replace(**changes)  # type: ignore[arg-type]


def test_a_pools_account_of_another_network_is_read_as_one_of_this_network() -> None:
    """The ledger pays it here; db-sync's `adjustNetworkTag`."""
    found = [pool(), pool(reward_account=bytes([0xE0]) + b"r" * 28), pool(reward_account=bytes([0xF0]) + b"r" * 28)]
    rows = rows_of("certificates", [block_of(certified(*found))])
    assert [row["reward_addr_id"][0] for row in rows["pool_update"]] == [0xE1, 0xE1, 0xF1]
    assert {row["view"][:6] for row in rows["stake_address"]} == {"stake1"}
    preview = rows_of("certificates", [block_of(certified(pool()))], "preview")
    assert [row["reward_addr_id"] for row in preview["pool_update"]] == [bytes([0xE0]) + b"r" * 28]


def test_owners_stand_in_the_order_of_the_ledgers_set() -> None:
    owners = [bytes((37 * number % 256,)) * 28 for number in range(1, 20)]
    rows = rows_of("certificates", [block_of(certified(pool(owners=(*owners, owners[3]))))])
    assert [row["addr_id"][1:] for row in rows["pool_owner"]] == sorted(owners)


def test_places_of_pool_metadata_never_share_a_key() -> None:
    """Until Mary the hash could have any length, so where it ends and the url begins belongs to the key."""
    rows = rows_of(
        "certificates",
        [block_of(certified(*(pool(metadata=Anchor(url, digest)) for url, digest in (("bc", b"a"), ("c", b"ab")))))],
    )
    assert len(rows["pool_metadata_ref"]) == 2


def test_real_pools() -> None:
    blocks = [
        block
        for block in singles()
        if any("PoolRegistration" in type(c).__name__ for tx in block.txs for _, c in tx.certificates)
    ]
    assert blocks
    rows = rows_of("certificates", blocks)
    updates = {row["id"] for row in rows["pool_update"]}
    assert updates
    assert {row["pool_update_id"] for row in rows["pool_owner"]} <= updates
    assert {row["update_id"] for row in rows["pool_relay"]} <= updates
    for row in rows["pool_update"]:
        assert 0 <= row["margin"] <= 1
        assert len(row["vrf_key_hash"]) == 32
    for row in rows["pool_relay"]:
        assert sum(row[name] is not None for name in ("ipv4", "ipv6", "dns_name", "dns_srv_name")) >= 1


def test_shelley_updates_become_proposals() -> None:
    update = Update(
        ((b"g" * 28, ProtocolParamUpdate({0: 44, 9: [3, 10], 14: [3, 1], 18: {0: [1, 2]}, 19: [[577, 10_000], [1, 2]]})),), 300
    )
    (row,) = rows_of("certificates", [block_of(EMPTY_TX._replace(update=update))])["param_proposal"]
    assert (row["epoch_no"], row["key"], row["min_fee_a"], row["influence"]) == (300, b"g" * 28, 44, 0.3)
    assert (row["protocol_major"], row["protocol_minor"], row["price_mem"], row["price_step"]) == (3, 1, 0.0577, 0.5)
    assert row["max_tx_size"] is None
    (model,) = rows_of("scripts", [block_of(EMPTY_TX._replace(update=update))])["cost_model"]
    assert model["id"] == row["cost_model_id"]
    assert model["costs"] == '{"PlutusV1":[1,2]}'


def test_certificates_of_unknown_kinds_are_refused() -> None:
    from nectar.decode.cbor import BROKEN

    for parts in ([19, [0, b"k" * 28]], [0, [2, b"k" * 28]], [0, [0, b"short"]], []):
        with pytest.raises(BROKEN):
            certificates([parts], Era.CONWAY)
    assert cbor2.loads(cbor2.dumps([19])) == [19]
