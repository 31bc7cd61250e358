"""What is wrong with a field of an address or a form, in words of our own: the framework's are English alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from verifier.wording import message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from verifier.wording import Message

_SHOWN = 40
_KINDS = {
    "int": "number",
    "bool": "truth",
    "missing": "missing",
}
"""What was wanted, by how the framework's name of the fault begins."""


def told(fault: Mapping[str, Any]) -> Message:
    """Say one fault of those that the framework found: the field, what was got and what is wanted."""
    name, kind = ".".join(map(str, fault["loc"][1:])), str(fault["type"])
    got, about = str(fault.get("input"))[:_SHOWN], fault.get("ctx", {})
    match kind:
        case "enum" | "literal_error":
            wanted = str(about["expected"]).replace(" or ", ", ").replace("'", "")
            return message("audit.input.choice", name=name, got=got, wanted=wanted)
        case "string_too_long":
            return message("audit.input.long", name=name, got=len(str(fault["input"])), most=about["max_length"])
        case "greater_than_equal":
            return message("audit.input.least", name=name, got=got, least=about["ge"])
        case "less_than_equal":
            return message("audit.input.most", name=name, got=got, most=about["le"])
        case "less_than":
            return message("audit.input.most", name=name, got=got, most=about["lt"] - 1)
        case _:
            key = _KINDS.get(kind.partition("_")[0], "value")
            return message(f"audit.input.{key}", name=name, got=got)
