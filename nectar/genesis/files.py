"""Genesis files -> a `Network`: those of a built-in network, which come with Nectar, or of a folder.

`genesis_of` reads the genesis outputs separately: only a job that starts at the origin needs them, and mainnet has many.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from nectar import reading
from nectar.cardano.era_history import ERAS, NOT_YET, EraHistory
from nectar.cardano.genesis import (
    GenesisGovernance,
    GenesisOutputs,
    byron_outputs,
    exact_number,
    governance,
    shelley_outputs,
)
from nectar.cardano.network import Network, Price
from nectar.cardano.position import GENESIS_TXS, ITEMS
from nectar.errors import GenesisError

Json = dict[str, Any]

LONGEST_NAME = 64  # characters of a network's name, which a LABEL column holds
_SHIPPED = Path(__file__).parent / "networks"

# First epoch of each era on the public networks: the hard forks as they happened.
HARD_FORKS: Mapping[str, Mapping[str, int]] = {
    "mainnet": {"byron": 0, "shelley": 208, "allegra": 236, "mary": 251, "alonzo": 290, "babbage": 365, "conway": 507},
    "preprod": {"byron": 0, "shelley": 4, "allegra": 5, "mary": 6, "alonzo": 7, "babbage": 12, "conway": 163},
    "preview": {"byron": 0, "shelley": 0, "allegra": 0, "mary": 0, "alonzo": 0, "babbage": 3, "conway": 646},
}


_GENESIS_HASHES: Mapping[str, str] = {
    "5f20df933584822601f9e3f8c024eb5eb252fe8cefb24d1317dc3d432e940ebb": "mainnet",
    "d4b8de7a11d929a323373cbab6c1a9bdc931beffff11db111cf9d57356ee1937": "preprod",
    "83de1d7302569ad56cf9139a41e2e11346d4cb4a31c00142557b6ab3fa550761": "preview",
}
"""Byron genesis hash -> the public network: a folder with its files is that network, hard forks included."""


class GenesisFiles(NamedTuple):
    byron: bytes
    shelley: bytes
    alonzo: bytes
    conway: bytes
    config: bytes | None


def network(home: str | Path) -> Network:
    """The network of a plan's `network` key: mainnet, preprod, preview, or a folder of genesis files.

    A folder holds byron-, shelley-, alonzo- and conway-genesis.json, and may hold config.json, the cardano-node configuration
    whose `<Era>GenesisFile` keys name the files otherwise, whose `<Era>GenesisHash` keys are checked, and whose
    `Test<Era>HardForkAtEpoch` keys say when each era began; without it every era up to Conway begins at epoch 0. A public
    network's own files are known by their hash, and its forks with them.
    Raises GenesisError naming the file (docs/networks.md lists the codes).
    """
    files = _files(home)
    try:
        return _network(home, files)
    except _UNFIT as error:
        what = f"the genesis files do not say what a network needs: {_why(error)}"
        raise GenesisError(what, where=str(home), hint=_HINT, code="NEC-N002") from None


def genesis_of(net: Network) -> tuple[GenesisOutputs, GenesisOutputs]:
    """The outputs and staking that Byron's and Shelley's genesis create, in the files' order. Errors: GenesisError."""
    files = _files(net.home)
    byron, shelley = _json(files.byron, net.home, "byron"), _json(files.shelley, net.home, "shelley")
    config = _json(files.config, net.home, "config") if files.config is not None else {}
    try:
        first = byron_outputs(byron, net.magic, config.get("RequiresNetworkMagic"))
        genesis = first, shelley_outputs(shelley, net.network_id)
        for outputs in genesis:
            if sum(output.value for output in outputs.outputs) >> 63:
                raise _Unfit("the balances of one genesis file are together more than 2^63 - 1 lovelace")
    except (*_UNFIT, StopIteration) as error:
        what = f"the genesis files' balances cannot be read: {_why(error)}"
        raise GenesisError(what, where=net.home, hint=_HINT, code="NEC-N003") from None
    _check_ids(net, genesis)
    return genesis


def governance_of(net: Network) -> GenesisGovernance:
    """The committee and the constitution of Conway's genesis. Errors: GenesisError."""
    try:
        return governance(_json(_files(net.home).conway, net.home, "conway"))
    except _UNFIT as error:
        what = f"the committee or the constitution cannot be read: {_why(error)}"
        raise GenesisError(what, where=_where(net.home, "conway"), hint=_HINT, code="NEC-N003") from None


