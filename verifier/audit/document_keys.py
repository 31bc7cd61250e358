"""What is wrong with documents handed in: the keys that made their certificates first, then what they show.

A batch on the chain does not say which key signed its certificates, so that of an agency with a good key beside a bad
one nothing can be told from the chain. A document names its key. All else comes from the history and the batches that
a package holds, as its checker does it again. What a document shows beside its certificate, the verifier compared
when it was handed in; no checker does that again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chain import certificate
from chain.errors import SignatureInvalid
from chain.events import KeyAdded, KeyCutOff
from chain.keys import PublicKey
from chain.steps import List
from verifier.audit import papers
from verifier.audit.finding import Finding, Grade
from verifier.audit.tabulating import batch_of
from verifier.check.anchoring import fault_of_key
from verifier.check.knowledge import NO_CUT_OFF, ListedKey
from verifier.check.report import Verdict
from verifier.wording import message

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chain.certificate import Certificate
    from chain.events import Record
    from chain.history import History
    from verifier.audit.completeness import Complete
    from verifier.audit.finding import Argument
    from verifier.audit.handed_in import HandedIn
    from verifier.wording import Message


def findings(complete: Complete, documents: Sequence[HandedIn]) -> tuple[Finding, ...]:
    """Return what is wrong with documents: with their signatures, and with what their verification found besides.

    Of one that was not verified and carries no certificate, nothing is said.
    """
    return tuple(_findings(complete, documents))


def _findings(complete: Complete, documents: Sequence[HandedIn]) -> Iterator[Finding]:
    for place, document in enumerate(documents, start=1):
        name = f"documents/{place:04}"
        signed = _of_signature(complete, document, name)
        if signed is not None:
            yield signed
        elif document.paper is not None:
            yield from papers.findings(replace(document.paper, name=name), (), is_counted=False)


def _of_signature(complete: Complete, document: HandedIn, name: str) -> Finding | None:
    # What has a leaf was read as a certificate before.
    if document.certificate is None or document.leaf is None:
        return None
    source = certificate.parse(document.certificate)
    fault = _fault(complete, source, document.leaf)
    if fault is None:
        return None
    code, more = fault
    named: dict[str, Argument] = {"name": name, "verdict": Verdict.ALTERED.value}
    return Finding(Grade.ALARM, code, agency=source.credential.agency, leaf=document.leaf, arguments=named | more)


def _fault(complete: Complete, source: Certificate, leaf: bytes) -> tuple[str, dict[str, Argument]] | None:
    """Say why a certificate's signature does not count for its batch; None if it does."""
    agency = source.credential.agency
    anchored = [
        record
        for record in complete.batches
        if batch_of(record).agency == agency and leaf in complete.leaves[agency, batch_of(record).root]
    ]
    key = _listed(complete.history, agency, source.kid)
    if key is None:
        return papers.of_key(message("signature.key_not_listed", agency=agency, kid=source.kid[:8].hex()))
    try:
        certificate.verify(source, key.public_key)
    except SignatureInvalid:
        return "paper_not_genuine", {}
    if not anchored:
        # A batch of another agency holds a copy of the leaf; this one never anchored it.
        return "paper_not_genuine", {"verdict": Verdict.NOT_FOUND.value}
    faults = [_fault_at(key, record) for record in anchored]
    first = faults[0]
    return papers.of_key(first) if first is not None and all(faults) else None


def _fault_at(key: ListedKey, record: Record) -> Message | None:
    return fault_of_key(key, record.block_number, record.block_timestamp)


def _listed(history: History, agency: int, kid: bytes) -> ListedKey | None:
    """Return a key as the history leaves it: what was cut off later is void from then on, whenever that was said."""
    key = None
    for record in history.records(List.RIGHTS):
        match record.event:
            case KeyAdded() as added if (added.agency, added.kid) == (agency, kid):
                public = PublicKey(added.x, added.y)
                dates = added.valid_from, added.valid_until
                key = ListedKey(kid, public, record.block_number, *dates, NO_CUT_OFF)
            case KeyCutOff() as cut if (cut.agency, cut.kid) == (agency, kid) and key is not None:
                key = replace(key, cut_off_block=cut.cut_off_block)
    return key
