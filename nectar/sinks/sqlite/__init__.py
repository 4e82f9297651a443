"""SQLite: one file, one writer, everything of a batch in one transaction."""