def _check_ids(net: Network, genesis: tuple[GenesisOutputs, GenesisOutputs]) -> None:
    """All of genesis has one slot: its outputs and its staking become transactions, its staking certificates items of one."""
    byron, shelley = genesis
    for count, most, noun in (
        (len(byron.outputs) + len(shelley.outputs) + 2, GENESIS_TXS, "balances"),
        (len(shelley.pools), ITEMS, "pools"),
        (2 * len(shelley.delegations), ITEMS, "delegations, of two certificates each,"),
        (sum(len(pool.owners) for pool in shelley.pools), ITEMS, "pools' owners"),
        (sum(len(pool.relays) for pool in shelley.pools), ITEMS, "pools' relays"),
    ):
        if count > most:
            what = f"genesis has more {noun} than the {most:,} that ids have room for"
            hint = "a job that starts after the origin does not need them"
            raise GenesisError(what, where=net.home, hint=hint, code="NEC-O003")


def genesis_costs(net: Network) -> tuple[Json, Json]:
    """The Alonzo and Conway genesis files as JSON, for the cost models they set."""
    files = _files(net.home)
    return _json(files.alonzo, net.home, "alonzo"), _json(files.conway, net.home, "conway")


_GENESIS = ("byron", "shelley", "alonzo", "conway")
_HINT = "use the files the node itself runs with"
_UNFIT = (KeyError, IndexError, TypeError, ValueError, AttributeError, ArithmeticError, OSError, RecursionError)
_KEYS = (
    "startTime",
    "blockVersionData",
    "slotDuration",
    "protocolConsts",
    "k",
    "protocolMagic",
    "slotLength",
    "epochLength",
    "networkMagic",
    "networkId",
    "systemStart",
    "genDelegs",
    "delegate",
    "executionPrices",
    "prMem",
    "prSteps",
    "numerator",
    "denominator",
    "govActionLifetime",
    "committee",
    "constitution",
    "members",
    "threshold",
    "anchor",
    "url",
    "dataHash",
    "avvmDistr",
    "nonAvvmBalances",
    "initialFunds",
    "staking",
)


class _Unfit(ValueError):
    """A fault of the files in our own words, which may be shown."""


def _why(error: BaseException) -> str:
    """The missing key, else the error's type. Python's own message may quote the files, which could be anybody's."""
    if isinstance(error, _Unfit):
        return str(error)
    missing = isinstance(error, KeyError) and error.args and error.args[0]
    return f"there is no {missing}" if missing in _KEYS else f"a value has another form ({type(error).__name__})"


def _files(home: str | Path) -> GenesisFiles:
    if str(home) in HARD_FORKS:
        byron, shelley, alonzo, conway = (
            gzip.decompress((_SHIPPED / str(home) / f"{era}-genesis.json.gz").read_bytes()) for era in _GENESIS
        )
        return GenesisFiles(byron, shelley, alonzo, conway, None)
    folder = Path(home)
    try:
        config = reading.read_file(folder / "config.json", reading.GENESIS)
    except FileNotFoundError:
        config = None
    except OSError as error:
        raise _unreadable(folder / "config.json", error) from error
    settings = _json(config, home, "config") if config is not None else {}
    byron, shelley, alonzo, conway = (_genesis_file(folder, settings, era) for era in _GENESIS)
    return GenesisFiles(byron, shelley, alonzo, conway, config)


def _genesis_file(folder: Path, config: Json, era: str) -> bytes:
    """One genesis file. The node's configuration may give it another name, relative to itself; no error repeats that name."""
    key, usual = f"{era.capitalize()}GenesisFile", folder / f"{era}-genesis.json"
    named = config.get(key)
    try:
        return reading.read_file(folder / named if isinstance(named, str) and named else usual, reading.GENESIS)
    except OSError as error:
        if named:
            raise _unreadable(folder / "config.json", error, f"the file that {key} names cannot be read") from None
        raise _unreadable(usual, error) from error


def _unreadable(path: Path, error: OSError, what: str = "no genesis file can be read") -> GenesisError:
    hint = f"name a built-in network ({', '.join(HARD_FORKS)}) or a folder with the four genesis files"
    return GenesisError(f"{what}: {error.strerror}", where=str(path), hint=hint, code="NEC-N001")


def _json(raw: bytes, home: str | Path, era: str) -> Json:
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError) as error:
        place = f" at line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise GenesisError(f"not JSON{place}", where=_where(home, era), hint="is the file whole?", code="NEC-N002") from None
    if not isinstance(data, dict):
        raise GenesisError("not a JSON object", where=_where(home, era), hint="is it the right file?", code="NEC-N002")
    return data


def _where(home: str | Path, era: str) -> str:
    return str(Path(home) / (f"{era}.json" if era == "config" else f"{era}-genesis.json"))


