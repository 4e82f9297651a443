"""The shelf of processors, which make rows of blocks: a module for each processor that a plan can name (`registry.py`)."""
