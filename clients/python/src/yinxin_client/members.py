"""Reads answers member by member; whatever is not as agreed raises `AnswerNotUnderstood`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from yinxin_client.errors import AnswerNotUnderstood

if TYPE_CHECKING:
    from enum import StrEnum

JSON: TypeAlias = "str | int | float | bool | Sequence[JSON] | Mapping[str, JSON] | None"
Kind = TypeVar("Kind", bound="StrEnum")
Value = TypeVar("Value")


def there(value: Value | None, name: str) -> Value:
    """Return what must be there; raises `AnswerNotUnderstood`."""
    if value is None:
        raise AnswerNotUnderstood(f"got an answer without {name}")
    return value


def known(text: str, name: str, kind: type[Kind]) -> Kind:
    """Return one of a closed set of words; raises `AnswerNotUnderstood` for any other."""
    try:
        return kind(text)
    except ValueError as exc:
        raise AnswerNotUnderstood(f"{name}: got {text!r}, which this version does not know") from exc


class Told:
    """An object of an answer, read member by member; each raises `AnswerNotUnderstood` for what is not as agreed."""

    def __init__(self, value: JSON) -> None:
        if not isinstance(value, Mapping):
            raise AnswerNotUnderstood(f"got {type(value).__name__}, wanted an object")
        self.members = value

    def text(self, name: str) -> str:
        """Return a text that must be there."""
        return there(self.maybe_text(name), name)

    def maybe_text(self, name: str) -> str | None:
        """Return a text, or None."""
        return self._of(name, str)

    def number(self, name: str) -> int:
        """Return a number that must be there."""
        return there(self.maybe_number(name), name)

    def maybe_number(self, name: str) -> int | None:
        """Return a number, or None."""
        return self._of(name, int)

    def truth(self, name: str) -> bool | None:
        """Return a truth, or None where it is not known."""
        return self._of(name, bool)

    def kind(self, name: str, kind: type[Kind]) -> Kind:
        """Return one of a closed set of words."""
        return known(self.text(name), name, kind)

    def day(self, name: str) -> date | None:
        """Return a day; None for an empty text, too."""
        text = self.maybe_text(name)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError as exc:
            raise AnswerNotUnderstood(f"{name}: got {text!r}, wanted a day") from exc

    def time(self, name: str) -> datetime | None:
        """Return a time; None for an empty text, too."""
        text = self.maybe_text(name)
        try:
            return datetime.fromisoformat(text) if text else None
        except ValueError as exc:
            raise AnswerNotUnderstood(f"{name}: got {text!r}, wanted a time") from exc

    def part(self, name: str) -> Told | None:
        """Return an object, or None."""
        value = self.members.get(name)
        return None if value is None else Told(value)

    def parts(self, name: str) -> list[Told]:
        """Return a list of objects."""
        return [Told(each) for each in self._list(name)]

    def listed(self, name: str) -> tuple[str, ...]:
        """Return a list of texts."""
        return tuple(str(each) for each in self._list(name))

    def texts(self, name: str) -> Mapping[str, str]:
        """Return an object of texts."""
        part = self.part(name)
        return {} if part is None else {key: part.text(key) for key in part.members}

    def _list(self, name: str) -> Sequence[JSON]:
        value = self.members.get(name)
        if not isinstance(value, list):
            raise AnswerNotUnderstood(f"{name}: got {type(value).__name__}, wanted a list")
        return value

    def _of(self, name: str, kind: type[Value]) -> Value | None:
        value = self.members.get(name)
        if value is not None and not isinstance(value, kind):
            raise AnswerNotUnderstood(f"{name}: got {type(value).__name__}, wanted {kind.__name__}")
        return value
