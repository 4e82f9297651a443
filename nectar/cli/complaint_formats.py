"""Complaints for machines: JSON, SARIF 2.1.0 (code scanning), and GitHub's workflow commands."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from nectar import __version__
from nectar.config import codes
from nectar.errors import Complaint
from nectar.filterlang import codes as filter_codes

SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


_NETWORK_MEANING = "A network's genesis files cannot be used, or it never had this slot, epoch or era"
_NETWORK_CODES = dict.fromkeys((f"NEC-N00{number}" for number in range(1, 7)), _NETWORK_MEANING)


class Checked(NamedTuple):
    """A file and the complaints about it."""

    file: str
    complaints: Sequence[Complaint]


def complaints_json(files: Sequence[Checked]) -> str:
    """``{"files": [{"file", "ok", "complaints": [..]}]}``; a complaint has the fields of `Complaint`."""
    listed = [
        {"file": c.file, "ok": not c.complaints, "complaints": [fields(complaint) for complaint in c.complaints]} for c in files
    ]
    return json.dumps({"files": listed}, indent=2, ensure_ascii=False) + "\n"


def fields(complaint: Complaint) -> dict[str, Any]:
    """A complaint's fields, without the text of the line: the reader has the file."""
    return {name: value for name, value in asdict(complaint).items() if name != "source"}


def complaints_github(files: Sequence[Checked]) -> str:
    """One ``::error`` command for each complaint. GitHub shows it beside the line."""
    return "".join(_command(complaint) for checked in files for complaint in checked.complaints)


def _command(complaint: Complaint) -> str:
    place = f",line={complaint.line},col={complaint.col}" if complaint.line else ""
    message = ". ".join(part for part in (complaint.what, _allowed(complaint), complaint.suggestion) if part)
    return f"::error file={_property(complaint.file)}{place},title={_property(complaint.code)}::{_data(message)}\n"


def _allowed(complaint: Complaint) -> str:
    return f"Allowed: {complaint.allowed}" if complaint.allowed else ""


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def complaints_sarif(files: Sequence[Checked]) -> str:
    """A SARIF log of one run. Every code is a rule. Columns count Unicode characters."""
    all_complaints = [complaint for checked in files for complaint in checked.complaints]
    meanings = {**codes.MEANINGS, **filter_codes.MEANINGS, **_NETWORK_CODES}
    listed = list(dict.fromkeys((*meanings, *(complaint.code for complaint in all_complaints))))
    rules = [{"id": code, "shortDescription": {"text": meanings.get(code, "See docs/errors.md")}} for code in listed]
    results = [_result(complaint, listed) for complaint in all_complaints]
    driver = {"name": "nectar", "version": __version__, "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _result(complaint: Complaint, rules: Sequence[str]) -> dict[str, Any]:
    message = ". ".join(part for part in (complaint.what, _allowed(complaint), complaint.suggestion) if part)
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(complaint.file)}}
    if complaint.line:
        physical["region"] = {"startLine": complaint.line, "startColumn": complaint.col}
    return {
        "ruleId": complaint.code,
        "ruleIndex": rules.index(complaint.code),
        "level": "error",
        "message": {"text": message},
        "locations": [{"physicalLocation": physical}],
    }


def _uri(file: str) -> str:
    path = Path(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
