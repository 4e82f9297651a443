"""Processor `governance`: proposals, votes, representatives and the committee (Conway on)."""

from nectar.processors.governance.rows import NAME, TABLES, rows, tables, want

__all__ = ["NAME", "TABLES", "rows", "tables", "want"]
