"""The custom network of a sample chain: genesis files and node configuration, and the money they create.

byron-genesis.json is written in canonical form (sorted keys, no spaces), so that the hash of the file is the hash the
ledger computes, which the first block names as its previous. The other files' hashes are of their bytes anyway.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nectar.cardano.point import Era
from nectar.samplechain import cborwrite as cbor
from nectar.samplechain.blocks import SLOTS_PER_KES_PERIOD
from nectar.samplechain.keys import (
    ByronKey,
    HeldCredential,
    VerificationKey,
    base58,
    base_address,
    byron_address,
    byron_key_hash,
    credential_of,
    enterprise_address,
    hash32,
    reward_account,
)
from nectar.samplechain.params import cost_model
from nectar.samplechain.plutusdata import plutus_script
from nectar.samplechain.purse import Output
from nectar.samplechain.scripts import native_script, new_byron_key
from nectar.samplechain.timeline import ACTIVE_SLOTS, EraSpan
from nectar.samplechain.world import ACTION_DEPOSIT, ADA, DREP_DEPOSIT, KEY_DEPOSIT, MAGIC, POOL_DEPOSIT, Delegate, World

START = 1_672_531_200  # 2023-01-01T00:00:00Z, the time of slot 0
SUPPLY = 45_000_000_000 * ADA
BALANCES = 24
VOUCHERS = 6
POOLS = 5
GENESIS_KEYS = 7
RELAYS: list[dict[str, Any]] = [
    {"single host address": {"IPv4": "192.0.2.7", "IPv6": "2001:db8::7", "port": 3001}},
    {"single host name": {"dnsName": "relay.example", "port": 3001}},
    {"multi host name": {"dnsName": "_cardano._tcp.example"}},
]
HARD_FORKS = {
    "Shelley": Era.SHELLEY,
    "Allegra": Era.ALLEGRA,
    "Mary": Era.MARY,
    "Alonzo": Era.ALONZO,
    "Babbage": Era.BABBAGE,
    "Conway": Era.CONWAY,
}
Json = dict[str, Any]


def write_genesis(world: World, folder: Path) -> bytes:
    """Fills the world with genesis money, pools and delegates, writes the files and returns the hash of Byron's genesis."""
    folder.mkdir(parents=True)
    dice = world.dice
    for _ in range(GENESIS_KEYS):
        byron, delegate = (ByronKey(dice.bytes(64), cbor.EMPTY_MAP) for _ in range(2))
        world.delegates.append(Delegate(world.new_key(), world.new_key(), byron, delegate))
    files = {"byron": _canonical(_byron(world)), "shelley": _pretty(_shelley(world))}
    files |= {"alonzo": _pretty(_alonzo()), "conway": _pretty(_conway(world))}
    for name, raw in files.items():
        (folder / f"{name}-genesis.json").write_bytes(raw)
    (folder / "config.json").write_bytes(_pretty(_config(world, files)))
    return hash32(files["byron"])


def _canonical(value: Json) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _pretty(value: Json) -> bytes:
    return json.dumps(value, indent=2).encode() + b"\n"


def _create(world: World, output: Output, tx_id: bytes) -> None:
    output.tx_id = tx_id
    world.purse.add(output)


def _byron(world: World) -> Json:
    """Vouchers (AVVM) and balances; a genesis output's transaction id is the hash of its address."""
    dice = world.dice
    vouchers, balances = {}, {}
    for _ in range(VOUCHERS):
        key = ByronKey(dice.bytes(32), cbor.mapping([(cbor.uint(2), cbor.bstr(cbor.uint(MAGIC)))]), 2)
        address, coin = byron_address(key), dice.between(1_000, 9_000_000) * ADA
        vouchers[base64.urlsafe_b64encode(key.xpub).decode()] = str(coin)
        _create(world, Output(address, coin), hash32(address.raw))
    for i in range(BALANCES):
        address = byron_address(new_byron_key(world))
        coin = dice.between(100_000_000, 1_000_000_000) * ADA if i else 0  # real testnets have empty ones
        balances[base58(address.raw)] = str(coin)
        _create(world, Output(address, coin, bag="" if i else "empty"), hash32(address.raw))
    delegations = {byron_key_hash(each.byron.xpub).hex(): _heavy(world, each) for each in world.delegates}
    return {
        "avvmDistr": vouchers,
        "blockVersionData": _block_version(),
        "bootStakeholders": dict.fromkeys(delegations, 1),
        "ftsSeed": b"sample chain of nectar".hex(),
        "heavyDelegation": delegations,
        "nonAvvmBalances": balances,
        "protocolConsts": {"k": world.timeline.k, "protocolMagic": MAGIC},
        "startTime": START,
        "vssCerts": {},
    }


