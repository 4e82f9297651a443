"""Deposits that genesis says, as long as no proposal can have changed them."""

from __future__ import annotations

from pathlib import Path

import apsw

from nectar.sinks.in_force import in_force
from nectar.tables import Place
from tests.runner.jobs import compiled, plan_text


def test_a_registration_pays_what_genesis_asks_until_another_deposit_may_be_in_force() -> None:
    network = compiled(plan_text(Path("none"))).network
    history = network.history
    (one,) = (
        one
        for one in in_force("/", frozenset(("stake_registration", "gov_action_proposal")), network)
        if "stake_registration" in one.tables
    )
    epochs = [history.first_shelley_slot + at * history.shelley_epoch_slots for at in (0, 1, 2)]
    ids = [slot * Place.IN_TX.value for slot in epochs]
    db = apsw.Connection(":memory:")
    db.execute(
        "CREATE TABLE stake_registration (id INTEGER, deposit INTEGER); CREATE TABLE param_proposal (id INTEGER, key_deposit INTEGER)"
    )
    db.executemany("INSERT INTO stake_registration VALUES (?, NULL)", [(id_,) for id_ in ids])
    db.execute("INSERT INTO param_proposal VALUES (?, ?)", (ids[1], network.key_deposit + 1))
    db.execute(one.sql, {"low": 0, "high": (epochs[2] + 1) * Place.TX.value - 1})
    deposits = [deposit for (deposit,) in db.execute("SELECT deposit FROM stake_registration ORDER BY id")]
    assert deposits == [network.key_deposit, network.key_deposit, None]
    db.close()