def _hard_forks(known: str | None, config: Json | None) -> Mapping[str, int]:
    """First epoch of each era: a public network's, else the configuration's, else epoch 0 for all.

    The list ends before the first era that a configuration has no epoch for: the chain decides when that one begins.
    """
    if known is not None:
        return HARD_FORKS[known]
    forks = {"byron": 0}
    for era in ERAS[1:]:
        epoch = 0 if config is None else config.get(f"Test{era.capitalize()}HardForkAtEpoch")
        if epoch is None:
            break
        if int(epoch) < max(forks.values()):
            raise _Unfit(f"{era} begins before the era that it follows")
        forks[era] = int(epoch)
    return forks


def _name(folder: Path) -> str:
    """The folder's name, cut to what `meta.network_name` holds. It need not be UTF-8."""
    return folder.resolve().name.encode(errors="replace").decode()[:LONGEST_NAME]


def _network(home: str | Path, files: GenesisFiles) -> Network:
    byron, shelley = _json(files.byron, home, "byron"), _json(files.shelley, home, "shelley")
    alonzo, conway = _json(files.alonzo, home, "alonzo"), _json(files.conway, home, "conway")
    config = _json(files.config, home, "config") if files.config is not None else None
    canonical = json.dumps(byron, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    byron_hash = blake2b(canonical, digest_size=32).digest()
    known = _GENESIS_HASHES.get(byron_hash.hex())
    _check_hashes(home, files, byron_hash, config or {})
    history = _history(byron, shelley, _hard_forks(known, config))
    _check_one_network(home, byron, shelley, history.start)
    prices = alonzo["executionPrices"]
    return Network(
        known or _name(Path(home)),
        str(home),
        int(shelley["networkMagic"]),
        1 if shelley["networkId"] == "Mainnet" else 0,
        int(byron["protocolConsts"]["k"]),
        history,
        byron_hash,
        blake2b(files.shelley, digest_size=32).digest(),
        _delegates(shelley),
        (_price(prices["prMem"]), _price(prices["prSteps"])),
        int(conway["govActionLifetime"]),
        int(shelley["protocolParams"]["keyDeposit"]),
        int(shelley["protocolParams"]["poolDeposit"]),
    )


def _history(byron: Json, shelley: Json, forks: Mapping[str, int]) -> EraHistory:
    history = EraHistory(
        datetime.fromtimestamp(byron["startTime"], UTC),
        int(byron["blockVersionData"]["slotDuration"]) * 1000,
        10 * int(byron["protocolConsts"]["k"]),
        int(exact_number(shelley["slotLength"]) * 1_000_000),
        int(shelley["epochLength"]),
        forks.get("shelley", NOT_YET),
        forks,
    )
    if min(history.byron_slot, history.byron_epoch_slots, history.shelley_slot, history.shelley_epoch_slots) <= 0:
        raise _Unfit("slots and epochs must have a length")
    return history


def _check_hashes(home: str | Path, files: GenesisFiles, byron_hash: bytes, config: Json) -> None:
    """Checks the files against the hashes of the node's configuration. Byron's hash is of its canonical JSON, not its bytes."""
    raws = {"Shelley": files.shelley, "Alonzo": files.alonzo, "Conway": files.conway}
    hashes = {"Byron": byron_hash} | {era: blake2b(raw, digest_size=32).digest() for era, raw in raws.items()}
    for era, digest in hashes.items():
        expected = config.get(f"{era}GenesisHash")
        if expected is not None and expected != digest.hex():
            what = f"{era}GenesisHash in config.json is not the file's, which is {digest.hex()}"
            raise GenesisError(what, where=_where(home, era.lower()), hint=_HINT, code="NEC-N005")


def _check_one_network(home: str | Path, byron: Json, shelley: Json, start: datetime) -> None:
    """Checks that Byron's and Shelley's genesis are of one network (db-sync refuses the same two differences)."""
    magic, other = byron["protocolConsts"]["protocolMagic"], shelley["networkMagic"]
    if magic != other:
        what = "Byron's genesis says another network magic than Shelley's"
        raise GenesisError(what, where=str(home), hint=_HINT, code="NEC-N005")
    if datetime.fromisoformat(shelley["systemStart"]) != start:
        what = "Byron's genesis starts at another time than Shelley's"
        raise GenesisError(what, where=str(home), hint=_HINT, code="NEC-N005")


def _price(price: Any) -> Price:
    """A price is an object with numerator and denominator, or a plain number."""
    if isinstance(price, dict):
        return int(price["numerator"]), int(price["denominator"])
    exact = exact_number(price)
    return exact.numerator, exact.denominator


def _delegates(shelley: Json) -> dict[bytes, str]:
    """Delegate key hash -> slot_leader.description (db-sync: `ShelleyGenesis-` and the hash's first eight bytes)."""
    hashes = [bytes.fromhex(delegation["delegate"]) for delegation in shelley["genDelegs"].values()]
    return {digest: f"ShelleyGenesis-{digest[:8].hex()}" for digest in hashes}
