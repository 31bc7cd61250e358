"""What is wrong with a request's own form, in our words: what was got, and what is wanted.

What came is told by its kind and size and never repeated: it may be about a person, and answers are kept in logs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

_WANTED = {
    "missing": "it to be there",
    "extra_forbidden": "no such member",
    "unknown_parameter": "{known}",
    "repeated_parameter": "it once",
    "string_type": "text",
    "string_pattern_mismatch": "text of the form {pattern}",
    "string_too_short": "at least {min_length} characters",
    "string_too_long": "at most {max_length} characters",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number of fewer digits",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "literal_error": "one of {expected}",
    "date_type": "a day such as 2026-01-31",
    "date_parsing": "a day such as 2026-01-31",
    "date_from_datetime_parsing": "a day such as 2026-01-31",
    "list_type": "a list",
    "too_long": "at most {max_length} entries",
    "too_short": "at least {min_length} entries",
    "dict_type": "an object with members",
    "model_type": "an object with members",
    "model_attributes_type": "an object with members",
    "none_required": "null",
}
_KINDS = frozenset({"str", "int", "bool", "list[str]"})
"""What the framework adds to the place of a value that may be of several kinds."""
_SIMPLE = ((type(None), "null"), (bool, "true or false"), ((int, float), "a number"), (dict, "an object"))
_MOST_SHOWN = 200
"""Characters of a member's name, which whoever sent it chose."""


def faults(errors: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return where each fault is, what is there, and what is wanted: one fault where one of several kinds would do."""
    found: dict[tuple[str, str], list[str]] = {}
    for each in errors:
        got = "nothing" if each["type"] == "missing" else _kind_of(each.get("input"))
        wanted = found.setdefault((_place(each["loc"]), got), [])
        if (said := _wanted(each)) not in wanted:
            wanted.append(said)
    return [{"where": where, "got": got, "wanted": ", or ".join(wanted)} for (where, got), wanted in found.items()]


def _place(loc: Sequence[str | int]) -> str:
    """Return where a fault is; of a value that may be of several kinds not which of them was tried."""
    parts = [str(each) for at, each in enumerate(loc) if at <= 2 or each not in _KINDS]  # noqa: PLR2004 — a claim
    return ".".join(parts)[:_MOST_SHOWN]


def _wanted(error: Mapping[str, Any]) -> str:
    form = _WANTED.get(error["type"])
    # Of a kind that nothing here leads to yet: the framework's own sentence is better than none.
    return str(error["msg"]) if form is None else form.format(**error.get("ctx", {}))


def _kind_of(value: object) -> str:
    match value:
        case str() | bytes():
            return f"text of {len(value)} characters"
        case list() | tuple():
            return f"a list of {len(value)}"
        case _:
            # A truth is a number to Python, so it comes first.
            return next((word for kind, word in _SIMPLE if isinstance(value, kind)), "a file")
