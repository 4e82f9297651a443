"""A value that never prints."""

from __future__ import annotations

from typing import NoReturn

HIDDEN = "***"


class Secret:
    """Prints as ``***``, and cannot be pickled, hashed or iterated. Only `reveal` returns the value, where it is needed."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __str__(self) -> str:
        return HIDDEN

    __repr__ = __str__

    def __format__(self, _spec: str) -> str:
        return HIDDEN

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> NoReturn:
        raise TypeError("a secret is no key")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret stays in the process that asked for it")

    def __bool__(self) -> bool:
        return bool(self._value)
