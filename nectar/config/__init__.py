"""Text in, checked and frozen values out; remembers file:line:col of every key."""

from nectar.config.plan.load import load_plan, parse_plan
from nectar.config.plan.model import Plan
from nectar.config.profile.keys import Profile
from nectar.config.profile.load import DEFAULT_TARGET, Databases, load_databases, load_profile, parse_profile
from nectar.config.profile.model import Server, SqliteFile, Target

__all__ = [
    "DEFAULT_TARGET",
    "Databases",
    "Plan",
    "Profile",
    "Server",
    "SqliteFile",
    "Target",
    "load_databases",
    "load_plan",
    "load_profile",
    "parse_plan",
    "parse_profile",
]
