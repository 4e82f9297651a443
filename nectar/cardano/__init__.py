"""The ledger's nouns: pure values and arithmetic, no I/O, importing nothing but each other."""
