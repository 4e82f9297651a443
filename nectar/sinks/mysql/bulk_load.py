"""Lines into tables: by LOAD DATA where the server allows it, else by INSERTs that say the same."""

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

FEW = 50  # rows: fewer are inserted, together with those of other tables
MUCH = 500_000  # bytes: over a long way less is inserted too
SHOW_WARNINGS = "SHOW WARNINGS"  # TiDB has no LIMIT there


class Terms(NamedTuple):
    """Bytes of a packet and of a statement at most, and of a packet that the server takes; whether LOAD DATA LOCAL may be
    used; whether an upsert may name the row that comes."""

    packet: int
    most: int
    largest: int
    by_file: bool
    named: bool


def terms_of(session: ServerSession, statement_bytes: int, load_data: bool) -> Terms:
    """What the profile and the server allow. `load_data`: whether it may be tried at all."""
    ((packet, allowed),) = session.rows("SELECT @@max_allowed_packet, @@local_infile")
    by_file = load_data and str(allowed).upper() in ("1", "ON")
    room = min(int(packet) - 1_024, MOST_PACKET)
    return Terms(room, min(statement_bytes, room), int(packet), by_file, product_of(session.version).names_rows)


class _Sent(NamedTuple):
    """A statement that brings so many rows, and one that asks how it went."""

    table: Table
    rows: int
    statement: str | Load
    asking: str = ""


class Loader:
    """`terms` as `terms_of` gives them: every connection to a server has the same."""

    def __init__(self, session: ServerSession, tables: Sequence[Table], terms: Terms) -> None:
        self._session, self._tables = session, {table.name: table for table in tables}
        session.packet, self._most, session.largest, self._by_file, self._named = terms

    def load(self, staged: Staged, then: Sequence[str] = ()) -> dict[str, int]:
        """Rows that came, by table; `then` are statements to go with the last of them.

        All go together, things last: what they lock, other connections wait for.
        """
        sent: list[_Sent] = []
        for lines in sorted(lines_of(staged), key=lambda one: self._tables[one.table].kind is Kind.DIMENSION):
            table = self._tables[lines.table]
            if self._by_file and lines.rows > FEW and table.kind is not Kind.DIMENSION and self._is_worth_it(lines):
                sent.append(_Sent(table, lines.rows, Load(load_data(table, DATA), (lines.text,)), SHOW_WARNINGS))
            else:
                sent += [_Sent(table, rows, sql) for sql, rows in inserts(table, lines, self._most, named=self._named)]
        statements = [part for one in sent for part in (one.statement, one.asking) if part]
        outcomes = iter(self._session.several([*statements, *then]))
        came: Counter[str] = Counter()
        for one in sent:
            outcome = next(outcomes)
            told = next(outcomes).rows if one.asking else []
            if one.table.kind is Kind.DIMENSION:
                came[one.table.name] += outcome.inserted
                continue
            if outcome.changed != one.rows or told:
                raise self._unlike(one, outcome.changed, told)
            came[one.table.name] += outcome.changed
        return dict(came)

    def _is_worth_it(self, lines: Lines) -> bool:
        """Each LOAD DATA takes one more exchange."""
        return self._session.round_trip < FAR or len(lines.text) > MUCH

    def write_once(self, staged: Staged) -> None:
        statements: list[str] = []
        for lines in lines_of(staged):
            table = self._tables[lines.table]
            key = table.columns[0].name
            keep = "" if table.kind is Kind.DIMENSION else f"\nON DUPLICATE KEY UPDATE `{key}` = `{key}`"
            statements += [sql + keep for sql, _ in inserts(table, lines, self._most, named=self._named)]
        self._session.several(statements)

    def _unlike(self, sent: _Sent, came: int, told: Sequence[tuple[Any, ...]]) -> SinkError:
        """With LOCAL a server leaves out or bends what does not fit, and only warns."""
        why = one_line("; ".join(f"{code}: {text}" for _, code, text in told[:3])) or "no reason given"
        return SinkError(
            f"the server took {came:,} of {sent.rows:,} rows of {sent.table.name}: {why}",
            where=self._session.where,
            hint="nothing of this batch was written",
            code="NEC-M008",
        )
