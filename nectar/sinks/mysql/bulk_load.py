"""Load lines into tables: by LOAD DATA where the server allows it, else by INSERTs with the same fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from nectar.errors import SinkError
from nectar.mysql.load_data import DATA, Load
from nectar.mysql.product import product_of
from nectar.server.faults import one_line
from nectar.sinks.base import Staged
from nectar.sinks.mysql.session import FAR, MOST_PACKET, ServerSession
from nectar.sinks.mysql.stage import Lines, lines_of
from nectar.sinks.mysql.statements import inserts, load_data
from nectar.tables import Kind, Table

FEW = 50  # rows: up to this many are inserted, in one exchange with those of other tables
MUCH = 500_000  # bytes: to a server far away up to this many are inserted too
SHOW_WARNINGS = "SHOW WARNINGS"  # TiDB has no LIMIT there


class Terms(NamedTuple):
    """What the profile and the server allow.

    `packet` and `most`: bytes of a packet and of a statement that we send at most. `largest`: bytes of a packet that the server
    accepts. `by_file`: LOAD DATA LOCAL may be used. `named`: see `IncomingRow`.
    """

    packet: int
    most: int
    largest: int
    by_file: bool
    named: bool


def terms_of(session: ServerSession, statement_bytes: int, load_data: bool) -> Terms:
    """Ask the server. `load_data`: whether the profile allows LOAD DATA LOCAL."""
    ((packet, allowed),) = session.rows("SELECT @@max_allowed_packet, @@local_infile")
    by_file = load_data and str(allowed).upper() in ("1", "ON")
    room = min(int(packet) - 1_024, MOST_PACKET)
    return Terms(room, min(statement_bytes, room), int(packet), by_file, product_of(session.version).names_rows)


class _Sent(NamedTuple):
    """A statement that loads `rows` rows, and a statement that asks for its warnings."""

    table: Table
    rows: int
    statement: str | Load
    warnings: str = ""


class Loader:
    """`terms`: those of `terms_of`, which hold for every connection to the server."""

    def __init__(self, session: ServerSession, tables: Sequence[Table], terms: Terms) -> None:
        self._session, self._tables = session, {table.name: table for table in tables}
        session.packet, self._most, session.largest, self._by_file, self._named = terms

    def load(self, staged: Staged, then: Sequence[str] = ()) -> dict[str, int]:
        """Rows inserted, by table. The statements `then` are sent with the last of them.

        Dimension rows come last, because other connections wait for the rows that they lock.
        """
        sent: list[_Sent] = []
        for lines in sorted(lines_of(staged), key=lambda table_lines: self._tables[table_lines.table].kind is Kind.DIMENSION):
            table = self._tables[lines.table]
            if self._by_file and lines.rows > FEW and table.kind is not Kind.DIMENSION and self._is_worth_it(lines):
                sent.append(_Sent(table, lines.rows, Load(load_data(table, DATA), (lines.text,)), SHOW_WARNINGS))
            else:
                sent += [_Sent(table, rows, sql) for sql, rows in inserts(table, lines, self._most, named=self._named)]
        statements = [part for load in sent for part in (load.statement, load.warnings) if part]
        outcomes = iter(self._session.several([*statements, *then]))
        inserted: Counter[str] = Counter()
        for load in sent:
            outcome = next(outcomes)
            warnings = next(outcomes).rows if load.warnings else []
            if load.table.kind is Kind.DIMENSION:
                inserted[load.table.name] += outcome.inserted
                continue
            if outcome.changed != load.rows or warnings:
                raise self._not_all_taken(load, outcome.changed, warnings)
            inserted[load.table.name] += outcome.changed
        return dict(inserted)

    def _is_worth_it(self, lines: Lines) -> bool:
        """Each LOAD DATA takes one more exchange with the server."""
        return self._session.round_trip < FAR or len(lines.text) > MUCH

    def write_once(self, staged: Staged) -> None:
        statements: list[str] = []
        for lines in lines_of(staged):
            table = self._tables[lines.table]
            key = table.columns[0].name
            keep = "" if table.kind is Kind.DIMENSION else f"\nON DUPLICATE KEY UPDATE `{key}` = `{key}`"
            statements += [sql + keep for sql, _ in inserts(table, lines, self._most, named=self._named)]
        self._session.several(statements)

    def _not_all_taken(self, sent: _Sent, taken: int, warnings: Sequence[tuple[Any, ...]]) -> SinkError:
        """With LOCAL a server skips or changes values that do not fit, and only warns."""
        why = one_line("; ".join(f"{code}: {text}" for _, code, text in warnings[:3])) or "no reason given"
        return SinkError(
            f"the server took {taken:,} of {sent.rows:,} rows of {sent.table.name}: {why}",
            where=self._session.where,
            hint="nothing of this batch was written",
            code="NEC-M008",
        )
