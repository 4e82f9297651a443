"""A plan's file read, and compiled once: every complaint about its keys, its values and its expressions at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

from nectar.compiler.compile import compile_draft
from nectar.compiler.compiled import CompiledPlan
from nectar.config.complaints.collector import Complaints
from nectar.config.document.load import Document, load_file
from nectar.config.plan.load import draft_plan
from nectar.config.plan.model import Plan
from nectar.errors import PlanError


class Draft(NamedTuple):
    """A plan as it was read, before it is known which database it is for, and all that is wrong with it so far."""

    plan: Plan
    complaints: Complaints

    def compiled(self, dialect: str | None = "sqlite") -> CompiledPlan:
        """For a database of this dialect; None where that is not known, since its profile is wrong. Errors: PlanError."""
        return compile_draft(self.plan, self.complaints, dialect)

    def refuse(self, more: PlanError, dialect: str | None) -> NoReturn:
        """Raises PlanError with what is wrong with the plan, and then `more`, which is about its profile."""
        try:
            self.compiled(dialect)
        except PlanError as error:
            raise PlanError(tuple(dict.fromkeys((*error.complaints, *more.complaints)))) from None
        raise more


def read_draft(path: Path) -> Draft:
    """Errors: PlanError when it cannot be read, or is not TOML."""
    return draft_document(load_file(path, shown=True), path)


def draft_document(document: Document, path: Path, over: Sequence[Document] = ()) -> Draft:
    """As `read_draft`, of a document that is at hand, with `over` laid over it."""
    return Draft(*draft_plan(document, path, over))


def read_plan(path: Path, dialect: str = "sqlite") -> CompiledPlan:
    """Errors: PlanError, in file order."""
    return read_draft(path).compiled(dialect)


def read_document(document: Document, path: Path, over: Sequence[Document] = (), dialect: str = "sqlite") -> CompiledPlan:
    """As `read_plan`, of a document that is at hand, with `over` laid over it."""
    return draft_document(document, path, over).compiled(dialect)
