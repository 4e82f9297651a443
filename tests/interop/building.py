"""Builds the peers of other languages, once, outside the tree; run by the tests, or by hand ahead of them.

python tests/interop/building.py        # all that this machine has the tools for
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent


class Peer(NamedTuple):
    """`sources` make the build's key; `needs` is the tool without which there is none; `made` is in the build's folder."""

    folder: Path
    sources: Sequence[str]
    needs: str
    command: Sequence[str]
    made: str


PEERS = {
    "pallas": Peer(
        HERE / "pallas",
        ("Cargo.toml", "Cargo.lock", "src"),
        "cargo",
        ("cargo", "build", "--release", "--locked", "--quiet"),
        "release/pallas-peer",
    ),
    "harmonic": Peer(
        HERE / "harmonic",
        ("package.json", "package-lock.json", "peer.mjs"),
        "npm",
        ("npm", "ci", "--ignore-scripts", "--silent"),
        "peer.mjs",
    ),
    "yaci": Peer(HERE / "yaci", ("pom.xml", "src"), "mvn", ("mvn", "-q", "-B", "package"), "target/lib"),
    "tidb-parser": Peer(
        HERE.parent / "tidb" / "parser",
        ("go.mod", "go.sum", "main.go"),
        "go",
        ("go", "build", "-trimpath", "-o", "tidb-parser", "."),
        "tidb-parser",
    ),
}


def cache() -> Path:
    """$NECTAR_CACHE, or ~/.cache/nectar."""
    return Path(os.environ.get("NECTAR_CACHE") or Path.home() / ".cache" / "nectar") / "interop"


def build(name: str) -> Path:
    """What was made, built when it is not there. Errors: LookupError without the tool, CalledProcessError."""
    peer = PEERS[name]
    place = cache() / f"{name}-{_key(peer)}"
    place.mkdir(parents=True, exist_ok=True)
    with (place / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / ".done").exists():
            if shutil.which(peer.needs) is None:
                raise LookupError(f"{peer.needs} is not installed, and the peer in {peer.folder.name} needs it")
            work = place / "work"
            shutil.rmtree(work, ignore_errors=True)
            shutil.copytree(peer.folder, work, ignore=shutil.ignore_patterns("target", "node_modules"))
            subprocess.run(
                peer.command, cwd=work, check=True, env={**os.environ, "CARGO_TARGET_DIR": str(place), "GOTOOLCHAIN": "local"}
            )
            (place / ".done").touch()
    binary = place / peer.made
    return binary if binary.exists() else place / "work" / peer.made  # only cargo builds beside its sources


def _key(peer: Peer) -> str:
    digest = hashlib.sha256()
    for source in peer.sources:
        path = peer.folder / source
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                digest.update(file.relative_to(peer.folder).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


if __name__ == "__main__":
    for one in PEERS:
        try:
            print(build(one), file=sys.stderr)
        except LookupError as error:
            print(error, file=sys.stderr)
