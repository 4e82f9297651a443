"""Making the database that a profile names."""

from __future__ import annotations

from typing import NamedTuple

from nectar.config.profile.model import Server
from nectar.errors import SinkError
from nectar.sinks.mysql.check.privileges import NOT_ALLOWED, account
from nectar.sinks.mysql.check.query import Asking, Refused, held
from nectar.sinks.mysql.factory import connector
from nectar.sinks.mysql.statements import literal

CHARSET, COLLATION = "utf8mb4", "utf8mb4_bin"


class Made(NamedTuple):
    """`made`: it was not there before. `tables`: what is in it."""

    made: bool
    charset: str
    collation: str
    tables: tuple[str, ...]


def make_database(server: Server) -> Made:
    """There afterwards, with utf8mb4 unless it was there before: then it stays as it is.

    Errors: those of connecting; SinkError NEC-M010 when the user may not make it.
    """
    with held(connector(server).connect(database=False)) as connection:
        ask = Asking(connection, server)
        try:
            return _make(ask)
        except Refused as refused:
            raise refused.told from refused


def _make(ask: Asking) -> Made:
    name = ask.server.database
    quoted = f"`{name.replace('`', '``')}`"
    sql = f"""SELECT default_character_set_name, default_collation_name FROM information_schema.schemata
        WHERE schema_name = {literal(name)}"""
    there = ask.rows(sql)
    if not there:
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
    found = ask.rows(f"SELECT table_name FROM information_schema.tables WHERE table_schema = {literal(name)}")
    return Made(not there, str(charset), str(collation), tuple(sorted(str(table) for (table,) in found)))
