"""Find out what the user may do in the database by doing it, to a table that is created for that and dropped.

Grants are not read: with roles, patterns, proxies and read-only servers they say more, or less, than what is true.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from nectar.errors import ConnectError
from nectar.mysql.load_data import DATA
from nectar.sinks.check_step import Note, Step, failed, passed
from nectar.sinks.mysql.check.query import Asking, Refused

NOT_ALLOWED = frozenset({1044, 1142, 1143, 1227, 1370})
"""Error numbers that mean: this user may not do that."""

PREFIX = "nectar_check_"
CODE = "NEC-M010"


class Right(NamedTuple):
    """`sql` takes the table's name and needs this right only: a WHERE would need SELECT too, FOR UPDATE would need UPDATE.

    `seldom`: the jobs that need the right; "" when every job does.
    """

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
    Right("CREATE VIEW", "CREATE OR REPLACE VIEW `{0}_v` AS SELECT 1 AS `id`", "most plans"),
)
_LOAD = f"LOAD DATA LOCAL INFILE {DATA} INTO TABLE `{{0}}` (`id`)"


def try_rights(ask: Asking, needed: Mapping[str, str] | None = None) -> Step:
    """`needed`: those that a plan needs at its end, and what for; None where no plan is known.

    Errors: Refused, by something else than missing rights. Nothing is left behind.
    """
    name = PREFIX + secrets.token_hex(6)
    missing: list[Right] = []
    if not _may(ask, f"DROP TABLE IF EXISTS `{name}`"):
        return _without_drop(ask, needed or {})
    tried = ["DROP"]
    with _dropped(ask, name):
        for right in TRIED:
            tried.append(right.name)
            if not _may(ask, right.sql.format(name)):
                missing.append(right)
                if right.name == "CREATE":
                    break
        loads = _loads(ask, name) if "INSERT" in tried and not missing else None
    return _step(ask, tried, missing, loads, needed)


def _without_drop(ask: Asking, needed: Mapping[str, str]) -> Step:
    what = "the user has no DROP: a table to try the others with could not be taken away again, so none was made"
    facts = {"missing": ["DROP"], "tried": []}
    if "DROP" in needed:
        what = f"{lacks(['DROP'], ask.server.database, needed)}; the others were not tried"
        return failed("rights", ConnectError(what, hint=_grant(ask, ["DROP"]), code=CODE), **facts)
    return passed("rights", "not tried", [Note(what, _grant(ask, ["DROP"]))], **facts)


@contextmanager
def _dropped(ask: Asking, name: str) -> Iterator[None]:
    """Drop the table and its view afterwards."""
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


def _step(ask: Asking, tried: list[str], missing: list[Right], loads: bool | None, of_plan: Mapping[str, str] | None) -> Step:
    names = [right.name for right in missing]
    facts = {"tried": tried, "missing": names, "load_data": loads}
    needed = [right.name for right in missing if not right.seldom or right.name in (of_plan or ())]
    if needed:
        what = lacks(needed, ask.server.database, of_plan or {})
        return failed("rights", ConnectError(what, hint=_grant(ask, names), code=CODE), **facts)
    unsure = missing if of_plan is None else []
    notes = [Note(f"no {right.name}, which {right.seldom} need", _grant(ask, [right.name])) for right in unsure]
    held = ", ".join(name for name in tried if name not in names)
    return passed("rights", f"{held}: all tried" + (", and LOAD DATA LOCAL" if loads else ""), notes, **facts)


def lacks(names: Sequence[str], database: str, why: Mapping[str, str]) -> str:
    """`why`: what the plan needs some of them for."""
    reasons = " and ".join(dict.fromkeys(why[name] for name in names if name in why))
    return f"the user lacks {', '.join(names)} on {database}" + (f", which the plan needs for {reasons}" if reasons else "")


def _grant(ask: Asking, names: Sequence[str]) -> str:
    return grant(names, ask.server.database, _current_user(ask))


def grant(names: Sequence[str], database: str, user: str) -> str:
    """What gives the rights; `user` as CURRENT_USER() says it."""
    return f"GRANT {', '.join(names)} ON `{database.replace('`', '``')}`.* TO {_account(user)}"


def account(ask: Asking) -> str:
    """The user as the server knows it, quoted as GRANT wants it."""
    return _account(_current_user(ask))


def _current_user(ask: Asking) -> str:
    ((text,),) = ask.rows("SELECT CURRENT_USER()")
    return str(text)


def _account(text: str) -> str:
    user, _, host = text.rpartition("@")
    return f"'{user}'@'{host}'"
