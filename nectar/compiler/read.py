"""A plan's file, read and compiled: every complaint about its keys, its values and its expressions at once."""

from __future__ import annotations

from pathlib import Path

from nectar.compiler.compile import compile_draft
from nectar.compiler.compiled import CompiledPlan
from nectar.config.load import load_file
from nectar.config.load_plan import draft_plan


def read_plan(path: Path, dialect: str = "sqlite") -> CompiledPlan:
    """Errors: PlanError, in file order; NetworkError when the plan's genesis folder cannot be read."""
    plan, complaints = draft_plan(load_file(path), path)
    if not complaints.sound(("plan", "network")) or not complaints.sound(("processors",)):
        complaints.raise_any()
    return compile_draft(plan, complaints, dialect)
