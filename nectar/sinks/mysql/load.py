"""Lines into tables: by LOAD DATA where the server allows it, else by INSERTs that say the same."""

from __future__ import annotations

from collections.abc import Sequence

from nectar.errors import SinkError
from nectar.network.local_data import DATA
from nectar.sinks.mysql.session import Session
from nectar.sinks.mysql.stage import Lines, lines_of
from nectar.sinks.mysql.statements import inserts, load_data
from nectar.sinks.seam import Staged
from nectar.tables import Kind, Table

FEW = 50            # rows: fewer are inserted, which is one exchange less


class Loader:
    """`load_data`: whether it may be tried at all."""

    def __init__(self, session: Session, tables: Sequence[Table], statement_bytes: int, load_data: bool) -> None:
        self._session, self._tables = session, {table.name: table for table in tables}
        ((packet, allowed),) = session.rows("SELECT @@max_allowed_packet, @@local_infile")
        self._most = min(statement_bytes, int(packet) - 1_024)
        self._by_file = load_data and str(allowed).upper() in ("1", "ON")

    def load(self, staged: Staged, *, is_newest: bool) -> dict[str, int]:
        """Rows that came or changed, by table. `is_newest`: nothing after these slots is there, so that no thing that is
        there already was first seen later."""
        return {lines.table: self._load(self._tables[lines.table], lines, is_newest) for lines in lines_of(staged)}

    def write_once(self, staged: Staged) -> None:
        for lines in lines_of(staged):
            table = self._tables[lines.table]
            key = table.columns[0].name
            keep = "" if table.kind is Kind.DIMENSION else f"\nON DUPLICATE KEY UPDATE `{key}` = `{key}`"
            for sql, _ in inserts(table, lines, self._most):
                self._session.execute(sql + keep)

    def _load(self, table: Table, lines: Lines, is_newest: bool) -> int:
        if table.kind is Kind.DIMENSION:
            return self._upsert(table, lines, is_newest)
        if self._by_file and lines.rows > FEW:
            came, warnings = self._session.load(load_data(table, DATA), lines.text)
            if came != lines.rows or warnings:
                raise self._unlike(table, lines.rows, came)
            return came
        came = sum(self._session.execute(sql) for sql, _ in inserts(table, lines, self._most))
        if came != lines.rows:
            raise self._unlike(table, lines.rows, came)
        return came

    def _upsert(self, table: Table, lines: Lines, is_newest: bool) -> int:
        """A new thing counts as one row changed, an old one that was seen earlier now as two: so they are told apart by how
        many things there are."""
        before = 0 if is_newest else self._count(table)
        changed = sum(self._session.execute(sql) for sql, _ in inserts(table, lines, self._most))
        if is_newest:
            return changed
        new = self._count(table) - before
        return new + (changed - new) // 2

    def _count(self, table: Table) -> int:
        return int(self._session.rows(f"SELECT COUNT(*) FROM `{table.name}`")[0][0])

    def _unlike(self, table: Table, sent: int, came: int) -> SinkError:
        """With LOCAL a server leaves out or bends what does not fit, and only warns."""
        warnings = self._session.rows("SHOW WARNINGS")[:3]            # TiDB has no LIMIT there
        told = "; ".join(f"{code}: {text}" for _, code, text in warnings) or "no reason given"
        return SinkError(
            f"the server took {came:,} of {sent:,} rows of {table.name}: {told}",
            where=self._session.where,
            hint="nothing of this batch was written",
            code="NEC-M008",
        )
