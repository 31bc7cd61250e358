"""Documents that an auditor hands in, each verified, and what is to be said of each by itself.

Which key signed a batch does not stand on the chain: only a document says it. So here it comes out whether the key that
made a certificate counted in the block in which that was anchored.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from chain.certificate import Certificate
from chain.code import Code
from chain.copy import LimitedCopy
from verifier.audit.finding import Finding, Grade
from verifier.check import form, verification
from verifier.check.form import Claimed
from verifier.check.moments import time_of
from verifier.check.report import Outcome, Verdict
from verifier.uploads import reading
from verifier.wording import message

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from chain.certificate_type import CertificateType
    from verifier.audit.finding import Argument
    from verifier.check.knowledge import Snapshot
    from verifier.check.moments import Moment
    from verifier.check.presented import Presented
    from verifier.check.report import Report
    from verifier.wording import Message

NEVER = frozenset({Verdict.ALTERED, Verdict.ISSUER_NOT_AUTHORISED, Verdict.NOT_FOUND})
"""What no genuine certificate's document comes to."""
_KEYS = {
    "signature.key_not_listed": "paper_key_not_listed",
    "anchoring.key_listed_later": "paper_key_listed_later",
    "anchoring.key_out_of_date": "paper_key_out_of_date",
    "anchoring.key_cut_off": "paper_key_cut_off",
}
"""What the procedure says of a key that does not count, and what a finding says of it."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A document as it was handed in, verified."""

    name: str
    """What it was called by who handed it in."""
    report: Report
    claimed: Claimed | None
    """What it says of itself; None if it cannot be read, or is no more than a short number."""

    @property
    def leaf(self) -> bytes | None:
        """The certificate's."""
        return None if self.claimed is None else self.claimed.leaf

    @property
    def withholds_citations(self) -> bool:
        """Whether it may cite what it does not show."""
        claimed = self.claimed
        return claimed is not None and any(claim.cites and self.withholds(claim.key) for claim in claimed.type.claims)

    def withholds(self, key: str) -> bool:
        """Tell whether it may state a claim that it does not show; one that is stated as null states nothing.

        A claim that need not be shown is never stated as null. It may be there where more is withheld than the claims
        that every certificate of the type has.
        """
        if self.claimed is None or key in self.claimed.claims:
            return False
        match self.claimed.source:
            case Certificate() as source:
                return key not in source.absent and _may_withhold(source, self.claimed.type, key)
            case LimitedCopy() as source:
                return key not in {self.claimed.type.claims[place].key for place, _ in source.claims or ()}
            case Code():
                # It holds facts alone.
                return True

    @property
    def is_known(self) -> bool:
        """Whether it could be told that its agency issued it."""
        return self.claimed is not None and self.report.is_genuine and self.report.verdict is not Verdict.CANNOT_CHECK


def read(
    name: str, upload: bytes, snapshot: Snapshot | None, moment: Moment, *, pdf_roots: Path | None = None
) -> Paper:
    """Read and verify one document; `pdf_roots` as in `reading.read_upload`."""
    return verified(name, reading.read_upload(upload, pdf_roots=pdf_roots), snapshot, moment)


def verified(name: str, presented: Presented, snapshot: Snapshot | None, moment: Moment) -> Paper:
    """Verify one document that was read."""
    if presented.short_number is not None:
        # It says nothing that could be followed, and trying many of them out is not for this place.
        presented = replace(presented, short_number=None, fault=message("read.kind"))
    formed = form.check(presented)
    report = verification.verify(presented, snapshot, moment, name=name, formed=formed)
    return Paper(name, report, formed[1] if isinstance(formed[1], Claimed) else None)


def counted(given: Iterable[Paper]) -> Mapping[bytes | None, Paper]:
    """Return which document counts of each certificate: one that its agency issued, then the one that shows most.

    So it is the same whatever the order of files. Of those that are as good, the first one counts.
    """
    best: dict[bytes | None, Paper] = {}
    for paper in given:
        if paper.claimed is None:
            continue
        before = best.setdefault(paper.leaf, paper)
        if _worth(paper) > _worth(before):
            best[paper.leaf] = paper
    return best


def _worth(paper: Paper) -> tuple[bool, int]:
    return paper.is_known, 0 if paper.claimed is None else len(paper.claimed.claims)


def findings(paper: Paper, known: Collection[bytes], *, is_counted: bool) -> Iterator[Finding]:
    """Yield what is to be said of a document by itself.

    `known` are the leaves of those handed in before it; `is_counted` tells whether it is the one of its certificate
    that counts: what the others withhold matters to nobody.
    """
    verdict = paper.report.verdict
    arguments: dict[str, Argument] = {"name": paper.name, "verdict": verdict.value}
    agency = None if paper.claimed is None else paper.claimed.agency
    if verdict in NEVER:
        code, more = _key_fault(paper.report) or ("paper_not_genuine", {})
        yield Finding(Grade.ALARM, code, agency=agency, leaf=paper.leaf, arguments={**arguments, **more})
        return
    if not paper.is_known:
        yield Finding(Grade.REMARK, "paper_unchecked", agency=agency, leaf=paper.leaf, arguments=arguments)
        return
    if paper.leaf in known:
        yield Finding(Grade.REMARK, "paper_twice", agency=agency, leaf=paper.leaf, arguments=arguments)
    if is_counted and paper.withholds_citations:
        yield Finding(Grade.REMARK, "citations_withheld", agency=agency, leaf=paper.leaf, arguments=arguments)


def _may_withhold(source: Certificate, known: CertificateType, key: str) -> bool:
    """Tell whether a claim that is neither shown nor stated to be absent may be among those that are withheld."""
    if known.claim(key).required:
        return True
    hidden = (each for each in known.claims if each.key not in source.claims and each.key not in source.absent)
    return source.withheld > sum(each.required for each in hidden)


def _key_fault(report: Report) -> tuple[str, dict[str, Argument]] | None:
    """Say why the key that made a certificate does not count where it was anchored; None if that is not what failed."""
    failed = next((check for check in report.checks if check.outcome is Outcome.FAILED and check.reasons), None)
    return None if failed is None else of_key(failed.message)


def of_key(fault: Message) -> tuple[str, dict[str, Argument]] | None:
    """Return the code and arguments of a finding about a key that the procedure faults; None if it faults no key."""
    code = _KEYS.get(fault.key)
    return None if code is None else (code, {name: _plain(value) for name, value in fault.arguments.items()})


def _plain(value: object) -> Argument:
    if isinstance(value, datetime):
        return f"{time_of(int(value.timestamp())):%Y-%m-%d %H:%M:%S}"
    return value if isinstance(value, int) else str(value)
