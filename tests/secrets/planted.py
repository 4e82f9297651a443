"""Secrets that are planted, and a search for every trace of them."""

from __future__ import annotations

import base64
import json
import traceback
from pathlib import Path
from urllib.parse import quote

USER = "planter"
PASSWORD, TOKEN, KEY_PHRASE = "Qx7vPl4nt'\"%&/ d\\b", "Wk3zPl4nt-token", "Jf9rPl4nt key phrase"
PLANTED = (PASSWORD, TOKEN, KEY_PHRASE)
CORES = tuple(secret[:9] for secret in PLANTED)
"""What is left of each however its odd letters are escaped."""


def traces(data: bytes, more: tuple[str, ...] = ()) -> list[str]:
    """The forms in which a planted secret, or one of `more`, stands in `data`; its name, not the form itself."""
    found = []
    for secret in (*PLANTED, *CORES, *more):
        forms = {
            "itself": secret.encode(),
            "as JSON": json.dumps(secret).encode(),
            "as repr": repr(secret).encode(),
            "backwards": secret[::-1].encode(),
            "in a URL": quote(secret, safe="").encode(),
            "in hexadecimal": secret.encode().hex().encode(),
            "in UTF-16": secret.encode("utf-16-le"),
            **{f"in base64, {cut} along": _base64(secret, cut) for cut in range(3)},
        }
        found += [f"{secret[:4]}..: {name}" for name, form in forms.items() if len(form) > 6 and form.lower() in data.lower()]
    return found


def _base64(secret: str, cut: int) -> bytes:
    """The letters that are the same whatever stands before and behind."""
    raw = secret.encode()[cut:]
    return base64.b64encode(raw[: len(raw) // 3 * 3])


def traces_in(folder: Path, but: tuple[str, ...] = (), more: tuple[str, ...] = ()) -> list[str]:
    """In the files of a folder and their names, apart from those named."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and str(path.relative_to(folder)) not in but:
            found += [f"{path.name}: {trace}" for trace in traces(path.name.encode() + b"\n" + path.read_bytes(), more)]
    return found


def with_locals(error: BaseException) -> str:
    """A traceback as tools show it that show local variables: of every frame but the tests' own, of every error that it came from."""
    said: list[str] = []
    seen: BaseException | None = error
    while seen is not None:
        frames = [
            (frame, line) for frame, line in traceback.walk_tb(seen.__traceback__) if "/tests/" not in frame.f_code.co_filename
        ]
        stack = traceback.StackSummary.extract(iter(frames), capture_locals=True)
        said += ["".join(stack.format()), f"{type(seen).__name__}: {seen}", repr(seen), repr(seen.args)]
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return "\n".join(said)
