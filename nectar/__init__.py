"""Nectar: the declarative Cardano indexer."""

__version__ = "0.1.0"
