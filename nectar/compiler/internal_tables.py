"""Nectar's own tables, in every database that it fills: checkpoint, coverage, plans and quarantined blocks."""

from __future__ import annotations

from dataclasses import dataclass

from nectar.tables import ITEM_PLACE, Column, Kind, Place, Table, Type


@dataclass(frozen=True, slots=True)
class OwnTable(Table):
    """A table of Nectar's own. `key`: how many leading columns form its primary key."""

    key: int = 1


_FINGERPRINT = Column(
    "fingerprint",
    Type.LABEL,
    "What the plan that did it means, 40 hexadecimal digits.",
    source="blake2b-160, see `nectar plan compile`",
)
_SLOT = Column("slot", Type.INT, "The block's slot.", source="header")
_HASH = Column("hash", Type.HASH32, "The block's header hash.", source="blake2b-256 of the header")

CHECKPOINT = OwnTable(
    "nectar_checkpoint",
    "The last points that were committed, in the same transaction as their rows; the highest `seq` is where a job resumes.",
    Kind.SINGLE,
    (
        Column("seq", Type.INT, "Counts commits; moved by compare-and-set before anything else of a transaction."),
        Column("slot", Type.INT, "Slot of the last block committed; -1 is the origin.", source="header"),
        Column("hash", Type.BYTES, "Header hash of that block; empty at the origin.", source="blake2b-256 of the header"),
        Column("block_no", Type.INT, "Its number; -1 at the origin, and where it is not known.", source="header"),
        Column("highest_block_no", Type.INT, "The highest number ever committed, undone or not: a fork goes back k from it."),
        _FINGERPRINT,
        Column("writer", Type.TEXT, "Who committed it."),
    ),
)

COVERAGE = OwnTable(
    "nectar_coverage",
    "Slot ranges that are filled: tells 'no such row' from 'not indexed'.",
    Kind.SINGLE,
    (
        Column("table_name", Type.LABEL, "The table; `*` for all tables of the plan."),
        Column("first_slot", Type.INT, "First slot of the range; -1 when genesis is in it."),
        Column("last_slot", Type.INT, "Last slot of the range, included."),
        _FINGERPRINT,
        Column("complete", Type.BOOL, "1 when every row of the range is there; 0 when the plan's filters left some out."),
    ),
    key=2,
)

PLAN = OwnTable(
    "nectar_plan",
    "The plans that filled this database.",
    Kind.SINGLE,
    (
        _FINGERPRINT,
        Column("name", Type.TEXT, "The plan's name."),
        Column("compiled", Type.JSON, "The compiled plan, as `nectar plan compile` prints it."),
        Column("version", Type.TEXT, "The version of Nectar that compiled it."),
    ),
)

QUARANTINE = OwnTable(
    "nectar_quarantine",
    'Blocks that could not be decoded, kept whole (`on_decode_error = "quarantine"`); their rows are missing elsewhere.',
    Kind.SINGLE,
    (
        _SLOT,
        _HASH,
        Column("era", Type.INT, "Era tag in front of the block.", null=True, source="HardForkBlock envelope"),
        Column("code", Type.LABEL, "The error's code."),
        Column("path", Type.TEXT, "Where in the block's CBOR."),
        Column("message", Type.TEXT, "What was wrong."),
        Column("raw", Type.BYTES, "The block's bytes."),
    ),
    key=2,
)

WRITER = OwnTable(
    "nectar_writer",
    "Who writes: one row, moved by compare-and-set before anything else of a transaction, and locked until its end.",
    Kind.SINGLE,
    (
        Column("id", Type.INT, "1."),
        Column("seq", Type.INT, "The highest `seq` of nectar_checkpoint."),
        Column("finished", Type.INT, "The `seq` after which everything that follows from the rows was done; -1 never."),
        Column("writer", Type.TEXT, "Who committed last."),
    ),
)

CONNECTION = OwnTable(
    "nectar_connection",
    "A record of attempts to connect, where the profile's [audit] asks for it.",
    Kind.SINGLE,
    (
        Column("at", Type.LABEL, "When, in UTC with microseconds."),
        Column("attempt", Type.LABEL, "Tells attempts of one moment apart."),
        Column("who", Type.TEXT, "The user at the database, the user and process on this machine."),
        Column("place", Type.TEXT, "Host, address, port and database."),
        Column("tls", Type.TEXT, "TLS version and cipher; empty without."),
        Column("fingerprint", Type.LABEL, "SHA-256 of the server's certificate, hexadecimal; empty without."),
        Column("outcome", Type.LABEL, "`ok`, or the error's code."),
        Column("seconds", Type.RATIO, "How long it took."),
    ),
    key=2,
)

MOST_QUESTIONS = 31
"""Questions about inputs in one plan: `nectar_watched.answers` has 63 bits everywhere, one for the spending, two a question."""

TRACKED_OUTPUTS = Table(
    "nectar_watched",
    "Tracked outputs: a filter asks about them when they are spent, or records their spending although `[filters.rows]` "
    "may have removed their own rows.",
    Kind.FACT,
    (
        Column("id", Type.ID, f"{ITEM_PLACE} + index.", source="position on the chain"),
        Column("tx_hash", Type.HASH32, "The transaction that made it.", source="blake2b-256 of the body"),
        Column("index", Type.INT, "Place among its outputs, from 0."),
        Column("answers", Type.INT, "Bit 0: its spending is recorded. Then two bits for each question: surely yes; unknown."),
    ),
    Place.IN_TX,
)
"""Tracked outputs. A plan has it when its filters ask about inputs, or when it records spends and filters tx or tx_out rows."""

OWN_TABLES: tuple[OwnTable, ...] = (CHECKPOINT, COVERAGE, PLAN, QUARANTINE)
"""In the order in which they are created."""

SERVER_TABLES: tuple[OwnTable, ...] = (WRITER, CONNECTION)
"""Further tables, in databases of servers only."""


def own_tables(dialect: str) -> tuple[OwnTable, ...]:
    """Nectar's own tables in a dialect's databases."""
    return OWN_TABLES if dialect == "sqlite" else (*OWN_TABLES, *SERVER_TABLES)


def key_of(table: Table) -> tuple[str, ...]:
    """The columns of the primary key: the first column, except in some of Nectar's own tables."""
    return table.column_names[: table.key if isinstance(table, OwnTable) else 1]
