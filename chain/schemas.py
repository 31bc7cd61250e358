"""JSON Schema (draft 2020-12) with faults in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # It comes without types.
from jsonschema.exceptions import SchemaError  # type: ignore[import-untyped]  # As above.
from referencing import Registry

from chain.text import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jsonschema.exceptions import ValidationError

    from chain.strict_json import JSON

_TYPES = {str: "text", bool: "true or false", int: "a number", float: "a number", type(None): "nothing"}
_WANTED = {
    "type": "a JSON {}",
    "maxLength": "at most {} characters",
    "minLength": "at least {} characters",
    "maxItems": "at most {} entries",
    "minItems": "at least {} entries",
    "uniqueItems": "each entry once",
    "pattern": "the form {}",
    "enum": "one of {}",
}


@dataclass(frozen=True, slots=True)
class Violation:
    """One place where a value is not as its schema wants it."""

    path: tuple[str, ...]
    """The members that lead to it; empty for the whole."""
    keyword: str
    """The schema's keyword that refused it."""
    got: str
    wanted: str


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema that stands alone: it refers to nothing, so nothing is ever fetched for it."""

    document: Mapping[str, JSON]
    _validator: Draft202012Validator = field(repr=False, compare=False)

    @classmethod
    def of(cls, document: Mapping[str, JSON]) -> Schema:
        """Make ready to check with a schema; raises ValueError where it is none, or refers to another."""
        try:
            Draft202012Validator.check_schema(document)
        except SchemaError as exc:
            raise ValueError(f"got a schema with {exc.message} at {exc.json_path}, wanted JSON Schema 2020-12") from exc
        if reference := next(_references(document), None):
            raise ValueError(f"got a schema with a {reference}, wanted one that stands alone")
        return cls(document, Draft202012Validator(document, registry=Registry()))

    def violations(self, value: object) -> Iterator[Violation]:
        """Yield every violation once, in no order."""
        found = {violation: None for error in self._validator.iter_errors(value) for violation in _in_words(error)}
        yield from found


def _references(document: JSON) -> Iterator[str]:
    """Find keywords that point to other schemas."""
    if isinstance(document, dict):
        yield from (key for key in document if key in {"$ref", "$dynamicRef"})
        for member in document.values():
            yield from _references(member)
    elif isinstance(document, list):
        for entry in document:
            yield from _references(entry)


def _in_words(error: ValidationError) -> Iterator[Violation]:
    """Say what the validator found as a person would."""
    path = tuple(map(str, error.absolute_path))
    value, limit = error.instance, error.validator_value
    match error.validator:
        case "required":
            missing = (key for key in limit if key not in value)
            yield from (Violation((*path, key), "required", "nothing", "a value") for key in missing)
        case "additionalProperties":
            strange = (str(key) for key in value if key not in error.schema.get("properties", {}))
            yield from (
                Violation((*path, key), "additionalProperties", quoted(key), "known members") for key in strange
            )
        case keyword:
            bound = str(limit) if isinstance(limit, int) or keyword == "type" else quoted(str(limit))
            yield Violation(path, keyword, _got(keyword, value), _WANTED.get(keyword, f"{keyword} {{}}").format(bound))


def _got(keyword: str, value: object) -> str:
    """Say of a value what matters to the keyword."""
    match value:
        case str() if keyword == "maxLength":
            return f"{len(value)} characters"
        case str() if value:
            return quoted(value)
        case str():
            return "an empty text"
        case list() if keyword != "type":
            return f"a list of {len(value)} entries"
        case _:
            return _TYPES.get(type(value), "a list or object")
