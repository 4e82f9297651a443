"""Text in, checked and frozen values out; remembers file:line:col of every key."""

from nectar.config.load_plan import load_plan, parse_plan
from nectar.config.plan import Plan
from nectar.config.profile import DEFAULT_PROFILE, Profile, load_profile, parse_profile

__all__ = ["DEFAULT_PROFILE", "Plan", "Profile", "load_plan", "load_profile", "parse_plan", "parse_profile"]
