"""Shelf: rows and checkpoint into a database, in one transaction. Dialects differ here and nowhere else."""
