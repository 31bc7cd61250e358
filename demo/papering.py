"""Forged documents: pages that say other things, or more, than the certificate and the code that they carry.

The forger prints with the agency's own software, so that nothing looks wrong.
"""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING

import pikepdf

from chain.claims import Kind
from demo.loot import Forgery

if TYPE_CHECKING:
    from chain.claims import Claim
    from demo.loot import Loot


def with_papers(loot: Loot) -> list[Forgery]:
    """Tamper with a document."""
    genuine, holder = loot.one, loot.one.certificate_type.holder_name_claim
    renamed = replace(genuine.document, claims={**genuine.document.claims, holder: "演示内蒙古冒名顶替有限公司"})
    with pikepdf.open(BytesIO(genuine.pdf)) as pdf:
        pdf.attachments["second.sd-jwt"] = pikepdf.AttachedFileSpec(
            pdf,
            loot.other.sd_jwt.encode(),
            filename="second.sd-jwt",
            description="",
            creation_date="",
            mod_date="",
            mime_type="application/vc+sd-jwt",
        )
        two = BytesIO()
        pdf.save(two, deterministic_id=True)
    with pikepdf.open(BytesIO(loot.renderer.render(renamed))) as pdf:
        for name in list(pdf.attachments):
            del pdf.attachments[name]
        bare = BytesIO()
        pdf.save(bare, deterministic_id=True)
    return [
        *_with_more_words(loot),
        Forgery(
            "altered-page.pdf",
            "A page with another holder, around a genuine code and a genuine attachment.",
            "ALTERED",
            loot.renderer.render(renamed),
        ),
        Forgery(
            "altered-page-without-attachment.pdf",
            "A page with another holder, around a genuine code.",
            "ALTERED",
            bare.getvalue(),
        ),
        Forgery(
            "two-attachments.pdf", "A genuine document with a second certificate attached.", "ALTERED", two.getvalue()
        ),
        Forgery(
            "preview.pdf",
            "A preview, whose code is no certificate's.",
            "UNSUPPORTED",
            loot.renderer.preview(genuine.document),
        ),
        Forgery(
            "no-code.txt", "Some text without a code.", "UNREADABLE", "这不是证照。This is no certificate.\n".encode()
        ),
    ]


def _with_more_words(loot: Loot) -> list[Forgery]:
    """Print more than was signed, with the agency's own software, around a genuine code and a genuine attachment."""
    genuine, kind = loot.one, loot.one.certificate_type
    shown = [claim for claim in kind.claims if not claim.assigned and genuine.document.claims.get(claim.key)]
    texts = [claim for claim in shown if claim.kind is Kind.TEXT and claim.key != kind.number_claim]
    # The longest text that a type lets in is its scope of business, or what comes nearest to one.
    scope = max((claim for claim in texts if not claim.is_name), key=lambda claim: claim.max_length)
    name = kind.claim(kind.holder_name_claim)

    def printed(claim: Claim, more: str) -> bytes:
        value = f"{kind.display(claim.key, genuine.document.claims[claim.key], 'zh-CN')}{more}"
        return loot.renderer.render(replace(genuine.document, claims={**genuine.document.claims, claim.key: value}))

    agency = genuine.document.agency
    another_line = replace(agency, above=(*agency.above, "另准予经营：证券承销"))
    return [
        Forgery(
            "name-with-more-words.pdf",
            "Words were added behind the holder's name, around a genuine code and a genuine attachment.",
            "ALTERED",
            printed(name, "控股集团"),
        ),
        Forgery(
            "scope-with-more-words.pdf",
            f"Words were added behind the claim {scope.key}, around a genuine code and a genuine attachment.",
            "ALTERED",
            printed(scope, "；证券承销；药品批发"),
        ),
        Forgery(
            "another-line.pdf",
            "A line that permits more was added to a genuine document, where no claim stands.",
            "ALTERED",
            loot.renderer.render(replace(genuine.document, agency=another_line)),
        ),
    ]
