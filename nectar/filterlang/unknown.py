"""Tells whether a test can be unknown: neither surely true nor surely false."""

from __future__ import annotations

from collections.abc import Mapping

from nectar.filterlang import tree
from nectar.filterlang.scopes import BLOCK, COLLECTIONS, TX, Scope

SCOPES: Mapping[str, Scope] = {scope.name: scope for scope in (BLOCK, TX, *COLLECTIONS.values())}


def can_be_unknown(test: tree.Test, scopes: Mapping[str, Scope] = SCOPES) -> bool:
    if isinstance(test, tree.Null):
        return False
    own = any(ref.path or scopes[ref.scope].fields[ref.field].null for ref in _fields_of(test))
    return own or any(can_be_unknown(part, scopes) for part in _within(test))


def _fields_of(test: tree.Test) -> tuple[tree.Ref, ...]:
    """The fields that can make the test itself unknown. Sums and counts are known: they skip elements without a value."""
    if isinstance(test, tree.Compare):
        return tuple(term for term in (test.left, test.right) if isinstance(term, tree.Ref))
    return tree.refs_of(test)


def _within(test: tree.Test) -> tuple[tree.Test, ...]:
    return () if isinstance(test, tree.Compare) else tree.parts_of(test)
