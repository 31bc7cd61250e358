"""Claims against their type: every fault at once, each in its claim's place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain import text
from chain.claims import CHINESE, Claim, plain
from chain.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from chain.schemas import Schema, Violation
    from chain.strict_json import JSON
    from chain.validity import ValidityRule


def check(
    values: Mapping[str, object],
    *,
    claims: Sequence[Claim],
    schema: Schema,
    validity: ValidityRule,
    refused: Iterable[Fault] = (),
) -> tuple[dict[str, JSON], tuple[Fault, ...]]:
    """Return the values as they are stored, and every fault, in the claims' order.

    `refused` are faults found before (cells that cannot be read): nothing more is said about their claims.
    """
    known = {claim.key: claim for claim in claims}
    stored = _stored(values, claims)
    refusals = {fault.claim: [fault] for fault in refused}
    violations: dict[str, list[Fault]] = {}
    for violation in schema.violations(stored):
        fault = _in_words(violation, known, stored)
        violations.setdefault(fault.claim, []).append(fault)
    found = violations | refusals
    for claim in claims:
        if claim.key in stored and claim.key not in found:
            found[claim.key] = [*claim.faults(stored[claim.key]), *_derivation_faults(claim, stored)]
    found |= {fault.claim: [fault] for fault in validity.faults({k: v for k, v in stored.items() if not found.get(k)})}
    for claim in claims:
        # A claim that was not given, but follows from a faulty one, has no fault of its own.
        if claim.derived and claim.key not in values and found.get(claim.derived.claim):
            found.pop(claim.key, None)
    places = {key: place for place, key in enumerate(known)}
    order = sorted(found, key=lambda key: places.get(key, -1))
    return {key: stored[key] for key in known if key in stored}, tuple(fault for key in order for fault in found[key])


def _stored(values: Mapping[str, object], claims: Iterable[Claim]) -> dict[str, JSON]:
    """Bring text into the form in which it is stored, and fill in what follows from other claims."""
    stored = {key: _normalised(value) for key, value in values.items() if value is not None}
    for claim in claims:
        if claim.key not in stored and (derived := _derived(claim, stored)) is not None:
            stored[claim.key] = derived
    return stored


def _normalised(value: object) -> JSON:
    """Bring text into normalisation form C; anything but texts and lists of them is left for the schema to refuse."""
    if isinstance(value, str):
        return text.normalise(value)
    if isinstance(value, (list, tuple)):
        return [_normalised(entry) for entry in value]
    return value  # type: ignore[return-value]  # The schema refuses it next.


def _derived(claim: Claim, stored: Mapping[str, JSON]) -> str | None:
    """Return what the claim has to be, None if that is free, or follows from what the schema refuses: it is no text."""
    source = None if claim.derived is None else stored.get(claim.derived.claim)
    return claim.derived.prefix + source if claim.derived and isinstance(source, str) else None


def _derivation_faults(claim: Claim, stored: Mapping[str, JSON]) -> Iterator[Fault]:
    wanted = _derived(claim, stored)
    if wanted is not None and wanted != stored[claim.key]:
        yield Fault(
            claim.key, _quoted(claim, stored[claim.key]), f"{_quoted(claim, wanted)}, which follows from the rest"
        )


def _quoted(claim: Claim, value: JSON) -> str:
    """Show a value as far as the claim's mask lets it be shown."""
    return text.quoted(claim.masked(value) if claim.mask else plain(value))


def _in_words(violation: Violation, known: Mapping[str, Claim], stored: Mapping[str, JSON]) -> Fault:
    """Say a violation of the schema in the type's words."""
    key = violation.path[0] if violation.path else ""
    claim = known.get(key)
    got, wanted = violation.got, violation.wanted
    if claim is None:
        return Fault("", f"the claim {text.quoted(key)}", "claims of this type") if key else Fault("", got, wanted)
    match violation.keyword:
        case "enum":
            wanted = "one of " + ", ".join(f"{choice.code} ({choice.labels[CHINESE]})" for choice in claim.choices)
        case "pattern":
            got, wanted = _quoted(claim, stored[key]), f"one such as {claim.example}"
        case "required":
            wanted = f"a value such as {claim.example}"
    return Fault(key, got, wanted)
