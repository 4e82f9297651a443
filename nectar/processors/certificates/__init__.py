"""Processor `certificates`: stake, delegation, pools, moves between the pots, Shelley-style updates."""

from nectar.processors.certificates.rows import NAME, TABLES, rows, tables, want

__all__ = ["NAME", "TABLES", "rows", "tables", "want"]
