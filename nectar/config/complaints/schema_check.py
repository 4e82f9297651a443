"""Judges a document by a published schema and adds a complaint for each violation; `schema_messages` words them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Any

from nectar.config.complaints.collector import Complaints
from nectar.config.complaints.schema import load_schema
from nectar.config.complaints.schema_messages import REPORTS, Violation
from nectar.config.document.toml_dates import with_date_as_text

if TYPE_CHECKING:
    from jsonschema.protocols import Validator


def check_schema(complaints: Complaints, schema_name: str) -> None:
    """Adds a complaint for each violation of `schemas/<schema_name>.schema.json`. No document makes it raise.

    A value of the wrong type gets one complaint, whatever else the schema says of it. A table in which something else is wrong
    gets none about the choice between its forms.
    """
    violations = list(_violations(complaints, schema_name))
    wrong_type = {violation.path for violation in violations if violation.keyword == "type"}
    for violation in violations:
        if violation.keyword != "oneOf" and (violation.keyword == "type" or violation.path not in wrong_type):
            REPORTS[violation.keyword](complaints, violation)
    for violation in violations:
        if violation.keyword == "oneOf" and complaints.sound(violation.path):
            REPORTS[violation.keyword](complaints, violation)


def _violations(complaints: Complaints, schema_name: str) -> Iterator[Violation]:
    for error in _validator(schema_name).iter_errors(_with_dates_as_texts(complaints.document.data)):
        violated: Any = error  # its attributes are typed as perhaps unset, which they never are here
        path, keyword, limit = tuple(violated.absolute_path), violated.validator, violated.validator_value
        yield Violation(path, keyword, limit, violated.instance, violated.schema, schema_name)


@lru_cache(maxsize=4)
def _validator(schema_name: str) -> Validator:
    """jsonschema takes 180 ms to import, so only this function imports it.

    jsonschema takes 1.0 for an integer and TOML's `nan` and `inf` for numbers, and Python's `$` also matches before a last line
    feed. This validator does none of that.
    """
    from jsonschema import Draft202012Validator, ValidationError, validators

    def is_integer(_: object, value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool)

    def is_number(_: object, value: object) -> bool:
        return is_integer(_, value) or (isinstance(value, float) and isfinite(value))

    def pattern(_: object, wanted: str, value: object, __: object) -> Iterator[ValidationError]:
        exact = wanted[:-1] + r"\Z" if wanted.endswith("$") else wanted
        if isinstance(value, str) and re.search(exact, value) is None:
            yield ValidationError(f"does not match {wanted}")

    types = Draft202012Validator.TYPE_CHECKER.redefine_many({"integer": is_integer, "number": is_number})
    extend: Any = validators.extend
    strict: type[Validator] = extend(Draft202012Validator, {"pattern": pattern}, type_checker=types)
    return strict(load_schema(schema_name))


def _with_dates_as_texts(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The data with the dates of start and end as texts. No other key takes TOML's dates: a date elsewhere stays one."""
    sync = data.get("sync")
    if not isinstance(sync, dict):
        return data
    return {**data, "sync": {key: with_date_as_text(side) if key in ("start", "end") else side for key, side in sync.items()}}
