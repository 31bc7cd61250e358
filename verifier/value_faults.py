"""What is wrong with a value that pydantic refuses: what was got and what is wanted, in words of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHOWN = 40
_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "finite": "a finite number",
    "bool": "true or false",
    "date": "a day such as 2026-01-31",
}
"""What was wanted, by how pydantic's name of the fault begins."""
_BOUNDS = {
    "greater_than": ("gt", "a number above {}"),
    "greater_than_equal": ("ge", "{} or more"),
    "less_than": ("lt", "a number below {}"),
    "less_than_equal": ("le", "{} or less"),
    "string_pattern_mismatch": ("pattern", "a text that matches {}"),
    "string_too_short": ("min_length", "{} characters or more"),
    "string_too_long": ("max_length", "{} characters or fewer"),
    "literal_error": ("expected", "{}"),
    "enum": ("expected", "{}"),
}
"""For those of its faults that know a bound: the bound's name, and what was wanted."""


def told(fault: Mapping[str, Any], *, name: str) -> str:
    """Say one of the faults that pydantic lists, about the value of this name."""
    kind = str(fault["type"])
    got = "nothing" if kind == "missing" else repr(str(fault["input"])[:_SHOWN])
    return f"{name}: got {got}, wanted {_wanted(kind, fault)}"


def _wanted(kind: str, fault: Mapping[str, Any]) -> str:
    if kind == "missing":
        return "a value"
    if kind in _BOUNDS:
        bound, said = _BOUNDS[kind]
        return said.format(fault["ctx"][bound])
    return _KINDS.get(kind.partition("_")[0]) or str(fault["msg"])
