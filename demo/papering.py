"""Forged documents: pages that say other things, or more, than the certificate and the code that they carry.

The forger prints with the agency's own software, so that nothing looks wrong.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chain.claims import Kind
from demo import tampering
from demo.loot import Forgery
from demo.pdf_signing import Authority, sign, turned_afterwards

if TYPE_CHECKING:
    from chain.claims import Claim
    from demo.loot import Loot


_LOOK_ALIKE = "verify-gov.example"


def with_papers(loot: Loot) -> list[Forgery]:
    """Tamper with a document."""
    genuine, holder = loot.one, loot.one.certificate_type.holder_name_claim
    renamed = replace(genuine.document, claims={**genuine.document.claims, holder: "演示内蒙古冒名顶替有限公司"})
    two = tampering.changed(genuine.pdf, tampering.attached("second.sd-jwt", loot.other.sd_jwt.encode()))
    bare = tampering.changed(loot.renderer.render(renamed), tampering.stripped)
    return [
        *_with_more_words(loot),
        *_with_an_editor(loot),
        *_leading_elsewhere(loot),
        *_with_signatures(loot),
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
            bare,
        ),
        Forgery("two-attachments.pdf", "A genuine document with a second certificate attached.", "ALTERED", two),
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


def _with_an_editor(loot: Loot) -> list[Forgery]:
    """Leave the words of the text layer as they are, and change what is seen, run or attached."""
    genuine = loot.one
    in_disguise = b"\xef\xbb\xbf" + loot.other.sd_jwt.encode()
    sticker = f"https://{_LOOK_ALIKE}/licence?id=15010200012345"
    return [
        Forgery(name, story, expected, tampering.changed(genuine.pdf, change))
        for name, story, expected, change in (
            (
                "covered-by-a-link.pdf",
                "A link that looks like a box with other words lies over a line of a genuine document.",
                "ALTERED",
                tampering.covered_by_a_link,
            ),
            ("with-a-script.pdf", "A genuine document that runs a script.", "ALTERED", tampering.with_a_script),
            (
                "second-file-in-disguise.pdf",
                "A genuine document with a second certificate attached, as a text file.",
                "ALTERED",
                tampering.attached("readme.txt", in_disguise),
            ),
            (
                "sticker.pdf",
                "The QR code of a look-alike site beside the one of a genuine document.",
                "ALTERED",
                tampering.with_a_sticker(sticker),
            ),
            (
                "words-that-the-text-hides.pdf",
                "Words were drawn over a genuine document, and its text layer says a space in their place.",
                "INCOMPLETE",
                tampering.with_text_replaced,
            ),
            (
                "letters-that-say-nothing.pdf",
                "Words were drawn over a genuine document in its own letters, which its text layer reads as spaces.",
                "INCOMPLETE",
                tampering.with_letters_that_say_nothing,
            ),
        )
    ]


def _with_signatures(loot: Loot) -> list[Forgery]:
    """Sign the file of a genuine document, and change it afterwards or before."""
    anybody = Authority.called("Demo authority").signer("Demo signer")
    signed = sign(loot.one.pdf, anybody)
    at = signed.index(b"/Lang")
    covered = tampering.changed(loot.one.pdf, tampering.covered_by_a_link)
    return [
        Forgery(
            "signed-then-turned.pdf",
            "A genuine document that was signed (PAdES), and changed by an update behind the signature.",
            "ALTERED",
            turned_afterwards(signed),
        ),
        Forgery(
            "signed-then-changed.pdf",
            "A genuine document that was signed (PAdES), with a byte of what was signed changed.",
            "ALTERED",
            signed[:at] + b"/Lanh" + signed[at + 5 :],
        ),
        Forgery(
            "changed-then-signed.pdf",
            "A link that looks like other words lies over a genuine document, and a stranger signed the whole (PAdES).",
            "ALTERED",
            sign(covered, anybody),
        ),
    ]


def _leading_elsewhere(loot: Loot) -> list[Forgery]:
    """Print a genuine certificate again, with a code and words that lead telephones to a look-alike site."""
    genuine = loot.one
    url = f"https://{_LOOK_ALIKE}/v#{genuine.code_url.partition('#')[2]}"
    led = replace(genuine.document, host=_LOOK_ALIKE, code_url=url)
    return [
        Forgery(
            "leads-elsewhere.pdf",
            "A genuine certificate printed again, with a look-alike site in its code and its words.",
            "ALTERED",
            loot.renderer.render(led),
        ),
        Forgery(
            "leads-elsewhere.code.txt",
            "A genuine code behind the address of a look-alike site.",
            "INCOMPLETE",
            url.encode(),
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
            "scope-with-more-words-without-attachment.pdf",
            f"The same without the attachment: the code says nothing of the claim {scope.key}.",
            "INCOMPLETE",
            tampering.changed(printed(scope, "；证券承销；药品批发"), tampering.stripped),
        ),
        Forgery(
            "another-line.pdf",
            "A line that permits more was added to a genuine document, where no claim stands.",
            "ALTERED",
            loot.renderer.render(replace(genuine.document, agency=another_line)),
        ),
    ]
