"""What SQLite's statements make of numbers at the edge of what an INTEGER column takes."""

from __future__ import annotations

import apsw
import pytest

from nectar.sinks.sqlite.derived import _whole

MOST = (1 << 63) - 1


@pytest.mark.parametrize(
    ("number", "kept"),
    [
        ("0", 0),
        (f"{MOST}", MOST),
        (f"{-MOST}", -MOST),
        (f"{MOST} + 1", None),
        (f"{-MOST} - 2", None),
        (f"{MOST} + {MOST}", None),
        ("NULL", None),
    ],
)
def test_what_leaves_63_bits_is_null(number: str, kept: int | None) -> None:
    db = apsw.Connection(":memory:")
    assert db.execute(f"SELECT {_whole(number)}").get == kept
    db.close()
