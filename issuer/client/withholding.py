"""What a consuming system is not told of a certificate: whatever follows from claims that it is not shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain import certificate as sd_jwts
from issuer.draft.replacing import ISSUE_DATE
from issuer.errors import NotAllowed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chain.certificate_type import CertificateType
    from chain.strict_json import JSON
    from issuer.client.admission import Caller


def withheld(caller: Caller, kind: CertificateType, claims: Mapping[str, JSON]) -> frozenset[str]:
    """Return what would tell a client of claims that it is not shown, by the names that `services.Found` has."""

    def sees(claim: str | None) -> bool:
        return claim is None or caller.sees(kind.identifier, claim)

    rule = kind.validity_rule
    issued = ISSUE_DATE not in claims or sees(ISSUE_DATE)
    first = sees(rule.first) if rule.first else issued
    # Without a claim the last day follows from the first; that there is none at all is told by the claim, too.
    last = sees(rule.last) and (rule.years is None or rule.last in claims or first)
    told = {
        "number": sees(kind.number_claim),
        "identifier": sees(kind.number_claim),
        "holder_name": sees(kind.holder_name_claim),
        "holder_code": sees(kind.holder_code_claim),
        "issued": issued,
        "first_day": first,
        "last_day": last,
    }
    return frozenset(name for name, is_told in told.items() if not is_told)


def require_days(caller: Caller, kind: CertificateType, claims: Mapping[str, JSON]) -> None:
    """Refuse a client that is not shown on which days a certificate is valid; raises `NotAllowed`."""
    if withheld(caller, kind, claims) & {"first_day", "last_day"}:
        raise NotAllowed(
            f"client {caller.public_id} is not shown the days of «{kind.identifier}», which its sd-jwt says in clear; "
            "ask for info, which leaves them out"
        )


def cut(caller: Caller, kind: str, sd_jwt: str) -> str:
    """Return an SD-JWT of which only the claims are disclosed that a client is shown."""
    held = sd_jwts.parse(sd_jwt).claims
    return sd_jwts.present(sd_jwt, [key for key in held if caller.sees(kind, key)])
