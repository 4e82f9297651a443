"""Every complaint that a JSON Schema has about a document: finds the slips; `slips.py` tells them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Any

from nectar.config.complaints import Complaints
from nectar.config.schema import load_schema
from nectar.config.slips import REPORTS, Slip

if TYPE_CHECKING:
    from jsonschema.protocols import Validator


def check_schema(complaints: Complaints, schema_name: str) -> None:
    """Add what `schemas/<schema_name>.schema.json` has to complain of. Never raises for what stands in the document.

    One complaint for a value of the wrong type, whatever else the schema says of it; and none about the choice between
    forms of a table in which something else is wrong.
    """
    slips = list(_slips(complaints, schema_name))
    wrong_type = {slip.path for slip in slips if slip.keyword == "type"}
    for slip in slips:
        if slip.keyword != "oneOf" and (slip.keyword == "type" or slip.path not in wrong_type):
            REPORTS[slip.keyword](complaints, slip)
    for slip in slips:
        if slip.keyword == "oneOf" and complaints.sound(slip.path):
            REPORTS[slip.keyword](complaints, slip)


def _slips(complaints: Complaints, schema_name: str) -> Iterator[Slip]:
    for error in _validator(schema_name).iter_errors(_plain(complaints.document.data)):
        found: Any = error                                        # typed as perhaps unset, which no error found here is
        yield Slip(tuple(found.absolute_path), found.validator, found.validator_value, found.instance, found.schema, schema_name)


@lru_cache(maxsize=4)
def _validator(schema_name: str) -> Validator:
    """jsonschema takes 180 ms to import, so it is only done here.

    Its integers include 1.0, its numbers TOML's `nan` and `inf`, and Python's `$` also matches before a last line feed; ours do
    none of it.
    """
    from jsonschema import Draft202012Validator, ValidationError, validators

    def is_integer(_: object, value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool)

    def is_number(_: object, value: object) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)

    def pattern(_: object, wanted: str, value: object, __: object) -> Iterator[ValidationError]:
        exact = wanted[:-1] + r"\Z" if wanted.endswith("$") else wanted
        if isinstance(value, str) and re.search(exact, value) is None:
            yield ValidationError(f"does not match {wanted}")

    types = Draft202012Validator.TYPE_CHECKER.redefine_many({"integer": is_integer, "number": is_number})
    extend: Any = validators.extend
    strict: type[Validator] = extend(Draft202012Validator, {"pattern": pattern}, type_checker=types)
    return strict(load_schema(schema_name))


def _plain(value: Any) -> Any:
    """TOML's dates and times as the texts that JSON would have."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date | datetime | time) else value
