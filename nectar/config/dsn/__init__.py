"""Connection texts in the three forms that people paste, as the keys of [database] that say the same."""

from nectar.config.dsn.parts import DsnError, Said
from nectar.config.dsn.read import read_dsn

__all__ = ["DsnError", "Said", "read_dsn"]
