"""Everything that is wrong in a text, collected and sorted: violations of the schema in words, and what later checks add."""
