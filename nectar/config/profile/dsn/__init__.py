"""Connection texts in the three forms that people paste, as the keys of [database] that say the same."""

from nectar.config.profile.dsn.connection_type import connection_type_of
from nectar.config.profile.dsn.parts import DsnError, DsnKeys
from nectar.config.profile.dsn.read import read_dsn

__all__ = ["DsnError", "DsnKeys", "connection_type_of", "read_dsn"]
