"""A quick start: a short command never collects garbage and never looks for plugins of pydantic.

Both take a twelfth of the time that `nectar plan validate` takes (benchmarks/startup.py).
"""

from __future__ import annotations

import gc
import os

_USUAL_THRESHOLDS = gc.get_threshold()
_IMPORTED_OBJECTS = 100_000
"""More objects than the imports of any command make. Nearly all of them stay, so a collection would find nothing."""


def start_quickly() -> None:
    gc.set_threshold(_IMPORTED_OBJECTS, *_USUAL_THRESHOLDS[1:])
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # otherwise pydantic reads the metadata of every package


def collect_as_usual() -> None:
    """Ends the quick start. A job calls it, because it runs for long and makes garbage."""
    gc.set_threshold(*_USUAL_THRESHOLDS)
