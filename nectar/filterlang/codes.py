"""Codes of the faults that a filter can have; docs/errors.md lists them."""

from __future__ import annotations

from collections.abc import Mapping

SYNTAX = "NEC-F001"
TOO_LONG = "NEC-F002"
UNKNOWN_NAME = "NEC-F010"
NOT_A_COLLECTION = "NEC-F011"
MISPLACED = "NEC-F012"
TYPES = "NEC-F020"
BAD_LITERAL = "NEC-F030"
FOREIGN = "NEC-F031"
REPEATED = "NEC-F032"
BAD_FILE = "NEC-F033"
BAD_PATTERN = "NEC-F034"
CONSTANT = "NEC-F040"
CONTRADICTION = "NEC-F041"
UNKNOWABLE = "NEC-F050"
NO_TABLE = "NEC-F051"
NO_SQL = "NEC-F052"
TOO_MANY = "NEC-F053"

MEANINGS: Mapping[str, str] = {
    SYNTAX: "The text is not an expression",
    TOO_LONG: "The text is too long, or too deep",
    UNKNOWN_NAME: "Unknown field",
    NOT_A_COLLECTION: "Not a collection",
    MISPLACED: "A collection where a single value must stand",
    TYPES: "Types that do not compare",
    BAD_LITERAL: "A literal that cannot be read: its form, its length, its checksum",
    FOREIGN: "An address of another network",
    REPEATED: "An entry, or a test, that is written twice",
    BAD_FILE: "A file of entries that cannot be read, or is empty",
    BAD_PATTERN: "A pattern that cannot be used",
    CONSTANT: "A condition that is always true, or is about literals alone",
    CONTRADICTION: "A condition that can never be true, by itself or in the plan's range",
    UNKNOWABLE: "Inputs that the plan cannot know",
    NO_TABLE: "A table that the plan does not fill, or whose rows cannot be filtered",
    NO_SQL: "A view that the database cannot express",
    TOO_MANY: "More questions about inputs than a row of `nectar_watched` has room for",
}
