"""What the user may do in the database, by doing it: to a table that is made for that, and dropped.

Grants are not read: roles, patterns, proxies and read-only servers make them say more, or less, than what holds.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from nectar.errors import ConnectError
from nectar.network.local_data import DATA
from nectar.sinks.mysql.asking import Asking, Refused
from nectar.sinks.step import Note, Step, failed, passed

NOT_ALLOWED = frozenset({1044, 1142, 1143, 1227, 1370})
"""Errors that say: this user may not."""

PREFIX = "nectar_check_"
CODE = "NEC-M010"


class Right(NamedTuple):
    """`sql` takes the table's name, and needs this right alone: a WHERE needs SELECT too, and FOR UPDATE needs UPDATE.
    `seldom`: who needs it, when not every job does."""

    name: str
    sql: str
    seldom: str = ""


_BODY = "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"
TRIED = (
    Right("CREATE", f"CREATE TABLE `{{0}}` (`id` BIGINT NOT NULL, `hash` BINARY(32) NULL, PRIMARY KEY (`id`)) {_BODY}"),
    Right("INSERT", "INSERT INTO `{0}` (`id`) VALUES (1)"),
    Right("SELECT", "SELECT `id` FROM `{0}`"),
    Right("UPDATE", "UPDATE `{0}` SET `hash` = NULL"),
    Right("DELETE", "DELETE FROM `{0}`"),
    Right("INDEX", "CREATE INDEX `idx_{0}` ON `{0}` (`hash`)"),
    Right("ALTER", "ALTER TABLE `{0}` ADD COLUMN `more` BIGINT GENERATED ALWAYS AS (`id`) VIRTUAL", "plans with views"),
    Right("CREATE VIEW", "CREATE OR REPLACE VIEW `{0}_v` AS SELECT 1 AS `id`", "plans with views"),
)
_LOAD = f"LOAD DATA LOCAL INFILE {DATA} INTO TABLE `{{0}}` (`id`)"


def try_rights(ask: Asking) -> Step:
    """Errors: Refused, by something else than missing rights. Nothing is left behind."""
    name = PREFIX + secrets.token_hex(6)
    missing: list[Right] = []
    if not _may(ask, f"DROP TABLE IF EXISTS `{name}`"):
        what = "the user has no DROP: a table to try the others with could not be taken away again, so none was made"
        return passed("rights", "not tried", [Note(what, _grant(ask, "DROP"))], missing=["DROP"], tried=[])
    tried = ["DROP"]
    with _dropped(ask, name):
        for right in TRIED:
            tried.append(right.name)
            if not _may(ask, right.sql.format(name)):
                missing.append(right)
                if right.name == "CREATE":
                    break
        loads = _loads(ask, name) if "INSERT" in tried and not missing else None
    return _step(ask, tried, missing, loads)


@contextmanager
def _dropped(ask: Asking, name: str) -> Iterator[None]:
    """Afterwards neither the table nor its view is there."""
    try:
        yield
    finally:
        _may(ask, f"DROP VIEW IF EXISTS `{name}_v`")
        ask.execute(f"DROP TABLE IF EXISTS `{name}`")


def _may(ask: Asking, sql: str) -> bool:
    try:
        ask.rows(sql)
    except Refused as refused:
        if refused.number in NOT_ALLOWED:
            return False
        raise
    return True


def _loads(ask: Asking, name: str) -> bool | None:
    """Whether LOAD DATA LOCAL works, where the profile wants it."""
    if not ask.server.load_data:
        return None
    try:
        return ask.load(_LOAD.format(name), b"2\n3\n") == 2
    except Refused as refused:
        if refused.lost:
            raise
        return False


def _step(ask: Asking, tried: list[str], missing: list[Right], loads: bool | None) -> Step:
    names = [right.name for right in missing]
    facts = {"tried": tried, "missing": names, "load_data": loads}
    needed = [right.name for right in missing if not right.seldom]
    if needed:
        what = f"the user lacks {', '.join(needed)} on {ask.server.database}"
        return failed("rights", ConnectError(what, hint=_grant(ask, ", ".join(names)), code=CODE), **facts)
    notes = [Note(f"no {right.name}, which {right.seldom} need", _grant(ask, right.name)) for right in missing]
    held = ", ".join(name for name in tried if name not in names)
    return passed("rights", f"{held}: all tried" + (", and LOAD DATA LOCAL" if loads else ""), notes, **facts)


def _grant(ask: Asking, names: str) -> str:
    return f"GRANT {names} ON `{ask.server.database.replace('`', '``')}`.* TO {account(ask)}"


def account(ask: Asking) -> str:
    """The user as the server knows it, quoted as GRANT wants it."""
    ((text,),) = ask.rows("SELECT CURRENT_USER()")
    user, _, host = str(text).rpartition("@")
    return f"'{user}'@'{host}'"
