"""What the four services are asked and answer, in the words of GB/T 36903's metadata.

Members that name a certificate's metadata have that standard's English names, as other e-certificate stores have them;
a certificate's own claims stand beside them under the keys of its type.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from chain import code
from chain.calendar import time_of_hour
from chain.identifiers import parse_credit_code
from issuer.client.admission import LONGEST_CAUSE
from issuer.client.services import Asked, FileKind
from issuer.routes.strict import Strict

if TYPE_CHECKING:
    from datetime import date

    from issuer.client.services import Compared, Found, Standing

_WITHHELD = {
    "number": "certificateNumber",
    "identifier": "certificateIdentifier",
    "holder_name": "certificateHolderName",
    "holder_code": "certificateHolderCode",
    "issued": "certificateIssuedDate",
    "first_day": "certificateEffectiveDate",
    "last_day": "certificateExpiringDate",
}
_CAUSE = "Why this is asked (事由): 1 to 200 characters, kept encrypted with the use."
_NUMBER = "SC-2026-000123"


class Wanted(Strict):
    """Which certificate: by `id`, by `certificateIdentifier`, or by type and number."""

    use_cause: str = Field(
        alias="useCause", min_length=1, max_length=LONGEST_CAUSE, description=_CAUSE, examples=["企业变更登记核验"]
    )
    id: str = Field("", max_length=64, description="As another service gave it.")
    certificate_identifier: str = Field(
        "", alias="certificateIdentifier", max_length=200, description="The national identifier (电子证照标识)."
    )
    certificate_type_code: str = Field(
        "",
        alias="certificateTypeCode",
        max_length=64,
        description="The national type code, or the type's identifier as `GET /api/v1/types` lists it.",
        examples=["food-operation-permit"],
    )
    certificate_number: str = Field("", alias="certificateNumber", max_length=128, examples=[_NUMBER])

    def asked(self) -> Asked:
        """Return which certificate is meant."""
        return Asked(self.id, self.certificate_identifier, self.certificate_type_code, self.certificate_number)


class SearchWanted(Wanted):
    """Which certificates: one as above, or a holder's of one type."""

    certificate_holder_code: str = Field(
        "",
        alias="certificateHolderCode",
        max_length=128,
        description="Credit code or resident number; the name where a type has no holder's code.",
        examples=["91150102MA0XXXX156"],
    )
    certificate_holder_type: str = Field(
        "",
        alias="certificateHolderType",
        max_length=3,
        description="Kind of that code (GB/T 36903, annex A): 001 credit code, 111 resident number.",
        examples=["001"],
    )


class FileWanted(Wanted):
    """Which file of which certificate."""

    file_type: Literal["pdf", "sd-jwt", "code", "proof"] = Field("pdf", alias="fileType")

    @property
    def kind(self) -> FileKind:
        """The file's kind."""
        return FileKind(self.file_type)


class VerifyWanted(Wanted):
    """Which claims to compare with which certificate's."""

    claims: dict[str, str | int | bool | list[str] | None] = Field(
        description="By the type's keys; only these are compared.",
        min_length=1,
        max_length=64,
        examples=[{"credit_code": "91150102MA0XXXX156"}],
    )


class StatusView(Strict):
    """One thing that the registry holds of a certificate."""

    status: str
    names: dict[str, str]
    """As the certificate's type words it."""
    begins: str | None = Field(alias="from")
    until: str | None
    """Exclusive; none where it lasts until lifted, or for ever."""
    in_force: bool = Field(alias="inForce")


class RegistryView(Strict):
    """What the registry holds now. Nothing held does not make a certificate valid: dates and seals decide, too."""

    statuses: list[StatusView]
    """Gravest first; empty where nothing was ever set, or all was lifted."""
    block: int
    checked_at: str = Field(alias="checkedAt")
    verifier: str
    """Where anybody gets an answer that does not rest on this service."""


