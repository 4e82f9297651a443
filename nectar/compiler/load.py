"""Reads and compiles a plan's file, with the complaints about keys, values and expressions all at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

from nectar.compiler.compile import compile_draft
from nectar.compiler.compiled import CompiledPlan
from nectar.config.complaints.collector import Complaints
from nectar.config.document.load import Document, load_file
from nectar.config.plan.keys import Plan
from nectar.config.plan.load import draft_plan
from nectar.errors import PlanError


class Draft(NamedTuple):
    """A plan as read, before its database is known, and the complaints so far."""

    plan: Plan
    complaints: Complaints

    def compiled(self, dialect: str | None = "sqlite") -> CompiledPlan:
        """Compiles it for a dialect; None when a faulty profile leaves the dialect unknown. Errors: PlanError."""
        return compile_draft(self.plan, self.complaints, dialect)

    def refuse(self, more: PlanError, dialect: str | None) -> NoReturn:
        """Raises PlanError with the plan's complaints first and then `more`, the profile's."""
        try:
            self.compiled(dialect)
        except PlanError as error:
            raise PlanError(tuple(dict.fromkeys((*error.complaints, *more.complaints)))) from None
        raise more


def read_draft(path: Path) -> Draft:
    """Reads a plan's file. Errors: PlanError when it cannot be read, or is not TOML."""
    return draft_document(load_file(path, shown=True), path)


def draft_document(document: Document, path: Path, over: Sequence[Document] = ()) -> Draft:
    """The draft of a document that was read already, with the keys of `over` in place of its own."""
    return Draft(*draft_plan(document, path, over))


def read_plan(path: Path, dialect: str = "sqlite") -> CompiledPlan:
    """Reads and compiles a plan's file. Errors: PlanError, its complaints in file order."""
    return read_draft(path).compiled(dialect)


def read_document(document: Document, path: Path, over: Sequence[Document] = (), dialect: str = "sqlite") -> CompiledPlan:
    """Compiles a document that was read already, with the keys of `over` in place of its own. Errors: PlanError."""
    return draft_document(document, path, over).compiled(dialect)
