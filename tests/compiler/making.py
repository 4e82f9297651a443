"""Plans for the compiler's tests, read by the real loader."""

from __future__ import annotations

from pathlib import Path

from nectar.compiler.compile import compile_plan
from nectar.compiler.compiled import CompiledPlan
from nectar.config.plan.load import parse_plan
from tests.conftest import ROOT

HEAD = """
[plan]
name = "a plan"
network = "preview"
[source]
kind = "immutable"
path = "immutable"
"""
ALL = (
    HEAD
    + """
[processors]
blocks = true
transactions = true
multi_assets = true
metadata = true
scripts = true
certificates = true
withdrawals = true
governance = true
"""
)
EVERY_TABLE = ALL.replace("transactions = true", "transactions = { tx_cbor = true, address_table = true }")
PLANS = sorted((ROOT / "plans").glob("*.toml"))


def compiled_from(text: str) -> CompiledPlan:
    return compile_plan(parse_plan(text, Path("plan.toml")))
