"""Files that the code writes are what the code would write now."""

from __future__ import annotations

from tests.conftest import ROOT


def test_the_table_reference_is_current() -> None:
    from nectar.compiler.table_reference import table_page

    page = (ROOT / "docs" / "tables.md").read_text()
    assert page == table_page(), "run: python -m nectar.compiler.table_reference > docs/tables.md"


def test_the_fields_of_the_filter_guide_are_current() -> None:
    from nectar.filterlang.reference import field_tables

    guide = (ROOT / "docs" / "filter-language.md").read_text()
    assert field_tables() in guide, "put what python -m nectar.filterlang.reference prints into docs/filter-language.md"
