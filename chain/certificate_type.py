"""What a certificate type is, and what it does with claims: check, read from a table, show, hide, date."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from chain import cells, checking, identifiers
from chain.claims import Claim, Words, plain
from chain.errors import ClaimsInvalid, Fault

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from chain.events import Track
    from chain.schemas import Schema
    from chain.strict_json import JSON
    from chain.validity import Validity, ValidityRule

LOCAL = "LOCAL"
"""How a type code begins that is no national one but keeps its place until the operator sets it."""

_HIDDEN = "***"


@dataclass(frozen=True, slots=True)
class RenewalRule:
    """What happens when a certificate is extended (延续)."""

    keeps_number: bool
    months_before: int
    """How many months before the last day the holder should apply."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How the document looks."""

    orientation: str
    """`portrait` or `landscape`."""
    accent: str
    """`#rrggbb`."""
    seal: str
    """Where at the foot the seal stands: `left`, `centre` or `right`."""
    columns: int
    """1 or 2."""
    large_title: bool
    photo: bool
    """Whether there is a place for the holder's photograph."""
    more: Mapping[str, JSON]
    """Whatever else a layout understands."""


@dataclass(frozen=True, slots=True)
class CertificateType:
    """One version of one type."""

    identifier: str
    """`business-licence`."""
    number: int
    """The registry's."""
    version: int
    credential_type: str
    """`BusinessLicence`, the credential's second W3C type."""
    type_code: str
    """GB/T 36904: the defining authority's credit code, then three digits; or a placeholder, `LOCAL…`."""
    names: Words
    claims: tuple[Claim, ...]
    """In the order in which they are read on a document."""
    number_claim: str
    """`number` in every type."""
    holder_name_claim: str
    holder_code_claim: str | None
    """None where a certificate may have several holders."""
    holder_code_type: str
    """GB/T 36903 annex A: 001 a credit code, 111 a resident number, 999 another."""
    schema: Schema
    """JSON Schema of the claims."""
    validity_rule: ValidityRule
    renewal: RenewalRule | None
    """None for a type that is altered, but never extended."""
    statuses: frozenset[Track]
    """Those that the law of this type knows; the registry takes the others, too, but nobody may record them."""
    status_words: Mapping[Track, Words]
    """For every track: what was recorded all the same must be told as well."""
    inspection_months: int | None
    """How long after the first day, and after each inspection (年检、复审), the next one is due."""
    layout: Layout
    digest: bytes
    """SHA-256 of the data file."""
    fact_claims: tuple[Claim, ...] = field(init=False, compare=False)
    """The claims that a code carries, in the order of `facts`."""

    def __post_init__(self) -> None:
        """Find what every verification asks for."""
        object.__setattr__(self, "fact_claims", tuple(claim for claim in self.claims if claim.fact))

    def __hash__(self) -> int:
        """Tell types apart by their files."""
        return hash(self.digest)

    @property
    def digest_sri(self) -> str:
        """The digest as W3C Subresource Integrity writes it."""
        return "sha256-" + b64encode(self.digest).decode()

    @property
    def columns(self) -> tuple[Claim, ...]:
        """The claims that clerks fill in."""
        return tuple(claim for claim in self.claims if not claim.assigned)

    @property
    def has_national_code(self) -> bool:
        """Whether national certificate identifiers can be made of it."""
        return not self.type_code.startswith(LOCAL)

    def with_type_code(self, type_code: str) -> CertificateType:
        """Return the type with the operator's type code; raises `IdentifierInvalid`."""
        identifiers.check_type_code(type_code)
        return replace(self, type_code=type_code)

    def claim(self, key: str) -> Claim:
        """Return the claim of that key; KeyError if the type has none."""
        for claim in self.claims:
            if claim.key == key:
                return claim
        raise KeyError(key)

    def validate(self, claims: Mapping[str, object]) -> dict[str, JSON]:
        """Return the claims as they are stored; raises `ClaimsInvalid` with every fault.

        Text is brought into Unicode normalisation form C, and claims that follow from others are filled in.
        """
        stored, faults = self._check(claims, ())
        if faults:
            raise ClaimsInvalid(faults)
        return stored

    def from_row(self, row: Mapping[str, str]) -> tuple[dict[str, JSON], tuple[Fault, ...]]:
        """Read a table's row, headed by claim keys or labels; the claims are good only if there are no faults.

        That the row has as many cells as the table has headers is the table reader's to check.
        """
        found, faults = cells.columns(self.claims, row)
        values: dict[str, JSON] = {}
        refused = []
        for header, claim in found.items():
            may_be_open = claim.key == self.validity_rule.last and not claim.required
            try:
                values[claim.key] = cells.read(claim, row[header], may_be_open=may_be_open)
            except cells.CellRefused as exc:
                refused.append(Fault(claim.key, exc.got, exc.wanted))
        stored, more = self._check(values, refused)
        return stored, (*faults, *more)

    def facts(self, claims: Mapping[str, JSON]) -> tuple[str | None, ...]:
        """Return what a code carries of the claims; None for one that is not there."""
        return tuple(claim.fact_text(claims[claim.key]) if claim.key in claims else None for claim in self.fact_claims)

    def validity(self, claims: Mapping[str, JSON], issued: date) -> Validity:
        """Return on which days a certificate with these claims, once validated, is valid."""
        return self.validity_rule.days(claims, issued)

    def masked(self, claims: Mapping[str, JSON]) -> dict[str, str]:
        """Return the claims in Chinese for a person who need not know all of them. Unknown claims are hidden."""
        known = {claim.key: claim for claim in self.claims}
        return {key: known[key].masked(value) if key in known else _HIDDEN for key, value in claims.items()}

    def display(self, key: str, value: JSON, language: str) -> str:
        """Say a claim's value to a person, in `zh-CN` or `en`; an unknown claim's as it is."""
        known = {claim.key: claim for claim in self.claims}
        return known[key].display(value, language) if key in known else plain(value)

    def _check(
        self, values: Mapping[str, object], refused: Sequence[Fault]
    ) -> tuple[dict[str, JSON], tuple[Fault, ...]]:
        return checking.check(
            values, claims=self.claims, schema=self.schema, validity=self.validity_rule, refused=refused
        )
