"""Reads genesis files: a built-in network's, which come with Nectar, or a folder's; gives a `Network`.

Genesis outputs are read apart (`genesis_of`): only a job that starts at the origin needs them, and mainnet's are many.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from fractions import Fraction
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from nectar.cardano.era_history import ERAS, EraHistory
from nectar.cardano.genesis import GenesisOutputs, byron_outputs, shelley_outputs
from nectar.cardano.network import Network, Price
from nectar.errors import NetworkError

Json = dict[str, Any]

_SHIPPED = Path(__file__).parent / "networks"

# First epoch of each era on the public networks (the hard forks as they happened; each is in the blocks of the tests).
HARD_FORKS: Mapping[str, Mapping[str, int]] = {
    "mainnet": {"byron": 0, "shelley": 208, "allegra": 236, "mary": 251, "alonzo": 290, "babbage": 365, "conway": 507},
    "preprod": {"byron": 0, "shelley": 4, "allegra": 5, "mary": 6, "alonzo": 7, "babbage": 12, "conway": 163},
    "preview": {"byron": 0, "shelley": 0, "allegra": 0, "mary": 0, "alonzo": 0, "babbage": 3, "conway": 646},
}


class GenesisFiles(NamedTuple):
    byron: bytes
    shelley: bytes
    alonzo: bytes
    conway: bytes
    config: bytes | None


def network(home: str | Path) -> Network:
    """The network of a plan's `network` key: mainnet, preprod, preview, or a folder of genesis files.

    A folder holds byron-, shelley-, alonzo- and conway-genesis.json, and config.json (a cardano-node configuration) whose
    `Test<Era>HardForkAtEpoch` keys say when each era began; without one every era up to Conway begins at epoch 0.
    Raises NetworkError naming the file.
    """
    files = _files(home)
    forks = HARD_FORKS[str(home)] if str(home) in HARD_FORKS else _hard_forks(files.config, home)
    try:
        return _network(home, files, forks)
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        what = f"the genesis files do not say what a network needs: {type(error).__name__} {error}"
        raise NetworkError(what, where=str(home), hint="use the files the node itself runs with", code="NEC-N002") from error


def genesis_of(net: Network) -> tuple[GenesisOutputs, GenesisOutputs]:
    """What Byron's and Shelley's genesis create, in the order of the files."""
    files = _files(net.home)
    byron, shelley = _json(files.byron, net.home, "byron"), _json(files.shelley, net.home, "shelley")
    try:
        return byron_outputs(byron, net.magic), shelley_outputs(shelley, net.network_id)
    except (KeyError, TypeError, ValueError) as error:
        what = f"the genesis files' balances cannot be read: {type(error).__name__} {error}"
        raise NetworkError(what, where=net.home, hint="use the files the node itself runs with", code="NEC-N003") from error


def genesis_costs(net: Network) -> tuple[Json, Json]:
    """The Alonzo and Conway genesis files as JSON, for the cost models they set."""
    files = _files(net.home)
    return _json(files.alonzo, net.home, "alonzo"), _json(files.conway, net.home, "conway")


def _files(home: str | Path) -> GenesisFiles:
    if str(home) in HARD_FORKS:
        parts = [gzip.decompress((_SHIPPED / str(home) / f"{era}-genesis.json.gz").read_bytes()) for era in _GENESIS]
        return _gathered(parts, None)
    folder = Path(home)
    config = folder / "config.json"
    try:
        parts = [(folder / f"{era}-genesis.json").read_bytes() for era in _GENESIS]
        return _gathered(parts, config.read_bytes() if config.is_file() else None)
    except OSError as error:
        known = ", ".join(HARD_FORKS)
        raise NetworkError(
            f"no genesis file can be read: {error.strerror}",
            where=str(error.filename),
            hint=f"name a built-in network ({known}) or a folder with the four genesis files",
            code="NEC-N001",
        ) from error


_GENESIS = ("byron", "shelley", "alonzo", "conway")


def _gathered(parts: list[bytes], config: bytes | None) -> GenesisFiles:
    byron, shelley, alonzo, conway = parts
    return GenesisFiles(byron, shelley, alonzo, conway, config)


def _json(raw: bytes, home: str | Path, era: str) -> Json:
    try:
        found = json.loads(raw)
    except ValueError as error:
        where = str(Path(home) / f"{era}-genesis.json")
        raise NetworkError(f"not JSON: {error}", where=where, hint="is the file whole?", code="NEC-N002") from error
    if not isinstance(found, dict):
        raise NetworkError("not a JSON object", where=f"{home}: {era}-genesis.json", code="NEC-N002")
    return found


def _hard_forks(config: bytes | None, home: str | Path) -> Mapping[str, int]:
    said = _json(config, home, "config") if config is not None else {}
    forks = {"byron": 0}
    for era in ERAS[1:]:
        epoch = said.get(f"Test{era.capitalize()}HardForkAtEpoch", 0 if config is None else None)
        if epoch is None:
            break
        forks[era] = int(epoch)
    return forks


def _network(home: str | Path, files: GenesisFiles, forks: Mapping[str, int]) -> Network:
    byron, shelley = _json(files.byron, home, "byron"), _json(files.shelley, home, "shelley")
    alonzo, conway = _json(files.alonzo, home, "alonzo"), _json(files.conway, home, "conway")
    k = int(byron["protocolConsts"]["k"])
    history = EraHistory(
        datetime.fromtimestamp(byron["startTime"], UTC),
        int(byron["blockVersionData"]["slotDuration"]) // 1000,
        10 * k,
        int(Fraction(str(shelley["slotLength"]))),
        int(shelley["epochLength"]),
        forks.get("shelley", 1 << 40),
        forks,
    )
    prices = alonzo["executionPrices"]
    canonical = json.dumps(byron, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return Network(
        str(home) if str(home) in HARD_FORKS else Path(home).resolve().name,
        str(home),
        int(shelley["networkMagic"]),
        1 if shelley["networkId"] == "Mainnet" else 0,
        k,
        history,
        blake2b(canonical, digest_size=32).digest(),
        blake2b(files.shelley, digest_size=32).digest(),
        _delegates(shelley),
        (_price(prices["prMem"]), _price(prices["prSteps"])),
        int(conway["govActionLifetime"]),
    )


def _price(said: Any) -> Price:
    """A price is an object with numerator and denominator, or a plain number."""
    if isinstance(said, dict):
        return int(said["numerator"]), int(said["denominator"])
    exact = Fraction(str(said))
    return exact.numerator, exact.denominator


def _delegates(shelley: Json) -> dict[bytes, str]:
    """Delegate key hash -> slot_leader.description (db-sync: `ShelleyGenesis-` and the hash's first eight bytes)."""
    hashes = [bytes.fromhex(each["delegate"]) for each in shelley["genDelegs"].values()]
    return {digest: f"ShelleyGenesis-{digest[:8].hex()}" for digest in hashes}
