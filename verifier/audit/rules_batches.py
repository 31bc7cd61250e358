"""Rules of anchoring: the leaves make the root, the numbers have no gap, and whoever issued might do so then."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from chain import merkle
from chain.events import Capability
from verifier.audit.rules import Where, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chain.events import BatchAnchored, KeyCutOff
    from verifier.audit.finding import Finding
    from verifier.audit.folded import Folded, Happened, Key
    from verifier.audit.sources import RawTransaction

ANCHORING = frozenset({"anchor", "replace"})
"""The functions that anchor a batch."""


def leaves(event: BatchAnchored, happened: Happened, sent: RawTransaction | None) -> Iterator[Finding]:
    """Hold a batch against the leaves in its transaction's calldata."""
    where = Where(happened.block, happened.log_index, event.agency)
    root, transaction = written(event.root), written(happened.transaction_hash)
    if sent is None or sent.hash != happened.transaction_hash:
        yield where.found("withheld_transaction", root=root, transaction=transaction)
    elif sent.call not in ANCHORING:
        called = sent.call or written(sent.input[:4])
        yield where.found("unknown_anchor", root=root, transaction=transaction, called=called)
    elif sent.leaves_told is not None and sent.leaves_told != event.size:
        yield where.found("withheld_leaf", root=root, shown=sent.leaves_told, size=event.size)
    elif sent.leaves is None:
        yield where.found("undecodable_calldata", root=root, transaction=transaction)
    elif (made := merkle.root(sent.leaves)) != event.root:
        yield where.found("forged_root", root=root, made=written(made))


def anchored(event: BatchAnchored, happened: Happened, was: Folded) -> Iterator[Finding]:
    """Hold a batch against all that was right just before it."""
    agency = event.agency
    where = Where(happened.block, happened.log_index, agency)
    root = written(event.root)
    entry = was.agencies.get(agency)
    if entry is None:
        yield where.found("unknown_agency", root=root)
        return
    if was.is_succeeded:
        yield where.found("successor_ignored", root=root)
    if (suspended := was.suspended(agency)) is not None:
        yield where.found("issued_while_suspended", root=root, suspended=suspended)
    if (agency, event.root) in was.roots:
        yield where.found("batch_repeated", root=root)
    yield from _numbered(event, entry.last_sequence, where)
    yield from _typed(event, was, where)
    yield from _approved(event, was, where)
    yield from _keyed(was.keys[agency], happened, where)


def cut_off(event: KeyCutOff, happened: Happened, was: Folded) -> Iterator[Finding]:
    """Say how many batches were anchored between a key's cut-off and its recording: what it signed of them is void."""
    blocks = was.anchored_at[event.agency]
    batches = len(blocks) - bisect_left(blocks, event.cut_off_block)
    if batches:
        yield Where(happened.block, happened.log_index, event.agency).found(
            "anchored_before_cut_off_was_known", kid=written(event.kid), cut_off=event.cut_off_block, batches=batches
        )


def _numbered(event: BatchAnchored, last: int, where: Where) -> Iterator[Finding]:
    if event.sequence > last + 1:
        yield where.found("sequence_gap", first=last + 1, last=event.sequence - 1)
    elif event.sequence <= last:
        yield where.found("sequence_repeated", sequence=event.sequence, last=last)


def _typed(event: BatchAnchored, was: Folded, where: Where) -> Iterator[Finding]:
    """The version is open, and the agency and all above it hold the type."""
    kind, version = event.certificate_type, event.version
    is_open = was.types.get((kind, version))
    if is_open is None:
        yield where.found("type_not_registered", certificate_type=kind, version=version)
    elif not is_open:
        yield where.found("type_retired", certificate_type=kind, version=version)
    if not was.held.get((event.agency, kind)):
        yield where.found("type_not_held", certificate_type=kind, version=version)
    for above, _ in was.chain_of(event.agency):
        if above != event.agency and not was.held.get((above, kind)):
            yield where.found("type_after_parent_lost", certificate_type=kind, version=version, above=above)
            break


def _approved(event: BatchAnchored, was: Folded, where: Where) -> Iterator[Finding]:
    yield from may(was, event.agency, event.preparer, Capability.PREPARE, where)
    for approver in event.approvers:
        yield from may(was, event.agency, approver, Capability.APPROVE, where)
    everybody = (event.preparer, *event.approvers)
    for officer in sorted({each for each in everybody if everybody.count(each) > 1}):
        yield where.found("officer_repeated", officer=written(officer))
    wanted = was.agencies[event.agency].approvals
    if len(event.approvers) < wanted:
        yield where.found("too_few_approvals", approvals=len(event.approvers), wanted=wanted)


def may(was: Folded, agency: int, officer: bytes, capability: Capability, where: Where) -> Iterator[Finding]:
    """An officer had a capability for an agency just before; else say whether it had been taken from them."""
    if capability in was.capabilities(agency, officer):
        return
    had = capability in was.former.get((agency, officer), Capability(0))
    yield where.found(
        "capability_after_removal" if had else "lacks_capability",
        officer=written(officer),
        capability=(capability.name or "").lower(),
        holder=agency,
    )


def _keyed(keys: dict[bytes, Key], happened: Happened, where: Where) -> Iterator[Finding]:
    """The agency had a document key that was valid then and not cut off.

    Which key signed, a batch does not say, so an agency with a good key beside a bad one cannot be blamed here.
    """
    valid = [
        key
        for key in keys.values()
        if key.valid_from <= happened.time and (key.valid_until == 0 or happened.time < key.valid_until)
    ]
    if any(happened.block < key.cut_off_block for key in valid):
        return
    if not keys:
        yield where.found("no_key")
    elif not valid:
        yield where.found("key_expired", keys=len(keys))
    else:
        yield where.found("key_after_cut_off", keys=len(valid), cut_off=max(key.cut_off_block for key in valid))
