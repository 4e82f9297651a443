"""A plan as frozen values: each key with its type, bounds, default and description. The published schema is written from here.

A description is what an editor shows beside the key, and docs/plan-file.md explains at length.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from nectar.config.keys import FilePath, Keys, Listed, allowed
from nectar.config.plan.bound_forms import END, START, EndForm, Slot, StartForm, end_of, start_of
from nectar.config.plan.bounds import AtOrigin, Bound, FollowTip
from nectar.config.plan.filters import Filters, PlanTest, View

NAMED_NETWORKS = ("mainnet", "preprod", "preview")

# The text alone must match these patterns: a file may have any name, and a folder that was joined to it no slash.
_NAME = {
    "pattern": "^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$",
    "x-allowed": "1 to 64 letters, digits, spaces, dots, underscores and dashes, a letter or digit first",
}
_NETWORK = {
    "pattern": r"^(mainnet|preprod|preview|\.{1,2}|[^\u0000]*/[^\u0000]*)$",
    "examples": [*NAMED_NETWORKS, "./genesis"],
    "x-known": [
        *("sanchonet", "testnet", "guild", "dijkstra", "leios", "musashi"),
        *("private", "devnet", "testnet-magic", "custom", "local", "localnet"),
    ],
    "x-instead": "the genesis files of this network do not come with Nectar: put those its nodes run with "
    "(byron-, shelley-, alonzo- and conway-genesis.json, config.json) into a folder and name the folder",
    "x-allowed": '"mainnet", "preprod", "preview", or a directory of genesis files, written with a slash: "./genesis"',
}


class PlanMeta(Keys):
    """What this plan is called and which network it is for."""

    name: Annotated[
        str,
        Field(
            description="The plan's name, shown in reports. Left out: the file's name without its ending.",
            json_schema_extra=_NAME,
        ),
    ] = Field(default_factory=lambda: "plan")
    description: Annotated[
        str, Field(max_length=1000, description="One sentence for people who read the plan or its reports.")
    ] = ""
    network: Annotated[
        str,
        Field(
            description="mainnet, preprod or preview; or the path, with a slash in it, of a directory that holds a network's "
            "Byron, Shelley, Alonzo and Conway genesis files. Left out: mainnet.",
            json_schema_extra=_NETWORK,
        ),
    ] = "mainnet"
    profile: Annotated[
        FilePath | None,
        Field(
            description="Path of the connection profile: which database the rows go to. --profile and NECTAR_PROFILE come before "
            "it; without any, SQLite in ./nectar.db.",
            json_schema_extra=allowed("the path of a TOML file"),
        ),
    ] = None

    @property
    def genesis(self) -> Path | None:
        """The folder of genesis files of a custom network."""
        return None if self.network in NAMED_NETWORKS else Path(self.network)


class SourceConfig(Keys):
    """Where the blocks come from. May be left out here and given on the command line."""

    kind: Annotated[
        Literal["immutable", "node"],
        Field(
            description="immutable: chunk files (a node's immutable folder, or a Mithril snapshot's), read directly. node: a "
            "running node, over its own socket."
        ),
    ]
    path: Annotated[
        FilePath | None,
        Field(
            description="kind immutable: the folder with the chunk files (00000.chunk, ...).",
            json_schema_extra=allowed("the path of a folder"),
        ),
    ] = None
    socket: Annotated[
        str | None,
        Field(
            pattern=r"^[^\u0000]+$",
            description="kind node: the node's own unix socket (Node-to-Client), its --socket-path; or host:port of a tunnel to "
            "it.",
            json_schema_extra=allowed("the path of a unix socket, or host:port"),
        ),
    ] = None


class SyncConfig(Keys):
    """Which part of the chain, and what to do with a block that cannot be decoded. Left out: the whole chain from its origin."""

    start_slot: Annotated[
        Slot | None, Field(description='Start with the first block at or after this slot; 0 is the origin, as "origin" in start.')
    ] = None
    end_slot: Annotated[Slot | None, Field(description="End with the last block at or before this slot; 0 follows the tip.")] = (
        None
    )
    start: Annotated[
        Bound,
        BeforeValidator(start_of, json_schema_input_type=StartForm),
        Field(
            description='Where to start: a slot, as start_slot; "origin" (genesis outputs become rows too), an era, "tip-N" (N '
            "blocks before the tip), or a table with one of epoch, date, slot and hash, block_hash, checkpoint.",
            json_schema_extra=START,
        ),
    ] = AtOrigin()
    end: Annotated[
        Bound,
        BeforeValidator(end_of, json_schema_input_type=EndForm),
        Field(
            description='Where to end: a slot, as end_slot; an era (its last slot), "tip-N" (N blocks before the tip), or a '
            'table with one of epoch, date, slot and hash, block_hash. "tip", or left out: follow the tip.',
            json_schema_extra=END,
        ),
    ] = FollowTip()
    skip_existing: Annotated[bool, Field(description="Skip ranges that the database's coverage shows as filled.")] = True
    on_decode_error: Annotated[
        Literal["halt", "quarantine"],
        Field(
            description="A block that cannot be decoded: halt stops there and saves its bytes; quarantine records it in "
            "a table and continues."
        ),
    ] = "halt"

    @model_validator(mode="before")
    @classmethod
    def _one_spelling(cls, keys: Any) -> Any:
        """start_slot and end_slot are other spellings of start and end, and never stand in a value."""
        if not isinstance(keys, dict):
            return keys
        keys = dict(keys)
        for side in ("start", "end"):
            slot = keys.pop(f"{side}_slot", None)
            if slot is not None and side in keys:
                raise ValueError(f"{side} and {side}_slot both say where to {side}")
            if slot is not None:
                keys[side] = slot
        return keys


def _options(model: type[Keys]) -> BeforeValidator:
    """true means every option's default, false that the processor is off."""

    def options(value: Any) -> Any:
        return model() if value is True else None if value is False else value

    return BeforeValidator(options)


