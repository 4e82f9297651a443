"""Processor `transactions`: transactions with their inputs and outputs."""

from nectar.processors.transactions.rows import NAME, TABLES, rows, tables, want

__all__ = ["NAME", "TABLES", "rows", "tables", "want"]
