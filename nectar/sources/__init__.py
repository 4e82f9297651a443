"""Shelf: where chain events come from. One part per file or folder; see `registry.py`."""