_OPTIONS = {"type": ["boolean", "object"], "default": False}


class BlocksOptions(Keys):
    every: Annotated[
        bool,
        Field(
            description="With a filter of transactions: keep every block's row. Otherwise only blocks with a kept "
            "transaction have one."
        ),
    ] = False
    epoch_param: Annotated[
        bool,
        Field(
            description="Ask the node, at the tip, for the protocol parameters of each epoch from now on (table epoch_param). "
            "Chunk files do not hold them."
        ),
    ] = False


class TransactionsOptions(Keys):
    tx_cbor: Annotated[bool, Field(description="Keep every transaction's bytes (table tx_cbor).")] = False
    resolve_inputs: Annotated[
        Literal["deferred", "live", "off"],
        Field(
            description="When tx_in.tx_out_id is filled: deferred, in one go after loading; live, with each batch; off, never."
        ),
    ] = "deferred"
    address_table: Annotated[
        bool,
        Field(
            description="Keep each address once, in table address, with its id in the outputs; otherwise outputs carry the "
            "address itself."
        ),
    ] = False


class MetadataOptions(Keys):
    # Ascending; none means every label.
    labels: Annotated[
        tuple[Annotated[int, Field(ge=0, le=(1 << 64) - 1, description="A metadata label.")], ...],
        Listed,
        AfterValidator(lambda labels: tuple(sorted(set(labels)))),
        Field(
            description="Keep only these metadata labels, such as 721 (CIP-25 tokens) or 20. Left out: every label.",
            json_schema_extra={"minItems": 1, "uniqueItems": True},
        ),
    ] = ()


