"""A few transactions made by hand, for the fixtures: what each is for stands beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nectar.cardano.block import Block, Metadatum, Tx, TxOut
from nectar.cardano.certificate import Credential, PoolRetirement, StakeDelegation, StakeRegistration
from nectar.cardano.governance import GovActionId, Vote
from nectar.cardano.point import Era
from nectar.cardano.script import Datum, Purpose, Redeemer, Script, ScriptKind

KEY, STAKE, POOL, POLICY = b"\x11" * 28, b"\x22" * 28, b"\x33" * 28, b"\x44" * 28
ADDRESS = b"\x00" + KEY + STAKE  # on a test network: key, stake key
AT_SCRIPT = b"\x70" + b"\x55" * 28
BYRON = bytes.fromhex("82d818582183581c" + "66" * 28 + "a0" + "00" + "1a" + "00000000")
ACCOUNT = b"\xe0" + STAKE


def out(
    index: int,
    address: bytes,
    ada: int,
    *assets: tuple[bytes, bytes, int],
    datum: bytes | None = None,
    script: Script | None = None,
) -> TxOut:
    return TxOut(index, address, ada * 1_000_000, assets, datum, None, script)


def tx(**said: Any) -> Tx:
    nothing: dict[str, Any] = dict.fromkeys(Tx._fields, ())
    nothing |= {
        "index": 0,
        "hash": b"\x01" * 32,
        "size": 300,
        "is_valid": True,
        "fee": 200_000,
        "inputs": [(b"\x09" * 32, 0)],
        "collateral_return": None,
        "total_collateral": None,
        "invalid_before": None,
        "invalid_hereafter": None,
        "update": None,
        "donation": None,
        "out_sum": 0,
        "cbor": None,
        "script_size": 0,
    }
    made = Tx(**{**nothing, **said})
    return made._replace(out_sum=sum(one.value for one in made.outputs) if made.is_valid else 0)


SCRIPT = Script(ScriptKind.PLUTUS_V2, b"\x77" * 28, b"\x00" * 10)
TXS: Mapping[str, Tx] = {
    "pays": tx(outputs=[out(0, ADDRESS, 5), out(1, BYRON, 1)], invalid_hereafter=1_000),  # a payment, one output of Byron's form
    "mints": tx(
        outputs=[out(0, AT_SCRIPT, 20, (POLICY, b"Space1", 7), datum=b"\x88" * 32, script=SCRIPT)],
        mint=[(POLICY, b"Space1", 7), (POLICY, b"Old", -1)],
        metadata=[Metadatum(721, b"\xa1\x64name\x63abc"), Metadatum(674, b"\x61x")],
        redeemers=[Redeemer(Purpose.MINT, 0, Datum(b"\x99" * 32, b"\x00"), 1_000, 2_000)],
        scripts=[SCRIPT],
        datums=[Datum(b"\x88" * 32, b"\x00")],
        fee=1_500_000,
    ),
    "certifies": tx(
        outputs=[out(0, ADDRESS, 2)],
        withdrawals=[(ACCOUNT, 3_000_000)],
        certificates=[
            (0, StakeRegistration(Credential(False, STAKE), 2_000_000)),
            (1, StakeDelegation(Credential(False, STAKE), POOL)),
            (2, PoolRetirement(POOL, 9)),
        ],
        votes=[Vote(4, POOL, GovActionId(b"\xaa" * 32, 1), 1, None)],
    ),
    "fails": tx(
        is_valid=False,
        fee=None,
        outputs=[out(0, ADDRESS, 9)],
        mint=[(POLICY, b"Space1", 7)],
        collateral_inputs=[(b"\x08" * 32, 3)],
    ),  # took only collateral
    "byron": tx(fee=None, outputs=[out(0, BYRON, 100)]),  # its fee follows from inputs
}

BLOCK = Block(
    Era.CONWAY, 60_000_000, 2_000_000, b"\xbb" * 32, b"\xcc" * 32, 900, 5, 9, 1, POOL, None, None, None, 0, 0, list(TXS.values())
)
