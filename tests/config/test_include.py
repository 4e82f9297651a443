"""Plans that take keys from others: what wins, what paths mean, and where complaints point."""

from __future__ import annotations

from pathlib import Path

import pytest

from nectar.config import codes
from nectar.config.plan.bounds import AtEpoch, AtEra, AtSlot, TipMinus
from nectar.config.plan.keys import Plan
from nectar.config.plan.load import load_plan
from nectar.errors import Complaint, PlanError

ON = "[processors]\nblocks = true\n"


def files(folder: Path, **texts: str) -> Path:
    """`sub__a` is written to sub/a.toml. The first is the plan."""
    paths = [folder / f"{name.replace('__', '/')}.toml" for name in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return paths[0]


def plan_of(folder: Path, **texts: str) -> Plan:
    return load_plan(files(folder, **texts))


def complaints_of(folder: Path, **texts: str) -> list[tuple[str, str, int, int]]:
    """(code, file below `folder`, line, col)"""
    return [(one.code, Path(one.file).relative_to(folder).as_posix(), one.line, one.col) for one in wrong(folder, **texts)]


def wrong(folder: Path, **texts: str) -> tuple[Complaint, ...]:
    with pytest.raises(PlanError) as caught:
        plan_of(folder, **texts)
    return caught.value.complaints


def test_this_file_wins_over_included_ones_and_later_entries_over_earlier_ones(tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path,
        plan='include = ["one.toml", "two.toml"]\n[processors]\nblocks = true\n',
        one='[plan]\nname = "one"\ndescription = "of one"\n[processors]\nblocks = false\nscripts = true\n[storage]\nindexes = "all"\n',
        two='[plan]\nname = "two"\n[processors]\nscripts = false\ntransactions = { tx_cbor = true }\n',
    )
    assert (plan.meta.name, plan.meta.description) == ("two", "of one")
    assert [name for name, _ in plan.processors.enabled()] == ["blocks", "transactions"]
    assert plan.storage.indexes == "all"


def test_tables_merge_at_every_depth_and_lists_are_replaced(tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path,
        plan='include = ["base.toml"]\n[processors]\ntransactions = { tx_cbor = true }\nmetadata = { labels = [20] }\n',
        base="[processors]\ntransactions = { address_table = true, tx_cbor = false }\nmetadata = { labels = [721, 674] }\n",
    )
    assert plan.processors.transactions is not None
    assert plan.processors.transactions.tx_cbor
    assert plan.processors.transactions.address_table
    assert plan.processors.metadata is not None
    assert plan.processors.metadata.labels == (20,)


@pytest.mark.parametrize(
    ("below", "above", "start", "end"),
    [
        ("start_slot = 5", 'start = "mary"', AtEra("mary"), None),
        ('start = "mary"', "start_slot = 5", AtSlot(5), None),
        ("start = { epoch = 3 }", 'start = { slot = 5, hash = "' + "ab" * 32 + '" }', None, None),
        ("end_slot = 9", 'start_slot = 5\nend = "tip-7"', AtSlot(5), TipMinus(7)),
        ("end = { epoch = 9 }\nstart = { epoch = 4 }", "end = { epoch = 6 }", AtEpoch(4), AtEpoch(6)),
    ],
)
def test_one_meaning_in_two_ways_is_one_value(tmp_path: Path, below: str, above: str, start: object, end: object) -> None:
    plan = plan_of(tmp_path, plan=f'include = ["base.toml"]\n[sync]\n{above}\n{ON}', base=f"[sync]\n{below}\n")
    assert start is None or plan.sync.start == start
    assert end is None or plan.sync.end == end


def test_within_one_file_two_ways_are_still_two(tmp_path: Path) -> None:
    found = complaints_of(tmp_path, plan=f'include = ["base.toml"]\n{ON}', base='[sync]\nstart_slot = 5\nstart = "mary"\n')
    assert found == [(codes.TWO_BOUNDS, "base.toml", 3, 1)]


def test_a_source_of_another_kind_takes_the_place_of_the_included_one(tmp_path: Path) -> None:
    node = '[source]\nkind = "node"\nsocket = "node.socket"\n'
    chunks = '[source]\nkind = "immutable"\npath = "chunks"\n'
    source = plan_of(tmp_path, plan=f'include = ["base.toml"]\n{chunks}{ON}', base=node).source
    assert source is not None
    assert (source.kind, source.path, source.socket) == ("immutable", tmp_path / "chunks", None)
    source = plan_of(tmp_path, plan=f'include = ["base.toml"]\n{node}{ON}', base=chunks).source
    assert source is not None
    assert (source.kind, source.path, source.socket) == ("node", None, str(tmp_path / "node.socket"))


def test_paths_are_relative_to_the_file_that_says_them(tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path,
        jobs__plan='include = ["../shared/base.toml"]\n[source]\npath = "chunks"\n' + ON,
        shared__base='include = ["deep/net.toml"]\n[plan]\nprofile = "db.toml"\n[source]\nkind = "immutable"\npath = "other"\n',
        shared__deep__net='[plan]\nnetwork = "./genesis"\n',
    )
    assert plan.source is not None
    assert plan.source.path == tmp_path / "jobs" / "chunks"
    assert plan.meta.profile is not None
    assert plan.meta.profile.resolve() == tmp_path / "shared" / "db.toml"
    assert Path(plan.meta.network).resolve() == tmp_path / "shared" / "deep" / "genesis"
    assert plan.meta.name == "plan"


def test_complaints_of_all_files_come_at_once_each_with_its_own_place(tmp_path: Path) -> None:
    found = complaints_of(
        tmp_path,
        plan='include = ["sub/base.toml"]\n[processors]\nblocks = 1\n[filters]\npool_filter = ["pool1x"]\n',
        sub__base='include = ["inner.toml"]\n# why\n[storage]\nindexes = "some"\n[processors]\nscript = true\n',
        sub__inner='[filters]\naddress_filter = [\n  "addr1qqq",\n]\n',
    )
    assert found == [
        (codes.WRONG_TYPE, "plan.toml", 3, 10),
        (codes.BAD_POOL, "plan.toml", 5, 16),
        (codes.BAD_ADDRESS, "sub/inner.toml", 3, 3),
        (codes.NOT_ALLOWED, "sub/base.toml", 4, 11),
        (codes.UNKNOWN_KEY, "sub/base.toml", 6, 1),
    ]


def test_what_cannot_be_included_is_told_at_the_entry(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b'[plan]\nname = "\xe9"\n')
    texts = {
        "plan": 'include = [\n  "none.toml",\n  "bad.toml",\n  "latin.toml",\n  "~/x.toml",\n  "loop.toml",\n]\n',
        "bad": "[sync]\nstart_slot = \n",
        "loop": 'include = ["sub/back.toml"]\n',
        "sub__back": 'include = ["../loop.toml"]\n',
    }
    assert complaints_of(tmp_path, **texts) == [
        (codes.INCLUDE_UNREADABLE, "plan.toml", 2, 3),
        (codes.INCLUDE_SYNTAX, "plan.toml", 3, 3),
        (codes.INCLUDE_UNREADABLE, "plan.toml", 4, 3),
        (codes.BAD_FORM, "plan.toml", 5, 3),
        (codes.INCLUDE_CYCLE, "sub/back.toml", 1, 12),
    ]
    told = {one.code: one for one in wrong(tmp_path, **texts)}
    assert "bad.toml:2:14" in told[codes.INCLUDE_SYNTAX].suggestion
    assert "loop.toml -> back.toml -> loop.toml" in told[codes.INCLUDE_CYCLE].what


def test_a_file_that_includes_itself_or_a_long_chain_ends(tmp_path: Path) -> None:
    assert complaints_of(tmp_path, plan=f'include = ["./plan.toml"]\n{ON}') == [(codes.INCLUDE_CYCLE, "plan.toml", 1, 12)]
    chain = {f"c{at}": f'include = ["c{at + 1}.toml"]\n' for at in range(40)}
    assert [code for code, *_ in complaints_of(tmp_path, **chain)] == [codes.INCLUDE_CYCLE]


def test_one_file_by_many_ways_is_no_cycle_and_read_once(tmp_path: Path) -> None:
    """Two ways at each of 25 steps: 33 million if each were walked."""
    texts = {f"c{at}": f'include = ["c{at + 1}.toml", "./c{at + 1}.toml"]\n' for at in range(25)}
    assert plan_of(tmp_path, **texts, c25=ON).processors.blocks


@pytest.mark.parametrize(
    ("text", "code", "col"),
    [
        ('include = "base.toml"', codes.WRONG_TYPE, 11),
        ("include = []", codes.EMPTY, 11),
        ('include = ["base.toml", 3]', codes.WRONG_TYPE, 25),
        ('include = ["base.toml", "base.toml"]', codes.REPEATED, 25),
        ('include = [""]', codes.BAD_FORM, 12),
    ],
)
def test_a_wrong_include_is_a_slip_in_the_plan_and_in_what_it_includes(tmp_path: Path, text: str, code: str, col: int) -> None:
    assert complaints_of(tmp_path, plan=f"{text}\n{ON}", base="") == [(code, "plan.toml", 1, col)]
    outer = f'include = ["mid.toml"]\n{ON}'
    assert complaints_of(tmp_path, plan=outer, mid=f"{text}\n", base="") == [(code, "mid.toml", 1, col)]


def test_include_inside_a_table_says_where_it_belongs(tmp_path: Path) -> None:
    (found,) = wrong(tmp_path, plan=f'[plan]\ninclude = ["base.toml"]\n{ON}', base="")
    assert (found.code, found.suggestion) == (codes.UNKNOWN_KEY, "include belongs above the first [table]")


def test_a_plan_that_only_includes_is_a_plan(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, plan='include = ["base.toml"]\n', base=ON)
    assert plan.processors.blocks
    assert [code for code, *_ in complaints_of(tmp_path, plan='include = ["base.toml"]\n', base="")] == [codes.NOTHING_TO_DO]
