"""Read what a server's database holds, without changing it."""

from __future__ import annotations

from nectar.config.profile.model import Server
from nectar.sinks.mysql.coverage import kept_blocks
from nectar.sinks.mysql.factory import session_of
from nectar.sinks.mysql.session import ServerSession
from nectar.sinks.state import State, StoredProgress, state_of
from nectar.sinks.stored import PLANS, stored_plan

OWN = ("nectar_checkpoint", "nectar_coverage", "nectar_quarantine", "nectar_writer")


def read_state(server: Server) -> State:
    """Errors: those of `stored_plan`, and of connecting."""
    session = session_of(server)
    try:
        with session.transaction():  # one snapshot, while a job may go on writing
            return _state(session)
    finally:
        session.drop()


def _state(session: ServerSession) -> State:
    tables = "SELECT table_name, data_length + index_length FROM information_schema.tables WHERE table_schema = DATABASE()"
    sizes = {name: int(size or 0) for name, size in session.rows(tables)}
    plans = session.rows(PLANS) if "nectar_plan" in sizes else []
    plan = stored_plan(plans, sizes, OWN, session.where)
    ranges = session.rows("SELECT first_slot, last_slot, complete FROM nectar_coverage WHERE table_name = '*'")
    rows = {table: _count(session, table) for table in plan.tables}
    ((seq, finished),) = session.rows("SELECT COALESCE(MAX(seq), 0), COALESCE(MAX(finished), -1) FROM nectar_writer")
    progress = StoredProgress(ranges, kept_blocks(session))
    return state_of(
        session.where,
        progress,
        plan,
        size=sum(sizes.values()),
        rows=rows,
        quarantined=_count(session, "nectar_quarantine"),
        built=session.index_names(),
        finished=seq == finished,
    )


def _count(session: ServerSession, table: str) -> int:
    ((count,),) = session.rows(f"SELECT COUNT(*) FROM `{table}`")
    return int(count)
