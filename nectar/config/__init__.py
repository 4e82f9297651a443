"""Text in, checked and frozen values out; remembers file:line:col of every key. The models also build plans in Python."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
    from nectar.config.plan.keys import (
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
    from nectar.config.plan.load import load_plan, parse_plan
    from nectar.config.profile.keys import Profile
    from nectar.config.profile.load import Databases, load_databases, load_profile, parse_profile
    from nectar.config.profile.model import DEFAULT_TARGET, Server, SqliteFile, Target

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

_MODULES = (
    "plan.bounds",
    "plan.filter_entries",
    "plan.filters",
    "plan.load",
    "plan.keys",
    "profile.keys",
    "profile.load",
    "profile.model",
)


def __getattr__(name: str) -> object:
    """Imports a model when it is first asked for: a command that reads a plan pays for no profile."""
    if name in __all__:
        for module in _MODULES:
            content = vars(import_module(f"{__name__}.{module}"))
            if name in content:
                return content[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
