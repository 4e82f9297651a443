"""Check a profile's server step by step, on the same kind of connection that a job opens."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from nectar.config.profile.model import Server
from nectar.errors import NectarError, SinkError
from nectar.mysql.product import Product, product_of
from nectar.server import faults
from nectar.sinks.base import Layout
from nectar.sinks.check_step import Note, Outcome, Step, failed, milliseconds, ms, not_reached, passed
from nectar.sinks.mysql.check.connecting import arrival, departure
from nectar.sinks.mysql.check.privileges import try_rights
from nectar.sinks.mysql.check.query import Asking, Refused, held
from nectar.sinks.mysql.check.server_limits import look_at_limits
from nectar.sinks.mysql.factory import connector
from nectar.sinks.mysql.needs import needed_at_the_end
from nectar.sinks.mysql.state import OWN
from nectar.sinks.mysql.statements import literal
from nectar.sinks.stored import GONE, PLANS, stored_plan

SKEW_SECONDS = 5.0
CLOCK_LOOKS = 5
AFTER = ("round trip", "clock", "limits", "database", "rights")
_NO_DATABASE, _NO_RIGHTS = 1049, 1044


def check_server(server: Server, *, count: int = 20, tries: bool = True, layout: Layout | None = None) -> Iterator[Step]:
    """Yield each step as soon as it is known. Steps that a failure prevents are not reached.

    `count`: round trips. `tries`: whether rights are tried, with a table that is made and dropped. `layout`: of the plan that is
    to fill the database, where that is known.
    """
    to = connector(server)
    try:
        connection = to.connect(database=False)
    except NectarError as error:
        yield from departure(server, error, to.audit.drain())
        yield from not_reached(AFTER if tries else AFTER[:-1])
        return
    with held(connection):
        ask, product = Asking(connection, server), product_of(connection.facts.server_version)
        yield from arrival(server, connection.facts, product, to.audit.drain())
        yield from _looks(ask, product, count, tries, needed_at_the_end(layout) if layout is not None else None)


def _looks(ask: Asking, product: Product, count: int, tries: bool, needed: Mapping[str, str] | None) -> Iterator[Step]:
    looks: dict[str, Callable[[], Step]] = {
        "round trip": lambda: _round_trip(ask, count),
        "clock": lambda: _clock(ask),
        "limits": lambda: look_at_limits(ask, product),
        "database": lambda: _database(ask),
    }
    if tries:
        looks["rights"] = lambda: try_rights(ask, needed)
    names = list(looks)
    for at, (name, look) in enumerate(looks.items(), 1):
        try:
            step, lost = look(), False
        except Refused as refused:
            step, lost = failed(name, refused.error), refused.lost
        yield step
        if lost or (name == "database" and step.outcome is Outcome.FAILED):
            yield from not_reached(names[at:])
            return


def _round_trip(ask: Asking, count: int) -> Step:
    took = sorted(_timed(ask, "SELECT 1")[0] for _ in range(count))
    median, p95 = statistics.median(took), took[math.ceil(0.95 * count) - 1]
    says = f"{ms(median)}, median of {count}; {ms(p95)} at the 95th percentile"
    return passed("round trip", says, count=count, median_ms=milliseconds(median), p95_ms=milliseconds(p95))


def _timed(ask: Asking, sql: str) -> tuple[float, float, object]:
    """Run a query for one value: (seconds that it took, our clock in the middle of it, the value)."""
    clock, began = time.time(), time.perf_counter()
    ((value,),) = ask.rows(sql)
    took = time.perf_counter() - began
    return took, clock + took / 2, value


def _clock(ask: Asking) -> Step:
    """Compare the clocks. The quickest query says most: the server read its clock within that round trip."""
    sql = "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(6))"
    took, ours, theirs = min((_timed(ask, sql) for _ in range(CLOCK_LOOKS)), key=lambda look: look[0])
    skew, unsure = int(str(theirs)) / 1e6 - ours, took / 2
    facts: dict[str, Any] = {"skew_seconds": round(skew, 6), "give_or_take_seconds": round(unsure, 6)}
    if abs(skew) <= unsure:
        return passed("clock", f"the same as ours, as far as a round trip of {ms(took)} shows", **facts)
    says = f"{_long(abs(skew))} {'ahead of' if skew > 0 else 'behind'} ours, give or take {ms(unsure)}"
    late = abs(skew) - unsure > SKEW_SECONDS
    what = "one of the two clocks is wrong: certificates may seem expired, and times that the server writes mislead"
    return passed("clock", says, [Note(what, "let both be set by NTP")] if late else (), **facts)


def _long(seconds: float) -> str:
    for size, name in ((172_800, "days"), (7_200, "hours"), (120, "minutes")):
        if seconds >= size:
            return f"{seconds / (size / 2):,.0f} {name}"
    return f"{seconds:,.1f} seconds" if seconds >= 1 else ms(seconds)


def _database(ask: Asking) -> Step:
    """Check that the database exists, and that nothing but Nectar filled it."""
    name, where = ask.server.database, str(ask.server)
    try:
        ask.execute(f"USE `{name.replace('`', '``')}`")
    except Refused as refused:
        meant = {_NO_DATABASE: faults.NO_DATABASE, _NO_RIGHTS: faults.NO_RIGHTS}.get(refused.number)
        if meant is None:
            raise
        error = meant.at(where)
        return failed("database", error if meant is faults.NO_DATABASE else _may_be_missing(error))
    rows = ask.rows("SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()")
    tables = {str(table) for (table,) in rows}
    charset = ask.rows(
        "SELECT default_character_set_name, default_collation_name FROM information_schema.schemata"
        f" WHERE schema_name = {literal(name)}"
    )
    facts: dict[str, Any] = {"database": name, "tables": len(tables), "charset": charset[0][0] if charset else None}
    if not tables - {"nectar_connection"}:
        return passed("database", f"{name}, empty", **facts)
    plans = ask.rows(PLANS) if "nectar_plan" in tables else []
    if not plans:
        hint = "name another database, an empty one; nothing was changed in this one"
        what = f"{name} has {len(tables)} tables that Nectar did not make"
        return failed("database", SinkError(what, hint=hint, code="NEC-K003"), **facts)
    try:
        plan = stored_plan(plans, tables, OWN, where)
    except SinkError as error:
        if error.code == GONE and not _was_filled(ask, tables):
            return passed("database", f"{name}, where a job was interrupted while it made the tables", **facts)
        return failed("database", error, **facts)
    says = f"{name}, filled by plan {plan.name} ({plan.fingerprint})"
    return passed("database", says, plan=plan.name, fingerprint=plan.fingerprint, **facts)


def _was_filled(ask: Asking, tables: set[str]) -> bool:
    """Whether a job filled the database.

    Nectar creates nectar_checkpoint before the plan's tables: these without it mean it is lost.
    """
    if "nectar_checkpoint" in tables:
        return bool(ask.rows("SELECT 1 FROM nectar_checkpoint LIMIT 1"))
    return bool(tables - {"nectar_plan", "nectar_writer", "nectar_connection"})


def _may_be_missing(error: NectarError) -> NectarError:
    """A server does not tell a user without rights on a database whether it exists."""
    error.hint = f"if it is not there yet: `nectar db init`; else {error.hint}"
    return error
