"""Every complaint at once: several mistakes in a plan, or a profile, give what each gives alone, all of it, in the file's order."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nectar.compiler.load import draft_document
from nectar.config.document.load import load_text
from nectar.config.profile.load import parse_profile
from nectar.errors import Complaint, PlanError

PLAN = {
    "plan.name": '"all"',
    "plan.network": '"preview"',
    "plan.profile": '"p.toml"',
    "source.kind": '"immutable"',
    "source.path": '"chunks"',
    "sync.start": "{ epoch = 5 }",
    "sync.end": "{ epoch = 9 }",
    "sync.skip_existing": "true",
    "sync.on_decode_error": '"halt"',
    "processors.blocks": "{ every = true }",
    "processors.transactions": "{ tx_cbor = true }",
    "processors.multi_assets": "true",
    "processors.metadata": "{ labels = [721] }",
    "filters.address_filter": '["addr_test1.*", "stake_test1.*"]',
    "filters.min_transaction_value": "5",
    "filters.skip_tx_types": '["burn"]',
    "filters.pool_filter": f'["{"ab" * 28}"]',
    "filters.where": '"fee > 1 ada"',
    "filters.keep": '"tx"',
    "filters.rows.tx_out": '"value > 5 ada"',
    "filters.rows.ma_tx_out": '"quantity > 5"',
    "storage.indexes": '"deferred"',
    "performance.workers": "2",
    "performance.batch_blocks": "10",
    "views.name": '"rich"',
    "views.from": '"tx"',
    "views.where": '"fee > 1 ada"',
    "views.2.name": '"big"',
    "views.2.from": '"tx_out"',
    "views.2.where": '"value > 7 ada"',
    "tests.name": '"t"',
    "tests.slots": "[5, 9]",
    "tests.rows": "{ tx = 1 }",
}

# key -> what is wrong with it, each for a reason of its own
MISTAKES: dict[str, tuple[str, ...]] = {
    "plan.name": ('"*"', "2021-09-12"),
    "plan.network": ('"nowhere"', "5", '"./no/such/folder"'),
    "plan.profile": ("nan", '"~/x"'),
    "source.kind": ('"imutable"',),
    "source.path": ("inf", '"~"'),
    "sync.start": ("{ date = 21:44:51 }", "[]", '{ date = "2021-02-30" }'),
    "sync.end": ("{ epoch = 2 }", "{ epoch = -1 }", '{ checkpoint = "x" }'),
    "sync.skip_existing": ('"true"',),
    "sync.on_decode_error": ('"hold"',),
    "processors.blocks": ("3", "{ evry = true }"),
    "processors.transactions": ('{ resolve_inputs = "late" }', '"yes"'),
    "processors.multi_assets": ('"true"',),
    "processors.metadata": ("{ labels = [-1] }", "{ labels = [721, 721] }"),
    "filters.address_filter": ('["addr1qqq", "stake_test1.*"]', "5", '["add.*", "bad*"]'),
    "filters.min_transaction_value": ("-5", '"5"'),
    "filters.skip_tx_types": ('["bun"]', "[]"),
    "filters.pool_filter": ('["pool1abc..."]', "{}"),
    "filters.where": (
        '"fee > "',
        '"fe > 1 ada and hash == 0x00"',
        '"fee > 1 ada and fee < 0 ada"',
        "2021-09-12",
        '"block.epoch == 3"',
        '"fee in @file(\\"none.txt\\")"',
    ),
    "filters.keep": ('"all"',),
    "filters.rows.tx_out": ('"valu > 5 ada"', '"value >"', "[]"),
    "filters.rows.ma_tx_out": ('"quantity == ada"',),
    "storage.indexes": ('"some"',),
    "performance.workers": ("5000",),
    "performance.batch_blocks": ("1.5",),
    "views.name": ('"tx"', '"Rich"'),
    "views.from": ('"txx"',),
    "views.where": ('"fee >"', '"fee > (1 ada"'),
    "views.2.name": ('"sqlite_x"', "5"),
    "views.2.from": ("5",),
    "views.2.where": ('"value >"',),
    "tests.name": ("5",),
    "tests.slots": ("[9, 5]", "[1]"),
    "tests.rows": ("{}", "{ tix = 1 }", "{ tx = -1 }"),
}

# of a mistake in the first, the one in the second says nothing more: it cannot be known what was meant
HANGS_ON = (
    ("plan.network", "filters.address_filter"),
    ("plan.network", "filters.where"),
    ("plan.network", "sync.end"),
    ("plan.network", "sync.start"),
    ("sync.start", "sync.end"),
    ("sync.start", "filters.where"),
    ("sync.end", "filters.where"),
    ("source.kind", "source.path"),
    ("processors.", "tests.rows"),
    ("processors.", "views.from"),
)


def text_of(changes: dict[str, str]) -> str:
    """Each key on a line of its own, always the same one."""
    lines, table = [], ""
    for key, value in {**PLAN, **changes}.items():
        parts = key.split(".")
        head = ".".join(parts[:-1])
        if head != table:
            table = head
            array = parts[0] in ("views", "tests")
            lines.append(f"[[{parts[0]}]]" if array else f"[{head}]")
        lines.append(f"{parts[-1]} = {value}")
    return "\n".join(lines) + "\n"


def wrong_with(text: str) -> list[Complaint]:
    try:
        draft_document(load_text(text, "plan.toml", shown=True), Path("plan.toml")).compiled()
    except PlanError as error:
        return list(error.complaints)
    return []


def depends(one: str, other: str) -> bool:
    return any(one.startswith(first) and other.startswith(second) for first, second in HANGS_ON)


def test_without_a_mistake_nothing_is_wrong() -> None:
    assert wrong_with(text_of({})) == []


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in MISTAKES.items() for value in values])
def test_each_mistake_is_told_alone(key: str, value: str) -> None:
    assert wrong_with(text_of({key: value}))


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_several_give_what_each_gives_alone(data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(sorted(MISTAKES)), min_size=2, max_size=8, unique=True))
    chosen = [key for key in chosen if not any(depends(other, key) for other in chosen if other != key)]
    mistakes = {key: data.draw(st.sampled_from(MISTAKES[key])) for key in chosen}
    alone = {complaint for key, value in mistakes.items() for complaint in wrong_with(text_of({key: value}))}
    together = wrong_with(text_of(mistakes))
    assert set(together) == alone
    assert [(one.line, one.col) for one in together] == sorted((one.line, one.col) for one in together)


PROFILE = {
    "connection_type": '"mysql"',
    "host": '"db.example.com"',
    "port": "4000",
    "user": '"u"',
    "database": '"n"',
    "ssl_mode": '"VERIFY_IDENTITY"',
    "pool.size": "4",
    "pool.recycle_seconds": "60",
    "retry.first_seconds": "1",
    "tunnel.host": '"jump"',
    "tunnel.user": '"u"',
    "limits.allowed_hosts": '["*.example.com", "jump"]',
    "limits.batch_rows": "100",
    "audit.table": "true",
}
PROFILE_MISTAKES: dict[str, tuple[str, ...]] = {
    "connection_type": ('"mysqll"', "5"),
    "host": ('"a b"', "nan"),
    "port": ("0", '"4000"'),
    "user": ("[]",),
    "database": ("5",),
    "ssl_mode": ('"VERIFY"',),
    "pool.size": ("0",),
    "pool.recycle_seconds": ('"60"', "inf"),
    "retry.first_seconds": ("-1",),
    "tunnel.host": ('"a b"', "2021-09-12"),
    "tunnel.user": ("5",),
    "limits.allowed_hosts": ('["*.example.com", "jump", "a b"]', '["*.example.com", "jump", 5, "10.0.0.1/8"]'),
    "limits.batch_rows": ("0",),
    "audit.table": ('"true"',),
}


def profile_of(changes: dict[str, str]) -> str:
    lines, table = ["[database]"], ""
    for key, value in {**PROFILE, **changes}.items():
        head, _, name = key.rpartition(".")
        if head != table:
            table = head
            lines.append(f"[{head}]")
        lines.append(f"{name} = {value}")
    return "\n".join(lines) + "\n"


def wrong_with_profile(text: str) -> list[Complaint]:
    try:
        parse_profile(text, Path("profile.toml"))
    except PlanError as error:
        return list(error.complaints)
    return []


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_several_in_a_profile(data: st.DataObject) -> None:
    assert wrong_with_profile(profile_of({})) == []
    chosen = data.draw(st.lists(st.sampled_from(sorted(PROFILE_MISTAKES)), min_size=1, max_size=6, unique=True))
    mistakes = {key: data.draw(st.sampled_from(PROFILE_MISTAKES[key])) for key in chosen}
    alone = {complaint for key, value in mistakes.items() for complaint in wrong_with_profile(profile_of({key: value}))}
    together = wrong_with_profile(profile_of(mistakes))
    assert set(together) == alone
    assert all(wrong_with_profile(profile_of({key: value})) for key, value in mistakes.items())
    assert [(one.line, one.col) for one in together] == sorted((one.line, one.col) for one in together)
