"""A form made from a certificate type: one field for each claim that a clerk fills in.

What is typed is read as a table's row is, by the same rules; so a form, a spreadsheet and another system's request are
judged alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from chain.claims import Kind
from issuer.spreadsheet import fault_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chain.certificate_type import CertificateType
    from chain.claims import Claim
    from chain.errors import ClaimsInvalid, Fault
    from chain.strict_json import JSON
    from issuer.wording import Words

PREFIX = "claim-"
"""Before a claim's key in the name of its field, so that no claim is taken for another part of the form."""

_FEW = 4
"""So many choices are shown at once; more of them in a list."""
_LONG = 60
"""From so many characters on, a text gets several lines."""
_WIDTHS = ((4, "4"), (12, "10"), (24, "20"), (40, "30"))
"""Up to how many characters a field of which width holds."""


class Widget(StrEnum):
    """How a claim is filled in."""

    LINE = "line"
    LINES = "lines"
    DAY = "day"
    RADIOS = "radios"
    SELECT = "select"


@dataclass(frozen=True, slots=True)
class Field:
    """One claim in the form."""

    name: str
    claim: str
    label: str
    hint: str
    widget: Widget
    value: str
    """As it was typed, or as the draft has it."""
    fault: str
    """What is wrong with it, in the form's language; empty if nothing is, or nobody looked yet."""
    optional: bool
    options: tuple[tuple[str, str], ...]
    """Code and word of each choice."""
    rows: int
    """Lines that a field of several lines shows."""
    width: str
    spellcheck: bool


@dataclass(frozen=True, slots=True)
class Form:
    """All fields, and what was typed into them."""

    fields: tuple[Field, ...]
    claims: dict[str, JSON]
    """Good only if there are no faults."""
    faults: tuple[tuple[str, str], ...]
    """Field name and sentence of everything that is wrong, in the form's order."""

    @property
    def good(self) -> bool:
        """Whether the claims are as their type wants them."""
        return not self.faults

    def field(self, name: str) -> Field | None:
        """Return the field of a name."""
        return next((each for each in self.fields if each.name == name), None)


def blank(certificate_type: CertificateType, words: Words) -> Form:
    """Return an empty form."""
    return _form(certificate_type, {}, words, {}, ())


def filled(certificate_type: CertificateType, claims: Mapping[str, JSON], words: Words) -> Form:
    """Return a form with what a draft says; nothing of it is judged."""
    return _form(certificate_type, cells(certificate_type, claims), words, dict(claims), ())


def read(certificate_type: CertificateType, typed: Mapping[str, str], words: Words) -> Form:
    """Judge what was typed, by field name; what is missing is empty."""
    values = {claim.key: typed[PREFIX + claim.key] for claim in certificate_type.columns if PREFIX + claim.key in typed}
    claims, faults = certificate_type.from_row(values)
    return _form(certificate_type, values, words, claims, faults)


def refused(form: Form, certificate_type: CertificateType, error: ClaimsInvalid, words: Words) -> Form:
    """Return a form with what was found wrong with its claims later, such as a number that is given out."""
    values = {each.claim: each.value for each in form.fields}
    return _form(certificate_type, values, words, form.claims, error.faults)


def cells(certificate_type: CertificateType, claims: Mapping[str, JSON]) -> dict[str, str]:
    """Return claims as they are typed: lists one below the other."""
    return {
        claim.key: "\n".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        for claim in certificate_type.columns
        if (value := claims.get(claim.key)) is not None
    }


def sentence(fault: Fault, certificate_type: CertificateType, words: Words) -> str:
    """Say what is wrong with a claim."""
    labels = {claim.key: claim.labels[words.language] for claim in certificate_type.claims}
    label = labels.get(fault.claim, "")
    if fault.got == "nothing":
        return words.gettext("Fill in: %(label)s", label=label)
    got, wanted = (fault_words.translated(half, words.language) for half in (fault.got, fault.wanted))
    return words.gettext("%(label)s: wanted %(wanted)s; this is %(got)s", label=label, wanted=wanted, got=got)


def _form(
    certificate_type: CertificateType,
    values: Mapping[str, str],
    words: Words,
    claims: dict[str, JSON],
    faults: Sequence[Fault],
) -> Form:
    said: dict[str, str] = {}
    for fault in faults:
        # The first one is enough: the others often follow from it.
        said.setdefault(fault.claim, sentence(fault, certificate_type, words))
    fields = tuple(
        _field(claim, values.get(claim.key, ""), said.get(claim.key, ""), words) for claim in certificate_type.columns
    )
    names = {each.claim: each.name for each in fields}
    return Form(fields, claims, tuple((names.get(key, ""), text) for key, text in said.items()))


def _field(claim: Claim, value: str, fault: str, words: Words) -> Field:
    widget = _widget(claim)
    hint = claim.help[words.language]
    if claim.kind is Kind.LIST:
        hint = f"{hint} {words.gettext('Or one on each line.')}".strip()
    return Field(
        name=PREFIX + claim.key,
        claim=claim.key,
        label=claim.labels[words.language],
        hint=hint,
        widget=widget,
        value=value,
        fault=fault,
        optional=not claim.required or claim.derived is not None,
        options=tuple((choice.code, choice.labels[words.language]) for choice in claim.choices),
        rows=6 if claim.multiline else 3,
        width=next((width for most, width in _WIDTHS if claim.max_length <= most), ""),
        spellcheck=claim.kind is Kind.TEXT and not claim.is_name and claim.pattern is None,
    )


def _widget(claim: Claim) -> Widget:
    match claim.kind:
        case Kind.DATE:
            return Widget.DAY
        case Kind.ENUM:
            return Widget.RADIOS if len(claim.choices) <= _FEW and claim.required else Widget.SELECT
        case Kind.LIST:
            return Widget.LINES
    return Widget.LINES if claim.multiline or claim.max_length > _LONG else Widget.LINE
