"""Each page fits 130 columns, and what it points to exists: pages, their headings, files and modules of the project."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

WIDTH = 130
FRONT = tuple(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"))
GUIDES = tuple(sorted((ROOT / "docs").glob("*.md")))
DECISIONS = tuple(sorted((ROOT / "docs/decisions").glob("*.md")))
OTHERS = (ROOT / "deploy/README.md", ROOT / "grammar/README.md")
PAGES = (*FRONT, *GUIDES, *OTHERS, *DECISIONS)
WRAPPED = tuple(page for page in PAGES if page not in DECISIONS)

FENCE = re.compile(r"^\s*(```+|~~~+)")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE_SPAN = re.compile(r"`[^`]*`")
PROJECT_FILE = re.compile(
    r"(?<!`)`((?:tests|docs|benchmarks|plans|schemas|grammar|deploy)/[\w./-]+|nectar/[\w/]+(?:\.py|/))`(?!, a new file)"
)
MODULE = re.compile(r"\bpython3? -m (nectar(?:\.\w+)*|tests(?:\.\w+)+|benchmarks\.\w+)")


def name_of_page(page: Path) -> str:
    return str(page.relative_to(ROOT))


def prose(page: Path) -> Iterator[tuple[int, str]]:
    """(line number, line) of all that is neither code nor a table."""
    fence = ""
    for number, line in enumerate(page.read_text().splitlines(), 1):
        mark = FENCE.match(line)
        if mark and (not fence or mark[1] == fence):
            fence = "" if fence else mark[1]
        elif not fence:
            yield number, line


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    slugs: set[str] = set()
    for _, line in prose(page):
        if re.match(r"#{1,6} ", line):
            heading = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", line.lstrip("#").strip())
            slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
            repeats = sum(known == slug or re.fullmatch(rf"{re.escape(slug)}-\d+", known) is not None for known in slugs)
            slugs.add(f"{slug}-{repeats}" if repeats else slug)
    return slugs


def broken_link(page: Path, target: str) -> bool:
    """Whether a relative link leads to no file, or to no heading of its page."""
    if re.match(r"[a-z]+:", target):
        return False
    path, _, anchor = target.partition("#")
    destination = (page.parent / path).resolve() if path else page
    if not destination.exists():
        return True
    return bool(anchor) and anchor not in anchors(destination)


@pytest.mark.parametrize("page", WRAPPED, ids=name_of_page)
def test_prose_fits_the_width(page: Path) -> None:
    long = [number for number, line in prose(page) if len(line) > WIDTH and not line.lstrip().startswith("|")]
    assert long == [], f"lines of more than {WIDTH} characters"


@pytest.mark.parametrize("page", PAGES, ids=name_of_page)
def test_relative_links_and_anchors_work(page: Path) -> None:
    targets = LINK.findall(CODE_SPAN.sub("", "\n".join(line for _, line in prose(page))))
    assert [target for target in targets if broken_link(page, target)] == []


@pytest.mark.parametrize("page", WRAPPED, ids=name_of_page)
def test_files_and_modules_that_a_page_names_exist(page: Path) -> None:
    text = page.read_text()
    absent = {name for name in PROJECT_FILE.findall(text) if not (ROOT / name).exists()}
    absent |= {name for name in MODULE.findall(text) if importlib.util.find_spec(name) is None}
    assert absent == set()


def test_each_guide_is_linked_from_the_readme() -> None:
    """A page that nobody can find is no page."""
    linked = set(LINK.findall((ROOT / "README.md").read_text()))
    assert [name_of_page(page) for page in GUIDES if name_of_page(page) not in {link.partition("#")[0] for link in linked}] == []