class CertificateView(Strict):
    """A certificate, in the standard's words. Members that the client is not shown are null."""

    id: str
    certificate_identifier: str | None = Field(alias="certificateIdentifier")
    certificate_name: str = Field(alias="certificateName")
    certificate_type_code: str = Field(alias="certificateTypeCode")
    certificate_type: str = Field(alias="certificateType")
    """The type's identifier here."""
    certificate_number: str | None = Field(alias="certificateNumber")
    certificate_version: str = Field(alias="certificateVersion")
    certificate_issuing_authority_name: str = Field(alias="certificateIssuingAuthorityName")
    certificate_issuing_authority_code: str = Field(alias="certificateIssuingAuthorityCode")
    certificate_issued_date: str | None = Field(alias="certificateIssuedDate")
    certificate_effective_date: str | None = Field(alias="certificateEffectiveDate")
    certificate_expiring_date: str | None = Field(alias="certificateExpiringDate")
    """None where it is open-ended, too."""
    certificate_holder_name: str | None = Field(alias="certificateHolderName")
    certificate_holder_code: str | None = Field(alias="certificateHolderCode")
    certificate_holder_type: str = Field(alias="certificateHolderType")
    certificate_area_code: str = Field(alias="certificateAreaCode")
    short_number: str = Field(alias="shortNumber")
    withheld: list[str]
    """Which members are null because the client is not shown them."""


class InfoView(CertificateView):
    """A certificate with its claims and what the registry holds of it."""

    claims: dict[str, str | int | bool | list[str] | None]
    registry: RegistryView


class SearchView(Strict):
    """What was found, newest first; at most 100."""

    certificates: list[CertificateView]


class VerifyView(Strict):
    """What came of comparing. It says what this issuer holds; whether a certificate counts, the verifier says."""

    held: bool
    """Whether this issuer has such a certificate."""
    matches: bool
    differing: list[str]
    """Keys of claims that are not as this issuer has them; never its own values."""
    what: str
    """For a file that is the same, to the byte: pdf, sd-jwt, code, proof, or certified file."""
    registry: RegistryView | None


def certificate_view(found: Found) -> CertificateView:
    """Return a certificate in the standard's words."""
    return CertificateView.model_validate(_members(found))


def info_view(found: Found, standing: Standing, host: str) -> InfoView:
    """Return a certificate with its claims and its standing."""
    claims = {key: _plain(value) for key, value in found.claims.items()}
    registry = registry_view(found, standing, host)
    return InfoView.model_validate({**_members(found), "claims": claims, "registry": registry})


def verify_view(compared: Compared, host: str) -> VerifyView:
    """Return what came of comparing."""
    registry = None
    if compared.standing is not None and compared.certificate_type is not None:
        registry = registry_view(compared, compared.standing, host)
    return VerifyView(
        held=compared.held,
        matches=compared.matches,
        differing=list(compared.differing),
        what=compared.what,
        registry=registry,
    )


def registry_view(found: Found | Compared, standing: Standing, host: str) -> RegistryView:
    """Return what the registry holds, in the words of the certificate's type."""
    words = {} if found.certificate_type is None else found.certificate_type.status_words
    statuses = [
        StatusView(
            status=held.track.name,
            names=dict(words.get(held.track, {})),
            begins=_hour(held.from_hour),
            until=_hour(held.until_hour),
            in_force=counts,
        )
        for held, counts in zip(standing.held, standing.in_force, strict=True)
    ]
    checked_at = standing.checked_at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    verifier = f"{code.origin(host)}/"
    return RegistryView(statuses=statuses, block=standing.block, checked_at=checked_at, verifier=verifier)


def _members(found: Found) -> dict[str, str | list[str] | None]:
    kind, agency = found.certificate_type, found.agency
    return {
        "id": found.row_id,
        "certificate_identifier": found.identifier,
        "certificate_name": kind.names["zh-CN"],
        "certificate_type_code": kind.type_code,
        "certificate_type": kind.identifier,
        "certificate_number": found.number,
        "certificate_version": f"{found.version:03}",
        "certificate_issuing_authority_name": agency.name,
        "certificate_issuing_authority_code": agency.code,
        "certificate_issued_date": _day(found.issued),
        "certificate_effective_date": _day(found.first_day),
        "certificate_expiring_date": _day(found.last_day),
        "certificate_holder_name": found.holder_name,
        "certificate_holder_code": found.holder_code,
        "certificate_holder_type": kind.holder_code_type,
        "certificate_area_code": parse_credit_code(agency.code).division if agency.code else "",
        "short_number": found.short_number,
        "withheld": [member for name, member in _WITHHELD.items() if name in found.withheld],
    }


def _plain(value: object) -> str | int | bool | list[str] | None:
    match value:
        case None | str() | bool() | int():
            return value
        case list() | tuple():
            return [str(each) for each in value]
        case _:
            return str(value)


def _day(day: date | None) -> str | None:
    return None if day is None else str(day)


def _hour(hour: int) -> str | None:
    return time_of_hour(hour).isoformat() if hour else None
