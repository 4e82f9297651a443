"""Runs inside pycardano's environment: questions as JSON lines on standard input, its answers on standard output."""

from __future__ import annotations

import json
import sys
from typing import Any

from pycardano import (
    Address,
    NativeScript,
    PlutusV1Script,
    PlutusV2Script,
    PlutusV3Script,
    PoolKeyHash,
    PoolOperator,
    StakePoolVerificationKey,
    VerificationKeyHash,
    script_hash,
)
from pycardano.cip.cip14 import encode_asset

_PLUTUS = {1: PlutusV1Script, 2: PlutusV2Script, 3: PlutusV3Script}


def address(raw: str) -> dict[str, Any]:
    """Text and credentials of an address given as hex."""
    found = Address.from_primitive(bytes.fromhex(raw))
    payment = found.payment_part
    stake = found.staking_part
    return {
        "text": str(found),
        "payment": payment.payload.hex() if payment is not None else None,
        "is_script": payment is not None and not isinstance(payment, VerificationKeyHash),
        "stake": getattr(stake, "payload", b"").hex() or None,
    }


def pool(key_hash: str) -> str:
    return PoolOperator(PoolKeyHash(bytes.fromhex(key_hash))).encode()


def issuer(verification_key: str) -> str:
    return StakePoolVerificationKey(bytes.fromhex(verification_key)).hash().payload.hex()


def plutus(question: list[Any]) -> str:
    kind, raw = question
    return script_hash(_PLUTUS[kind](bytes.fromhex(raw))).payload.hex()


def native(raw: str) -> str:
    return NativeScript.from_cbor(bytes.fromhex(raw)).hash().payload.hex()


def fingerprint(question: list[str]) -> str:
    policy, name = question
    return encode_asset(bytes.fromhex(policy), bytes.fromhex(name))


JUDGES = {
    "address": address,
    "pool": pool,
    "issuer": issuer,
    "plutus": plutus,
    "native": native,
    "fingerprint": fingerprint,
}


def main() -> None:
    for line in sys.stdin:
        kind, question = json.loads(line)
        try:
            print(json.dumps(JUDGES[kind](question)), flush=False)
        except Exception as error:  # noqa: BLE001 - whatever pycardano raises is its answer
            print(json.dumps({"error": f"{type(error).__name__}: {error}"}))


if __name__ == "__main__":
    main()
