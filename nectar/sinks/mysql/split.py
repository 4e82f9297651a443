"""Split regions before the first row is written, where the server is a TiDB that allows it. A failure only costs speed."""

from __future__ import annotations

from collections.abc import Sequence

from nectar.errors import SinkError, TransientError
from nectar.mysql.product import product_of
from nectar.sinks.base import Definition
from nectar.sinks.mysql.session import ServerSession

AT_ONCE = "SET SESSION tidb_wait_split_region_finish = 0"
"""With it the server answers before the new regions have moved to other stores."""


def split_ahead(session: ServerSession, splits: Sequence[Definition]) -> None:
    """A refusal is noted, since nothing in the job depends on it. After a lost connection no further split is tried."""
    product = product_of(session.version)
    if not product.is_tidb:
        session.note(f"the profile says TiDB, and the server is {product.name} ({session.version}): it is used as that")
        return
    if product.is_starter:
        return
    for sql in (AT_ONCE, *(split.sql for split in splits)):
        try:
            session.rows(sql)
        except SinkError as error:
            session.note(f"no regions were split ahead by `{sql}`: {error.what}")
        except TransientError as error:
            session.note(f"splitting regions ahead was given up: {error.what}")
            return
