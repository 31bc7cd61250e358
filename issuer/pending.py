"""A certificate that is fixed but not signed, computed again from what is stored: its leaf must come out the same.

And computed once more for another document key, from the same statement and the same salts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chain import base64url, disclosures, strict_json
from chain.code import Facts
from chain.errors import InvalidInput, Malformed
from chain.preparation import prepare
from issuer import fixing
from issuer.rehearsals import Finding, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chain.certificate_types import CertificateType, Validity
    from chain.preparation import Prepared, Statement
    from chain.registry import Identity
    from chain.strict_json import JSON
    from issuer.directory import Agency
    from issuer.office import Office
    from issuer.tables.models import Batch, Certificate
    from issuer.tables.store import Work

_SHOWN = 16


@dataclass(slots=True)
class Row:
    """One certificate of a batch."""

    position: int
    certificate: Certificate
    claims: Mapping[str, JSON]
    validity: Validity
    prepared: Prepared | None = None
    """For the other key; None where what is stored makes none."""
    findings: list[Finding] = field(default_factory=list)

    @property
    def leaf(self) -> bytes:
        """The leaf for the other key; a row that could not be made keeps its own, and so its place."""
        return self.certificate.leaf or b"" if self.prepared is None else self.prepared.leaf


@dataclass(frozen=True, slots=True)
class Maker:
    """Computes the certificates of one batch again, and for another key."""

    office: Office
    batch: Batch
    certificate_type: CertificateType
    agency: Agency
    identity: Identity
    other_kid: bytes

    def row(self, work: Work, certificate: Certificate) -> Row:
        """Compute one certificate; what is wrong with what is stored stands among the row's findings."""
        row = Row(
            position=certificate.position,
            certificate=certificate,
            claims=self.office.records.claims(work, certificate),
            validity=fixing.validity_of(certificate),
        )
        held, own_kid = self.office.records.prepared(work, certificate), self.batch.kid or b""
        if (kid := kid_of(held)) != own_kid:
            said = f"{kid.hex()[:_SHOWN]} ≠ {own_kid.hex()[:_SHOWN]}"
            row.findings.append(Finding(row.position, Kind.KEY, said={"": said}))
            return row
        try:
            again = prepare(self._statement(work, row, own_kid), entropy=salts_of(held))
            row.prepared = prepare(self._statement(work, row, self.other_kid), entropy=salts_of(held))
        except (InvalidInput, Malformed) as exc:
            row.findings.append(Finding(row.position, Kind.CLAIMS, said={"en": str(exc)}))
            return row
        if again != held or again.leaf != certificate.leaf:
            row.findings.append(Finding(row.position, Kind.CLAIMS))
        return row

    def _statement(self, work: Work, row: Row, kid: bytes) -> Statement:
        return fixing.statement_of(
            self.office,
            work,
            row.certificate,
            dict(row.claims),
            certificate_type=self.certificate_type,
            identity=self.identity,
            agency=self.agency,
            kid=kid,
            validity=row.validity,
        )


def salts_of(held: Prepared) -> Callable[[int], bytes]:
    """Return the randomness that a certificate was made with, as `prepare` asks for it.

    Raises `Malformed` if there is none to be found; what it returns raises `InvalidInput` if asked for more or less.
    """
    salts = Facts.decode(held.facts_bytes).salt + b"".join(map(_salt, held.disclosures))

    def entropy(count: int) -> bytes:
        if count != len(salts):
            raise InvalidInput(f"got {len(salts)} bytes of salts, wanted {count}: a claim was added or is missing")
        return salts

    return entropy


def kid_of(held: Prepared) -> bytes:
    """Return the kid that a certificate's header names; empty where there is none."""
    try:
        header = strict_json.parse(base64url.decode(held.signing_input.partition(b".")[0].decode("ascii")))
    except ValueError:
        return b""
    match header:
        case {"kid": str() as kid}:
            return base64url.decode(kid)
        case _:
            return b""


def _salt(text: str) -> bytes:
    disclosures.parse(text)
    match strict_json.parse(base64url.decode(text)):
        case [str() as salt, *_]:
            return base64url.decode(salt)
        case _:
            raise InvalidInput("got a disclosure without a salt")
