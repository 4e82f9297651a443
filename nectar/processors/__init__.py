"""Shelf: a block in, rows out. One file per processor named in the plan; see `registry.py` for the parts."""
