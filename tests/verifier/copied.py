"""Limited copies of certificates that a registry in memory has anchored, and their pages as the issuer prints them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from chain import certificate, copy
from chain.calendar import today
from chain.keys import signer
from chain.short_number import short_number
from issuer.document.documents import Agency, CopyPaper
from tests.verifier.book import KEY, NOW, TYPE, kid
from tests.verifier.printed import renderer

if TYPE_CHECKING:
    from collections.abc import Collection

    from cryptography.hazmat.primitives.asymmetric import ec

    from chain.certificate_types import CertificateType
    from chain.copy import LimitedCopy
    from tests.verifier.book import Paper

MADE = today(NOW)
TERMS = copy.Terms("办理银行授信业务", "中国演示银行呼和浩特分行", MADE, MADE + timedelta(days=30))
HOST = "verify.example.cn"


def limited(
    made: Paper,
    *,
    known: CertificateType = TYPE,
    chosen: Collection[str] = (),
    key: ec.EllipticCurvePrivateKey = KEY,
    terms: copy.Terms = TERMS,
    claims: copy.Claims | None = None,
    **changes: object,
) -> LimitedCopy:
    """Make a copy of a certificate that shows what its type always shows, and what was chosen."""
    parsed = certificate.parse(made.sd_jwt)
    always = {claim.key for claim in known.claims if claim.always} & parsed.claims.keys()
    keys = [claim.key for claim in known.claims]
    shown, opening = copy.excerpt(parsed.signing_input, parsed.disclosures, keys, always | set(chosen))
    content = copy.Content(
        agency=parsed.credential.agency,
        certificate_type=known.number,
        version=known.version,
        kid8=kid(key)[:8],
        leaf=parsed.leaf,
        validity=parsed.credential.validity,
        claims_digest=bytes(32),
        terms=terms,
        salt=bytes(range(16)),
    )
    return copy.make(
        replace(content, **changes),  # type: ignore[arg-type]  # Tests name the fields.
        shown if claims is None else claims,
        opening,
        registry_id=made.registry_id,
        sign=signer(key),
    )


def page(made: LimitedCopy, *, known: CertificateType = TYPE, **changes: object) -> bytes:
    """Print a copy; what is printed need not be what was signed."""
    keys = [claim.key for claim in known.claims]
    shown = {keys[place]: list(value) if isinstance(value, tuple) else value for place, value in made.claims or ()}
    values: dict[str, object] = {
        "certificate_type": known,
        "claims": {key: value for key, value in shown.items() if value is not None},
        "agency": Agency("演示市住房和城乡建设局", "11150100X00000027D", ("演示自治区住房和城乡建设厅",)),
        "validity": made.content.validity,
        "terms": made.content.terms,
        "host": HOST,
        "test": True,
        "cose": made.encode(),
        "code_url": copy.url(HOST, made.closed().encode()),
        "short_number": short_number(made.content.leaf),
    }
    return renderer().render_copy(CopyPaper(**(values | changes)))  # type: ignore[arg-type]  # Tests name the fields.
