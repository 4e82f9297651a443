"""Processor `transactions`: what moved, from where to where."""

from nectar.processors.transactions.rows import NAME, TABLES, rows, tables, want

__all__ = ["NAME", "TABLES", "rows", "tables", "want"]
