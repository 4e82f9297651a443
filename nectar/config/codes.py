"""Every code that a complaint about a plan or profile can carry, listed in docs/errors.md. A code keeps its meaning for ever."""

from __future__ import annotations

from collections.abc import Mapping

SYNTAX = "NEC-P001"
UNREADABLE = "NEC-P002"
INCLUDE_UNREADABLE = "NEC-P003"
INCLUDE_SYNTAX = "NEC-P004"
INCLUDE_CYCLE = "NEC-P005"

UNKNOWN_KEY = "NEC-P010"
WRONG_TYPE = "NEC-P011"
NOT_ALLOWED = "NEC-P012"
OUT_OF_RANGE = "NEC-P013"
BAD_FORM = "NEC-P014"
MISSING_KEY = "NEC-P015"
REPEATED = "NEC-P016"
EMPTY = "NEC-P017"
ONE_OF_THESE = "NEC-P018"

NOT_YET = "NEC-P020"
USELESS_KEY = "NEC-P021"

TWO_BOUNDS = "NEC-P030"
START_AFTER_END = "NEC-P031"
WRONG_SIDE = "NEC-P032"
BAD_DATE = "NEC-P033"

NOTHING_TO_DO = "NEC-P040"

BAD_ADDRESS = "NEC-P050"
FOREIGN_ADDRESS = "NEC-P051"
BAD_POOL = "NEC-P052"

CLEAR_SECRET = "NEC-P060"
CONTRADICTION = "NEC-P061"
INSECURE = "NEC-P062"
BAD_DSN = "NEC-P063"
BAD_CERTIFICATE = "NEC-P064"
WRONG_KIND = "NEC-P065"
HOST_NOT_ALLOWED = "NEC-P066"
BAD_HOST = "NEC-P067"
NO_SUCH_DATABASE = "NEC-P068"
UNKNOWN_VARIABLE = "NEC-P069"

UNKNOWN_TASK = "NEC-P070"

TIDB_NAME = "NEC-P080"
TIDB_COUNT = "NEC-P081"
TIDB_KEY = "NEC-P082"
TIDB_SIZE = "NEC-P083"
TIDB_LACKS = "NEC-P084"

MEANINGS: Mapping[str, str] = {
    SYNTAX: "The text is not TOML",
    UNREADABLE: "The file cannot be read as UTF-8 text",
    INCLUDE_UNREADABLE: "An included file cannot be read as UTF-8 text",
    INCLUDE_SYNTAX: "An included file is not TOML",
    INCLUDE_CYCLE: "Files that include each other, or too deeply",
    UNKNOWN_KEY: "A key that no plan or profile has",
    WRONG_TYPE: "A value of another type than the key takes",
    NOT_ALLOWED: "A value that is not one of those allowed",
    OUT_OF_RANGE: "A number, or a length, outside of its range",
    BAD_FORM: "A text that is not written as the key wants it",
    MISSING_KEY: "A key that must be there is missing",
    REPEATED: "A list says the same thing twice",
    EMPTY: "A list with nothing in it",
    ONE_OF_THESE: "A table must hold exactly one of some keys",
    NOT_YET: "A feature that this version does not have yet",
    USELESS_KEY: "A key that would do nothing beside the others",
    TWO_BOUNDS: "The start, or the end, is said twice",
    START_AFTER_END: "The start comes after the end",
    WRONG_SIDE: "A form of start that cannot be an end",
    BAD_DATE: "A date that does not exist",
    NOTHING_TO_DO: "Every processor is off",
    BAD_ADDRESS: "Not an address, nor a pattern of addresses",
    FOREIGN_ADDRESS: "An address of another network than the plan's",
    BAD_POOL: "Not a pool id",
    CLEAR_SECRET: "A secret written out in a profile",
    CONTRADICTION: "Two keys that contradict each other, or say the same thing",
    INSECURE: "A connection to another machine that may not be encrypted, without allow_insecure",
    BAD_DSN: "Not a connection text, or a part of one that Nectar does not support",
    BAD_CERTIFICATE: "A certificate, a key or a file of authorities that cannot be used",
    WRONG_KIND: "A connection_type that the server's name or the user's does not fit",
    HOST_NOT_ALLOWED: "A host that allowed_hosts leaves out",
    BAD_HOST: "Not a host, nor a pattern of hosts",
    NO_SUCH_DATABASE: "A database that the profile does not have, or none chosen of several",
    UNKNOWN_VARIABLE: "An environment variable NECTAR_DB_.. that says nothing",
    UNKNOWN_TASK: "A task, or an option of one, that Carp does not have",
    TIDB_NAME: "A name longer than TiDB's names",
    TIDB_COUNT: "More columns or indexes than a table of TiDB, MySQL or MariaDB can have",
    TIDB_KEY: "A key or an index that TiDB cannot have, or is longer than it takes",
    TIDB_SIZE: "More than TiDB takes in one row, statement or transaction",
    TIDB_LACKS: "Something that TiDB does not have, or that Nectar does not use there",
}
