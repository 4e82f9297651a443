"""TOML has dates of its own and JSON has none: the schemas and the models take a date's text."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any


def with_date_as_text(form: Any) -> Any:
    """`{ date = 2021-09-12 }` with the text that JSON would have in place of the date; anything else as it is."""
    day = form.get("date") if isinstance(form, dict) else None
    return {**form, "date": day.isoformat()} if isinstance(day, date | datetime) else form
