"""What TiDB's grammar takes and TiDB refuses all the same, as far as Nectar could run into it."""

from __future__ import annotations

import re

from tests.mysql.wire import err_packet

ALTER = re.compile(r"\s*ALTER\s+TABLE\b", re.I)
ADDED = re.compile(r"\bADD\s+(?:COLUMN\s+)?`?(\w+)`?\s+\w", re.I)
INDEXED = re.compile(r"\bADD\s+(?:UNIQUE\s+)?(?:INDEX|KEY)\b[^(]*\(([^)]*)\)", re.I)
STORED = re.compile(r"\bADD\s+COLUMN\b.*\bGENERATED\b.*\bSTORED\b", re.I | re.S)
BITS = re.compile(r"\bSHARD_ROW_ID_BITS\b", re.I)
CLUSTERED = re.compile(r"\bCLUSTERED\b", re.I)
LONG_KEY = re.compile(r"\((?:[^()]*,)?\s*`?\w+`?\s*\((\d+)\)\s*(?:,[^()]*)?\)\s*$", re.I)
MISSING = re.compile(r"\b(JSON_VALUE|JSON_TABLE|XMLTYPE|ST_\w+)\s*\(", re.I)
BETWEEN = re.compile(r"\bBETWEEN\s*\((-?\d+)\)\s*AND\s*\((-?\d+)\)\s*REGIONS\s+(\d+)", re.I)
LEAST_STEP, MOST_REGIONS, MOST_CHARACTERS = 1_000, 1_000, 3_072 // 4


def after_parsing(statement: str) -> bytes | None:
    """The error, or None."""
    missing = MISSING.search(statement)
    if missing is not None:
        return err_packet(1305, f"FUNCTION {missing[1].lower()} does not exist")
    if ALTER.match(statement):
        return _alter(statement)
    if (
        re.match(r"\s*CREATE\s+TABLE\b", statement, re.I)
        and BITS.search(statement)
        and CLUSTERED.search(re.sub("NONCLUSTERED", "", statement, flags=re.I))
    ):
        return err_packet(8200, "Unsupported shard_row_id_bits for table with primary key as row id")
    if (
        re.match(r"\s*CREATE\s+(UNIQUE\s+)?INDEX\b", statement, re.I)
        and (long := LONG_KEY.search(statement))
        and int(long[1]) > MOST_CHARACTERS
    ):
        return err_packet(1071, f"Specified key was too long ({int(long[1]) * 4} bytes); max key length is 3072 bytes")
    return None


def _alter(statement: str) -> bytes | None:
    if STORED.search(statement):
        return err_packet(3106, "'Adding generated stored column through ALTER TABLE' is not supported for generated columns.")
    indexed = {name.strip("` ") for part in INDEXED.findall(statement) for name in part.split(",")}
    for name in ADDED.findall(statement):
        if name in indexed:
            return err_packet(8200, f"Unsupported operate same column '{name}'")
    return None


def split(statement: str, starter: bool) -> bytes | None:
    """Of SPLIT TABLE. Which error Starter answers with is a guess; that it has none of it is documented."""
    if starter:
        return err_packet(8132, "Feature 'SPLIT REGION' is not supported when security enhanced mode is enabled")
    between = BETWEEN.search(statement)
    if between is not None:
        low, high, regions = map(int, between.groups())
        if regions > MOST_REGIONS:
            return err_packet(8212, f"Failed to split region ranges: Split table region num exceeded the limit {MOST_REGIONS}")
        if low >= high or (high - low) // regions < LEAST_STEP:
            return err_packet(
                8212,
                f"Failed to split region ranges: Split table `t` region step value should more than {LEAST_STEP}, step {(high - low) // regions} is invalid",
            )
    return None