def _heavy(world: World, each: Delegate) -> Json:
    keys = {"issuerPk": each.byron.xpub, "delegatePk": each.byron_delegate.xpub}
    encoded = {name: base64.b64encode(raw).decode() for name, raw in keys.items()}
    return {"omega": 0, "cert": world.dice.bytes(64).hex(), **encoded}


def _block_version() -> Json:
    return {
        "heavyDelThd": "300000000000",
        "maxBlockSize": "2000000",
        "maxHeaderSize": "2000000",
        "maxProposalSize": "700",
        "maxTxSize": "4096",
        "mpcThd": "20000000000000",
        "scriptVersion": 0,
        "slotDuration": "20000",
        "softforkRule": {"initThd": "900000000000000", "minThd": "600000000000000", "thdDecrement": "50000000000000"},
        "txFeePolicy": {"multiplier": "43946000000", "summand": "155381000000000"},
        "unlockStakeEpoch": "18446744073709551615",
        "updateImplicit": "10000",
        "updateProposalThd": "100000000000000",
        "updateVoteThd": "1000000000000",
    }


def _shelley(world: World) -> Json:
    """Initial funds and a few staked pools; their ids are hashes of the raw address."""
    funds: dict[str, int] = {}
    staked = [world.new_key_credential() for _ in range(POOLS)]
    for i in range(2 * POOLS):
        payment = world.new_key_credential()
        address = base_address(payment, staked[i]) if i < POOLS else enterprise_address(payment)
        funds[address.raw.hex()] = coin = world.dice.between(1_000_000, 50_000_000) * ADA
        _create(world, Output(address, coin), hash32(address.raw))
    pools = {}
    for credential in staked:
        operator = world.new_key()
        pools[operator.hash.hex()] = _pool(world, operator, credential)
        world.pools.add(operator)
        world.stakes[credential] = KEY_DEPOSIT
        world.registered.add(credential)
    stake = {c.hash.hex(): pool for c, pool in zip(staked, pools, strict=True)}
    return {
        "activeSlotsCoeff": ACTIVE_SLOTS,
        "epochLength": world.timeline.shelley_epoch,
        "genDelegs": {
            each.genesis.hash.hex(): {"delegate": each.delegate.hash.hex(), "vrf": hash32(each.delegate.vkey).hex()}
            for each in world.delegates
        },
        "initialFunds": funds,
        "maxKESEvolutions": 62,
        "maxLovelaceSupply": SUPPLY,
        "networkId": "Testnet",
        "networkMagic": MAGIC,
        "protocolParams": _protocol_parameters(),
        "securityParam": world.timeline.k,
        "slotLength": 1,
        "slotsPerKESPeriod": SLOTS_PER_KES_PERIOD,
        "staking": {"pools": pools, "stake": stake},
        "systemStart": datetime.fromtimestamp(START, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "updateQuorum": 5,
    }


def _pool(world: World, operator: VerificationKey, owner: HeldCredential) -> Json:
    assert len(reward_account(owner)) == 29
    return {
        "publicKey": operator.hash.hex(),
        "vrf": hash32(operator.vkey).hex(),
        "pledge": world.dice.below(10**6) * ADA,
        "cost": 340 * ADA,
        "margin": 0.05,
        "rewardAccount": {"network": "Testnet", "credential": {"keyHash": owner.hash.hex()}},
        "owners": [owner.hash.hex()],
        "relays": RELAYS,
        "metadata": {"url": "https://pool.example/p.json", "hash": world.dice.bytes(32).hex()},
    }


def _protocol_parameters() -> Json:
    return {
        "protocolVersion": {"major": 2, "minor": 0},
        "decentralisationParam": 1,
        "eMax": 18,
        "extraEntropy": {"tag": "NeutralNonce"},
        "maxTxSize": 16384,
        "maxBlockBodySize": 90112,
        "maxBlockHeaderSize": 1100,
        "minFeeA": 44,
        "minFeeB": 155381,
        "minUTxOValue": ADA,
        "minPoolCost": 340 * ADA,
        "poolDeposit": POOL_DEPOSIT,
        "keyDeposit": KEY_DEPOSIT,
        "nOpt": 150,
        "rho": 0.003,
        "tau": 0.2,
        "a0": 0.3,
    }


def _alonzo() -> Json:
    return {
        "lovelacePerUTxOWord": 34482,
        "executionPrices": {
            "prSteps": {"numerator": 721, "denominator": 10000000},
            "prMem": {"numerator": 577, "denominator": 10000},
        },
        "maxTxExUnits": {"exUnitsMem": 10000000, "exUnitsSteps": 10000000000},
        "maxBlockExUnits": {"exUnitsMem": 50000000, "exUnitsSteps": 40000000000},
        "maxValueSize": 5000,
        "collateralPercentage": 150,
        "maxCollateralInputs": 3,
        "costModels": {"PlutusV1": cost_model(0)},
    }


def _conway(world: World) -> Json:
    world.guardrail = plutus_script(world.dice, 3)
    members = [world.new_key_credential() for _ in range(3)] + [credential_of(native_script(world))]
    for member in members:
        world.cold.add(member)
    names = {f"{'scriptHash' if c.script else 'keyHash'}-{c.hash.hex()}": 1000 for c in members}
    thresholds = {"committeeNormal": 0.51, "committeeNoConfidence": 0.51, "hardForkInitiation": 0.51}
    dreps = {"motionNoConfidence": 0.67, "committeeNormal": 0.67, "committeeNoConfidence": 0.6}
    dreps |= {"updateToConstitution": 0.75, "hardForkInitiation": 0.6, "ppNetworkGroup": 0.67}
    dreps |= {"ppEconomicGroup": 0.67, "ppTechnicalGroup": 0.67, "ppGovGroup": 0.75, "treasuryWithdrawal": 0.67}
    anchor = {"url": "https://gov.example/constitution.txt", "dataHash": world.dice.bytes(32).hex()}
    return {
        "poolVotingThresholds": {**thresholds, "motionNoConfidence": 0.51, "ppSecurityGroup": 0.51},
        "dRepVotingThresholds": dreps,
        "committeeMinSize": 3,
        "committeeMaxTermLength": 365,
        "govActionLifetime": 6,
        "govActionDeposit": ACTION_DEPOSIT,
        "dRepDeposit": DREP_DEPOSIT,
        "dRepActivity": 20,
        "minFeeRefScriptCostPerByte": 15,
        "plutusV3CostModel": cost_model(2),
        "constitution": {"anchor": anchor, "script": world.guardrail.hash.hex()},
        "committee": {"members": names, "threshold": {"numerator": 2, "denominator": 3}},
    }


def _config(world: World, files: dict[str, bytes]) -> Json:
    """The keys that cardano-node's configuration file has for this."""
    config: Json = {"Protocol": "Cardano", "RequiresNetworkMagic": "RequiresMagic"}
    for name, raw in files.items():
        config[f"{name.capitalize()}GenesisFile"] = f"{name}-genesis.json"
        config[f"{name.capitalize()}GenesisHash"] = hash32(raw).hex()
    first: dict[Era, EraSpan] = {span.era: span for span in world.timeline.spans}
    config["ExperimentalHardForksEnabled"] = False
    for name, era in HARD_FORKS.items():
        config[f"Test{name}HardForkAtEpoch"] = first[era].first_epoch
    config |= {"LastKnownBlockVersion-Major": 10, "LastKnownBlockVersion-Minor": 0, "LastKnownBlockVersion-Alt": 0}
    return config
