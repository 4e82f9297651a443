"""A MySQL server beside a Debian that has none: its unstable packages unpacked, once, outside the tree; nothing is installed.

    python tests/mysql/building.py        # by hand, or ahead of the tests

The mirror is the one that this machine's own sources name. What was unpacked stays until its folder is deleted: unstable moves on,
and the next time brings its newest version.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

PACKAGE = "mysql-server-core"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
SOURCES = (Path("/etc/apt/sources.list.d/debian.sources"), Path("/etc/apt/sources.list"))
_URI = re.compile(r"^(?:URIs:\s*|deb\s+(?:\[[^]]*\]\s+)?)(\S+)", re.M)


class Unpacked(NamedTuple):
    """`root` is what the packages take for /."""

    root: Path
    version: str

    def command(self) -> Sequence[str]:
        """Starts the server with the libraries that were unpacked with it; what it needs to know of the place is said."""
        root = self.root
        libraries = f"{root}/usr/lib/x86_64-linux-gnu:{root}/usr/lib/mysql/private"
        return [
            f"{root}/usr/lib64/ld-linux-x86-64.so.2",
            "--library-path",
            libraries,
            f"{root}/usr/sbin/mysqld",
            "--no-defaults",
            f"--basedir={root}/usr",
            f"--lc-messages-dir={root}/usr/share/mysql",
            f"--character-sets-dir={root}/usr/share/mysql/charsets",
            f"--plugin-dir={root}/usr/lib/mysql/plugin",
            "--mysqlx=OFF",
            "--secure-file-priv=NULL",
        ]


def place() -> Path:
    """Below $NECTAR_CACHE, or ~/.cache/nectar."""
    return Path(os.environ.get("NECTAR_CACHE") or Path.home() / ".cache" / "nectar") / "mysql"


def there() -> Unpacked | None:
    """What was unpacked last."""
    done = sorted(place().glob("*/.done"), key=lambda path: path.stat().st_mtime)
    return Unpacked(done[-1].parent / "root", done[-1].parent.name) if done else None


def build() -> Unpacked:
    """What is there, unpacked when nothing is. Errors: LookupError where this cannot be done, CalledProcessError."""
    place().mkdir(parents=True, exist_ok=True)
    with (place() / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = there()
        if found is None:
            work = place() / ".work"
            shutil.rmtree(work, ignore_errors=True)
            found = _unpack(work)
        return found


def _unpack(work: Path) -> Unpacked:
    """By an apt of its own, which knows nothing of what is installed here and changes nothing of it."""
    if not all(map(shutil.which, ("apt-get", "dpkg-deb"))) or not KEYRING.exists():
        raise LookupError(
            f"a MySQL is unpacked from Debian's packages, and this is no Debian: apt-get, dpkg-deb or {KEYRING.name} is missing"
        )
    mirror = _mirror()
    for folder in ("state/lists/partial", "cache/archives/partial", "etc/parts", "root"):
        (work / folder).mkdir(parents=True)
    (work / "status").touch()
    (work / "etc" / "sources.list").write_text(f"deb [signed-by={KEYRING}] {mirror} sid main\n")
    (work / "apt.conf").write_text(_configuration(work))
    environment = {**os.environ, "APT_CONFIG": str(work / "apt.conf"), "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (("update",), ("install", "-y", "--no-install-recommends", "--download-only", PACKAGE)):
        subprocess.run(["apt-get", "-qq", *arguments], env=environment, check=True, stdout=subprocess.DEVNULL)
    packages = sorted((work / "cache" / "archives").glob("*.deb"))
    for package in packages:
        subprocess.run(["dpkg-deb", "-x", package, work / "root"], check=True)
    own = next(package for package in packages if package.name.startswith(f"{PACKAGE}_"))
    version = own.name.split("_")[1].replace("%3a", ":")
    shutil.rmtree(work / "cache")
    shutil.rmtree(work / "state")
    done = place() / version
    shutil.rmtree(done, ignore_errors=True)
    work.rename(done)
    (done / ".done").touch()
    return Unpacked(done / "root", version)


def _mirror() -> str:
    """The one that this machine's first source of packages names."""
    for path in SOURCES:
        if path.exists() and (found := _URI.search(path.read_text())):
            return found[1]
    raise LookupError("no Debian mirror is named in this machine's sources of packages")


def _configuration(work: Path) -> str:
    """Of apt. A mirror's index may be older than its validity says; signatures are checked all the same."""
    places = {
        "Etc": "etc",
        "Etc::SourceList": "etc/sources.list",
        "Etc::SourceParts": "etc/parts",
        "Etc::Parts": "etc/parts",
        "Etc::PreferencesParts": "etc/parts",
        "State": "state",
        "State::status": "status",
        "Cache": "cache",
    }
    lines = [f'Dir::{name} "{work / path}";' for name, path in places.items()]
    lines += [
        'Dir::Etc::Preferences "/dev/null";',
        'APT::Sandbox::User "";',
        'Acquire::Languages "none";',
        'Acquire::Check-Valid-Until "false";',
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    try:
        print(f"MySQL {build().version}")
    except (LookupError, subprocess.CalledProcessError) as error:
        sys.exit(f"MySQL: {error}")
