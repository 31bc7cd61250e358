"""Whether files that were handed in are the very ones that a certificate vouches for (`relatedResource`).

A file is compared by its SHA-256 alone; nobody looks into it. Codes and limited copies do not carry these digests, so
they can neither confirm nor deny a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain.certificate import Certificate
from verifier.check.report import CertifiedFile, Check, CheckName, Difference, Outcome, Verdict
from verifier.wording import message, words

if TYPE_CHECKING:
    from verifier.check.form import Claimed
    from verifier.check.presented import Presented


def check(presented: Presented, claimed: Claimed) -> Check | None:
    """Compare the files that were handed in with those that are certified; None if none were."""
    if not presented.files:
        return None
    if not isinstance(claimed.source, Certificate):
        said = message("document.file_not_told")
        return Check(CheckName.DOCUMENT, Outcome.UNKNOWN, said, (Verdict.INCOMPLETE,))
    certified = {each.digest for each in claimed.source.credential.related_resources}
    if not certified:
        said = message("document.file_none")
        return Check(CheckName.DOCUMENT, Outcome.FAILED, said, (Verdict.ALTERED,))
    signed = ", ".join(sorted(digest.hex() for digest in certified))
    if others := [each for each in presented.files if each.digest not in certified]:
        differences = tuple(Difference(words("document.file"), signed, each.digest.hex()) for each in others)
        said = message("document.file_other", names=", ".join(each.name for each in others))
        return Check(CheckName.DOCUMENT, Outcome.FAILED, said, (Verdict.ALTERED,), differences)
    missing = len(certified - {each.digest for each in presented.files})
    said = message("document.file_good_but", missing=missing) if missing else message("document.file_good")
    return Check(CheckName.DOCUMENT, Outcome.PASSED, said)


def joined(document: Check, files: Check | None) -> Check:
    """Return one check of what the pages show and of the files: what speaks against it decides, then what is open."""
    if files is None or document.outcome is Outcome.FAILED:
        return document
    if files.outcome is not Outcome.FAILED and document.outcome is Outcome.UNKNOWN:
        return document
    return files


def shown(presented: Presented, claimed: Claimed) -> tuple[CertifiedFile, ...]:
    """Tell which files a certificate vouches for, and which of them were handed in."""
    if not isinstance(claimed.source, Certificate):
        return ()
    given = {each.digest for each in presented.files}
    return tuple(
        CertifiedFile(each.digest, each.media_type, each.digest in given)
        for each in claimed.source.credential.related_resources
    )
