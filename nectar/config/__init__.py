"""Text in, checked and frozen values out; remembers file:line:col of every key. The models also build plans in Python."""

from nectar.config.plan.bounds import (
    AtBlock,
    AtCheckpoint,
    AtDate,
    AtEpoch,
    AtEra,
    AtOrigin,
    AtPoint,
    AtSlot,
    FollowTip,
    TipMinus,
)
from nectar.config.plan.filter_entries import AddressPrefix, PaymentAddress, StakeAddress
from nectar.config.plan.filters import Filters, PlanTest, View
from nectar.config.plan.load import load_plan, parse_plan
from nectar.config.plan.model import (
    BlocksOptions,
    MetadataOptions,
    Performance,
    Plan,
    PlanMeta,
    Processors,
    SourceConfig,
    Storage,
    SyncConfig,
    TransactionsOptions,
)
from nectar.config.profile.keys import Profile
from nectar.config.profile.load import DEFAULT_TARGET, Databases, load_databases, load_profile, parse_profile
from nectar.config.profile.model import Server, SqliteFile, Target

__all__ = [
    "DEFAULT_TARGET",
    "AddressPrefix",
    "AtBlock",
    "AtCheckpoint",
    "AtDate",
    "AtEpoch",
    "AtEra",
    "AtOrigin",
    "AtPoint",
    "AtSlot",
    "BlocksOptions",
    "Databases",
    "Filters",
    "FollowTip",
    "MetadataOptions",
    "PaymentAddress",
    "Performance",
    "Plan",
    "PlanMeta",
    "PlanTest",
    "Processors",
    "Profile",
    "Server",
    "SourceConfig",
    "SqliteFile",
    "StakeAddress",
    "Storage",
    "SyncConfig",
    "Target",
    "TipMinus",
    "TransactionsOptions",
    "View",
    "load_databases",
    "load_plan",
    "load_profile",
    "parse_plan",
    "parse_profile",
]
