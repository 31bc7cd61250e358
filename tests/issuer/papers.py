"""Documents to test with: every shipped type, with its examples and with as much text as it lets in."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from hashlib import sha512
from typing import TYPE_CHECKING

import pypdfium2  # type: ignore[import-untyped]

from chain.certificate_types import Kind, Validity, shipped
from issuer.document.documents import Agency, Document, Renderer

if TYPE_CHECKING:
    from chain.certificate_types import CertificateType, Claim
    from chain.strict_json import JSON

TYPES = shipped()
ISSUED = date(2026, 1, 31)
SD_JWT = "eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl~ZGlzY2xvc3VyZQ~"
AGENCY = Agency(
    name="呼和浩特市新城区演示管理局",
    code="11150100X00000027D",
    above=("内蒙古自治区演示管理厅", "呼和浩特市演示管理局"),
)
LONG_AGENCY = Agency(
    name="内蒙古自治区锡林郭勒盟西乌珠穆沁旗农牧和科技事业发展综合行政执法与登记管理局（演示）",
    code="11150100X00000027D",
    above=(
        "内蒙古自治区演示管理厅",
        "锡林郭勒盟演示管理局",
        "西乌珠穆沁旗人民政府（演示）",
        "巴拉嘎尔高勒镇人民政府（演示）",
    ),
)
IDENTIFIER = "1.2.156.3005.2.11100000000013338W050.11150100X00000027D.2026000001.001.G"
LONGEST_URL_BYTES = 372
"""A code of the size that fills version 16 at level M behind a host of 30 characters (docs/protocol.md)."""

_SENTENCE = "乳制品生产、销售；食品经营（销售预包装食品）；粮食收购；道路货物运输；饲草种植与加工；"
_LONG_NAME = "内蒙古锡林郭勒盟西乌珠穆沁旗巴彦胡舒苏木阿拉坦乌拉嘎查演示畜牧业发展专业合作联合社"


@cache
def renderer() -> Renderer:
    """One warm renderer for all tests."""
    return Renderer()


def url(size: int = 300, host: str = "verify.example.gov.cn") -> str:
    """A URL like a code of `size` bytes makes: 17 digits for each 7 bytes, always the same."""
    digits = "".join(str(int.from_bytes(sha512(bytes([i])).digest())) for i in range(12))
    return f"https://{host}/v#{digits[: size * 17 // 7]}"


def examples(certificate_type: CertificateType) -> dict[str, JSON]:
    """The claims that the type's own examples make."""
    claims, faults = certificate_type.from_row({claim.key: claim.example for claim in certificate_type.columns})
    assert not faults
    return claims


def longest(certificate_type: CertificateType) -> dict[str, JSON]:
    """Every claim there may be, each text as long as it may be."""
    claims = examples(certificate_type)
    for claim in certificate_type.claims:
        if claim.kind is Kind.TEXT and not claim.assigned:
            claims[claim.key] = _long_text(claim, str(claims.get(claim.key, "")))
        elif claim.kind is Kind.LIST:
            claims[claim.key] = [f"{_LONG_NAME}{i}"[-claim.max_length :] for i in range(1, 9)]
        elif claim.kind is Kind.ENUM:
            claims[claim.key] = max(claim.choices, key=lambda choice: len(choice.labels["zh-CN"])).code
    return claims


def paper(certificate_type: CertificateType, claims: dict[str, JSON] | None = None, **changes: object) -> Document:
    """A document of that type; from its examples unless other claims are given."""
    claims = examples(certificate_type) if claims is None else claims
    members: dict[str, object] = {
        "certificate_type": certificate_type,
        "claims": claims,
        "agency": AGENCY,
        "number": str(claims[certificate_type.number_claim]),
        "validity": certificate_type.validity(claims, ISSUED) if claims else Validity(ISSUED, None),
        "issued": ISSUED,
        "host": "verify.example.gov.cn",
        "test": False,
        "identifier": IDENTIFIER,
        "sd_jwt": SD_JWT,
        "code_url": url(),
        "short_number": "7K3M-9QXT-0H2V-4C",
    }
    return Document(**(members | changes))  # type: ignore[arg-type]  # The tests name the members they change.


def text_of(pdf: bytes) -> str:
    """The text layer of all pages without any white space."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return squeezed("".join(page.get_textpage().get_text_bounded() for page in document))
    finally:
        document.close()


def squeezed(text: str) -> str:
    """Without white space: a layout may break lines anywhere."""
    return re.sub(r"\s", "", text)


def _long_text(claim: Claim, example: str) -> str:
    """As much text as the claim lets in; one with a pattern keeps to its example."""
    if claim.pattern is not None and example:
        return example
    filler = _LONG_NAME if claim.is_name else _SENTENCE
    return (filler * (claim.max_length // len(filler) + 1))[: claim.max_length]
