"""Plans for the compiler's tests, read by the real loader."""

from __future__ import annotations

import tempfile
from pathlib import Path

from nectar.compiler.compile import compile_plan
from nectar.compiler.compiled import CompiledPlan
from nectar.config.plan import Plan, load_plan
from tests.conftest import ROOT

HEAD = """
[plan]
name = "a plan"
network = "preview"
[source]
kind = "immutable"
path = "immutable"
"""
ALL = HEAD + """
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
PLANS = sorted((ROOT / "plans").glob("*.toml"))


def plan_from(text: str) -> Plan:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "plan.toml")
        path.write_text(text)
        return load_plan(path)


def compiled_from(text: str) -> CompiledPlan:
    return compile_plan(plan_from(text))