class Processors(Keys):
    """Which facts become rows. Every processor is off unless it is named here."""

    # A processor with options is None when it is off. The fields stand in the order in which processors are listed everywhere.
    blocks: Annotated[
        BlocksOptions | None,
        _options(BlocksOptions),
        Field(
            description="Blocks, their leaders, and sums per epoch (tables block, slot_leader, epoch, meta). true, or a table of "
            "options.",
            json_schema_extra=_OPTIONS,
        ),
    ] = None
    transactions: Annotated[
        TransactionsOptions | None,
        _options(TransactionsOptions),
        Field(
            description="Transactions, their inputs and outputs, collateral and required signers (tables tx, tx_in, tx_out, "
            "...). true, or a table of options.",
            json_schema_extra=_OPTIONS,
        ),
    ] = None
    multi_assets: Annotated[
        bool,
        Field(description="Native tokens: minted, burned, and held by outputs (tables multi_asset, ma_tx_mint, ma_tx_out)."),
    ] = False
    metadata: Annotated[
        MetadataOptions | None,
        _options(MetadataOptions),
        Field(description="Transaction metadata (table tx_metadata). true, or a table of options.", json_schema_extra=_OPTIONS),
    ] = None
    scripts: Annotated[
        bool,
        Field(
            description="Scripts, datums, redeemers and cost models (tables script, datum, redeemer, redeemer_data, cost_model)."
        ),
    ] = False
    certificates: Annotated[
        bool,
        Field(
            description="Stake registrations, delegations, pools, and moves of treasury and reserves (tables stake_registration, "
            "delegation, pool_update, ...)."
        ),
    ] = False
    withdrawals: Annotated[bool, Field(description="Withdrawals of rewards (table withdrawal).")] = False
    governance: Annotated[
        bool,
        Field(
            description="DReps, committee, proposals and votes (tables drep_registration, gov_action_proposal, voting_procedure, "
            "...)."
        ),
    ] = False

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Every processor, in its place."""
        return tuple(cls.model_fields)

    @classmethod
    def has_options(cls, name: str) -> bool:
        return cls.model_fields[name].annotation is not bool

    def enabled(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """(name, options) of each processor that is on; options are all there, as plain values."""
        for name in self.names():
            options = getattr(self, name)
            if options is True:
                yield name, {}
            elif options:
                yield name, {key: getattr(options, key) for key in type(options).model_fields}


class Storage(Keys):
    """How rows are kept."""

    indexes: Annotated[
        Literal["essential", "deferred", "all"],
        Field(
            description="essential: only those that loading needs. deferred: the others too, built when loading is done. all: "
            "the others too, kept while loading."
        ),
    ] = "deferred"


class Performance(Keys):
    """Hints, which adapt by themselves when left out. They never change a row."""

    workers: Annotated[int, Field(ge=0, le=256, description="Processes that decode blocks; 0 is the machine's cores.")] = 0
    batch_blocks: Annotated[int, Field(ge=0, le=1_000_000, description="Most blocks that are committed at once; 0 adapts.")] = 0
    batch_bytes: Annotated[
        int, Field(ge=0, le=1 << 30, description="Most bytes of blocks that are committed at once; 0 adapts.")
    ] = 0


def _no_include(files: tuple[str, ...]) -> tuple[str, ...]:
    if files:
        raise ValueError("a plan built in Python includes no files: load them with load_plan")
    return files


class Plan(Keys):
    """What to index: from where on the chain, which facts of it, and how. Everything may be left out but one processor."""

    meta: Annotated[PlanMeta, Field(alias="plan")] = PlanMeta()
    source: SourceConfig | None = None
    sync: SyncConfig = SyncConfig()
    processors: Processors = Processors()
    filters: Filters = Filters()
    storage: Storage = Storage()
    performance: Performance = Performance()
    # The loader lays included files under the plan; a value holds their keys and not their names.
    include: Annotated[
        tuple[
            Annotated[
                str,
                Field(
                    pattern=r"^[^\u0000]+$",
                    description="A plan, or a part of one.",
                    json_schema_extra=allowed("the path of a TOML file"),
                ),
            ],
            ...,
        ],
        AfterValidator(_no_include),
        Field(
            description="Other plans whose keys are taken as if they stood here, paths relative to this file. What this file "
            "says wins over them, a later entry over an earlier one; tables merge key by key, lists and single values are "
            "replaced whole.",
            json_schema_extra={"minItems": 1, "uniqueItems": True},
        ),
    ] = ()
    views: Annotated[
        tuple[View, ...],
        Listed,
        Field(
            description="Database views: rows of a table for which an expression of the filter language is true.",
            json_schema_extra={"minItems": 1},
        ),
    ] = ()
    tests: Annotated[
        tuple[PlanTest, ...],
        Listed,
        Field(
            description="What the plan must find in blocks that are known: run by nectar plan test.",
            json_schema_extra={"minItems": 1},
        ),
    ] = ()
    # The plan's file. Relative paths of the text have been joined to its folder.
    source_text_path: Annotated[Path, Field(json_schema_extra={"x-python": True})] = Path("a plan built in Python")
