"""A plan's file, read and compiled: every complaint about its keys, its values and its expressions at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nectar.compiler.compile import compile_draft
from nectar.compiler.compiled import CompiledPlan
from nectar.config.load import Document, load_file
from nectar.config.load_plan import draft_plan


def read_plan(path: Path, dialect: str = "sqlite") -> CompiledPlan:
    """Errors: PlanError, in file order; NetworkError when the plan's genesis folder cannot be read."""
    return read_document(load_file(path), path, (), dialect)


def read_document(document: Document, path: Path, over: Sequence[Document] = (), dialect: str = "sqlite") -> CompiledPlan:
    """As `read_plan`, of a document that is at hand, with `over` laid over it."""
    plan, complaints = draft_plan(document, path, over)
    if not complaints.sound(("plan", "network")) or not complaints.sound(("processors",)):
        complaints.raise_any()
    return compile_draft(plan, complaints, dialect)
