"""Connection texts in the three forms that people paste, as the keys of [database] that say the same."""

from nectar.config.dsn.kind import kind_of
from nectar.config.dsn.parts import DsnError, Said
from nectar.config.dsn.read import read_dsn

__all__ = ["DsnError", "Said", "kind_of", "read_dsn"]
