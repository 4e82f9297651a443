"""A server process that a test started, waited for."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable


def wait_until_it_answers(
    process: subprocess.Popen[bytes],
    ask: Callable[[], object],
    silence: type[Exception] | tuple[type[Exception], ...],
    seconds: float,
    log: Callable[[], str] = str,
) -> None:
    """Until `ask` does not raise `silence` any more. Fails, with what the log says, when the process ends or `seconds` are over."""
    until = time.monotonic() + seconds
    while True:
        try:
            ask()
            return
        except silence:
            assert process.poll() is None, f"the server ended: {log()}"
            assert time.monotonic() < until, f"the server did not answer in time: {log()}"
            time.sleep(0.05)
