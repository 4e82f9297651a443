"""The tables of a plan as SQLAlchemy's `MetaData`, for programs that query the database from Python (docs/python.md).

SQLAlchemy is the extra `sqlalchemy`; nothing else of Nectar uses it. Nectar's own DDL and writes never come through here.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from nectar.compiler.compiled import CompiledPlan
from nectar.compiler.ddl.dialects import DIALECTS
from nectar.compiler.load import read_plan
from nectar.errors import FatalError

if TYPE_CHECKING:
    from sqlalchemy import MetaData

__all__ = ["metadata"]


def metadata(plan: CompiledPlan | str | os.PathLike[str], dialect: str = "sqlite") -> MetaData:
    """Every table and view that `plan` has in a database of this dialect, Nectar's own tables included.

    `plan`: its file, or a compiled plan. `dialect`: sqlite, mysql (MariaDB too) or tidb.
    Errors: PlanError; FatalError NEC-C005 without SQLAlchemy; ValueError for another dialect.
    """
    if dialect not in DIALECTS:
        raise ValueError(f"unknown dialect {dialect!r}: write one of {', '.join(DIALECTS)}")
    try:
        from nectar.metadata.build import build
    except ModuleNotFoundError as error:
        if error.name != "sqlalchemy":
            raise
        raise FatalError(
            "nectar.metadata needs SQLAlchemy, which is not installed",
            hint="install it: pip install 'nectar-cardano[sqlalchemy]'",
            code="NEC-C005",
        ) from error
    compiled = plan if isinstance(plan, CompiledPlan) else read_plan(Path(plan), dialect)
    return build(compiled, dialect)
