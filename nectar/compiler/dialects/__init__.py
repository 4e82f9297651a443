"""Shelf: how a database family spells a table and an index. One file per family, the same functions in each."""
