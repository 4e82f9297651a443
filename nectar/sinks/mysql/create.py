"""Create the database that a profile names."""

from __future__ import annotations

from nectar.config.profile.model import Server
from nectar.errors import SinkError
from nectar.sinks.family import CreatedDatabase
from nectar.sinks.mysql.check.privileges import NOT_ALLOWED, account
from nectar.sinks.mysql.check.query import Asking, Refused, held
from nectar.sinks.mysql.factory import connector
from nectar.sinks.mysql.statements import literal

CHARSET, COLLATION = "utf8mb4", "utf8mb4_bin"


def create_database(server: Server) -> CreatedDatabase:
    """Create the database with utf8mb4 if it does not exist. One that exists stays as it is.

    Errors: those of connecting; SinkError NEC-M010 when the user may not create it.
    """
    with held(connector(server).connect(database=False)) as connection:
        ask = Asking(connection, server)
        try:
            return _create(ask)
        except Refused as refused:
            raise refused.error from refused


def _create(ask: Asking) -> CreatedDatabase:
    name = ask.server.database
    quoted = f"`{name.replace('`', '``')}`"
    sql = f"""SELECT default_character_set_name, default_collation_name FROM information_schema.schemata
        WHERE schema_name = {literal(name)}"""
    existing = ask.rows(sql)
    if not existing:
        create = f"CREATE DATABASE IF NOT EXISTS {quoted} CHARACTER SET {CHARSET} COLLATE {COLLATION}"
        try:
            ask.execute(create)
        except Refused as refused:
            if refused.number not in NOT_ALLOWED:
                raise
            hint = f"somebody who may says: {create}; GRANT ALL ON {quoted}.* TO {account(ask)};"
            what = f"the user may not make database {name}, and sees none of that name"
            raise SinkError(what, where=str(ask.server), hint=hint, code="NEC-M010") from refused
    ((charset, collation),) = ask.rows(sql)
    tables = ask.rows(f"SELECT table_name FROM information_schema.tables WHERE table_schema = {literal(name)}")
    return CreatedDatabase(not existing, str(charset), str(collation), tuple(sorted(str(table) for (table,) in tables)))
