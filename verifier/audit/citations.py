"""Which certificates cite which: the graph of what an auditor hands in, with what the registry says of each.

The chain knows leaves alone. Who cites whom stands in the certificates, so only what was handed in can be followed from
its side; what it cites is found on the chain by its leaf even where nobody handed it in. A citing certificate that was
not handed in stays unseen, and whoever reads the result has to know it.

A certificate cannot cite itself through others: its leaf is a hash over what it cites. Only across versions of one
certificate may citations lead back to where they began, and that is told.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlmodel import col, select

from chain import certificate_types
from chain.calendar import time_of_hour
from chain.claims import CITATION
from chain.errors import CertificateTypeInvalid
from chain.events import Track
from chain.short_number import short_number
from verifier.audit import papers
from verifier.audit.finding import Finding, Grade
from verifier.check import tracks
from verifier.check.knowledge import final_block
from verifier.check.moments import time_of
from verifier.indexing.models import BatchRow, LeafRow
from verifier.wording import message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlmodel import Session

    from chain.certificate_types import CertificateType
    from verifier.audit.finding import Argument
    from verifier.audit.papers import Paper
    from verifier.check.form import Claimed
    from verifier.check.knowledge import Batch, Snapshot
    from verifier.check.moments import Moment
    from verifier.wording import Message

GRANT, VOUCHER, INSPECTION = "grant-decision", "payment-voucher", "inspection-record"
"""The identifiers of the types that follow money and supervision."""

_SHORT_DIGITS = 16
_LEAF = re.compile(CITATION.strip("^$"))


class Standing(StrEnum):
    """What is known of a certificate in the graph; the value is also what exports say."""

    GENUINE = "GENUINE"
    """It was handed in, and its agency issued it."""
    NOT_GENUINE = "NOT_GENUINE"
    """It was handed in, and is not what an agency issued."""
    UNCHECKED = "UNCHECKED"
    """Nobody can tell now."""
    ANCHORED = "ANCHORED"
    """It was not handed in; its leaf is on the chain."""
    NOT_FOUND = "NOT_FOUND"
    """It was not handed in, and its leaf is not on the chain."""


@dataclass(frozen=True, slots=True)
class Against:
    """An entry in force that speaks against a certificate."""

    track: Track
    since: datetime
    """From when it counts."""
    recorded: datetime
    """When the registry recorded it."""
    new_leaf: bytes | None


@dataclass(frozen=True, slots=True)
class Node:
    """A certificate in the graph."""

    leaf: bytes
    standing: Standing
    paper: Paper | None
    """The document of it that counts, of those that were handed in."""
    type: CertificateType | None
    """None if it is not known."""
    agencies: tuple[int, ...]
    """Whose batches hold it; of what was handed in, the one that signed."""
    anchored_at: datetime | None
    against: tuple[Against, ...]

    @property
    def number(self) -> str:
        """What to call it: the certificate number, or the short one of what was not handed in."""
        shown = None if self.paper is None else self.paper.report.subject.number
        return shown or short_number(self.leaf)

    @property
    def claims(self) -> Mapping[str, object]:
        """What it says, where that can be believed."""
        if self.standing is not Standing.GENUINE or self.paper is None or self.paper.claimed is None:
            return {}
        return self.paper.claimed.claims

    def text(self, key: str) -> str:
        """Return what it says; nothing if it does not say it, withholds it, or cannot be believed."""
        value = self.claims.get(key)
        return value if isinstance(value, str) else ""

    @property
    def newer(self) -> bytes | None:
        """The version that has taken its place."""
        return next((entry.new_leaf for entry in self.against if entry.track is Track.REPLACED), None)

    def is_of(self, identifier: str) -> bool:
        """Whether it is of this type."""
        return self.type is not None and self.type.identifier == identifier


@dataclass(frozen=True, slots=True)
class Citation:
    """That one certificate names another."""

    citing: bytes
    cited: bytes
    claim: str
    """The key of the claim that names it."""


@dataclass(frozen=True, slots=True)
class Graph:
    """Who cites whom."""

    papers: tuple[Paper, ...]
    nodes: Mapping[bytes, Node]
    """By leaf: what was handed in first, in its order, then what that cites."""
    citations: tuple[Citation, ...]
    findings: tuple[Finding, ...]
    silence: Message | None
    """Why the registry could not be asked: then nothing here is checked. None if it was."""

    def newest(self, leaf: bytes) -> bytes:
        """Return the newest version of a certificate, as far as the graph goes."""
        seen = set()
        while leaf not in seen and (node := self.nodes.get(leaf)) is not None and node.newer in self.nodes:
            seen.add(leaf)
            leaf = node.newer or leaf
        return leaf

    def cited_by(self, leaf: bytes) -> tuple[Citation, ...]:
        """Return what this certificate names."""
        return tuple(citation for citation in self.citations if citation.citing == leaf)


def all_leaves_known(session: Session) -> bool:
    """Tell whether the leaves of every batch could be read; else a leaf that is not found may be there."""
    unread = select(BatchRow.begins).where(
        ~select(LeafRow.batch).where(col(LeafRow.batch) == BatchRow.begins).correlate(BatchRow).exists()
    )
    return session.exec(unread.limit(1)).first() is None


def graph(given: Iterable[Paper], snapshot: Snapshot | None, moment: Moment, *, all_leaves_known: bool) -> Graph:
    """Draw the graph of what was handed in.

    `all_leaves_known` tells whether the leaves of every batch could be read: else one that is not found may be there.
    """
    given = tuple(given)
    silence = message("registry.never_reached") if snapshot is None else snapshot.doubt(moment.now)
    asked = None if silence is not None else snapshot
    nodes: dict[bytes, Node] = {}
    findings: list[Finding] = []
    counted = papers.counted(given)
    for paper in given:
        chosen = counted.get(paper.leaf)
        findings += papers.findings(paper, nodes, is_counted=paper is chosen)
        if chosen is not None and chosen.claimed is not None and chosen.claimed.leaf not in nodes:
            nodes[chosen.claimed.leaf] = _handed_in(chosen, chosen.claimed, asked, moment)
    citations = tuple(citation for node in nodes.values() for citation in _citations(node))
    for leaf in dict.fromkeys(citation.cited for citation in citations):
        if leaf not in nodes:
            nodes[leaf] = _looked_up(leaf, asked, moment, all_leaves_known=all_leaves_known)
    drawn = Graph(given, nodes, citations, (), silence)
    findings += [finding for citation in citations for finding in _of_citation(citation, nodes)]
    findings += circles(drawn)
    return Graph(given, nodes, citations, tuple(findings), silence)


def named(code: str, grade: Grade, node: Node, **arguments: Argument) -> Finding:
    """Make a finding about a certificate; its sentence calls it `number`."""
    agency = node.agencies[0] if node.agencies else None
    return Finding(grade, code, agency=agency, leaf=node.leaf, arguments={"number": node.number, **arguments})


def _handed_in(paper: Paper, claimed: Claimed, snapshot: Snapshot | None, moment: Moment) -> Node:
    batch = paper.report.subject.anchored
    if paper.is_known:
        standing = Standing.GENUINE
    else:
        standing = Standing.NOT_GENUINE if paper.report.verdict in papers.NEVER else Standing.UNCHECKED
    return Node(
        leaf=claimed.leaf,
        standing=standing,
        paper=paper,
        type=claimed.type,
        agencies=(claimed.agency,),
        anchored_at=None if batch is None else batch.at,
        against=_against(claimed.leaf, (claimed.agency,), snapshot, moment),
    )


def _looked_up(leaf: bytes, snapshot: Snapshot | None, moment: Moment, *, all_leaves_known: bool) -> Node:
    batches = () if snapshot is None else snapshot.batches_with(leaf)
    agencies = tuple(dict.fromkeys(batch.agency for batch in batches))
    if batches:
        standing = Standing.ANCHORED
    else:
        standing = Standing.UNCHECKED if snapshot is None or not all_leaves_known else Standing.NOT_FOUND
    return Node(
        leaf=leaf,
        standing=standing,
        paper=None,
        type=_type(batches[0]) if batches else None,
        agencies=agencies,
        anchored_at=time_of(batches[0].timestamp) if batches else None,
        against=_against(leaf, agencies, snapshot, moment),
    )


def _type(batch: Batch) -> CertificateType | None:
    try:
        return certificate_types.by_number(batch.certificate_type, batch.version)
    except CertificateTypeInvalid:
        return None


def _against(leaf: bytes, agencies: Sequence[int], snapshot: Snapshot | None, moment: Moment) -> tuple[Against, ...]:
    if snapshot is None:
        return ()
    return tuple(
        Against(
            entry.record.track,
            time_of_hour(entry.record.from_hour),
            time_of(entry.record.timestamp),
            entry.record.new_leaf,
        )
        for agency in agencies
        for entry in tracks.against(
            tracks.entries(snapshot.statuses(agency, leaf), final_block=final_block(snapshot)), moment
        )
    )


def _citations(node: Node) -> Iterator[Citation]:
    """Yield what a certificate cites, whatever its standing: a forged one's citations are worth seeing, too."""
    if node.paper is None or node.paper.claimed is None:
        return
    for claim in node.paper.claimed.type.claims:
        value = node.paper.claimed.claims.get(claim.key) if claim.cites else None
        for text in value if isinstance(value, list) else (value,):
            # What was signed unchecked may be anything.
            if isinstance(text, str) and _LEAF.fullmatch(text):
                yield Citation(node.leaf, bytes.fromhex(text), claim.key)


def _of_citation(citation: Citation, nodes: Mapping[bytes, Node]) -> Iterator[Finding]:
    """Yield what is to be said of what is cited."""
    citing, cited = nodes[citation.citing], nodes[citation.cited]
    told: dict[str, Argument] = {"cited": cited.number, "digits": cited.leaf.hex()[:_SHORT_DIGITS]}
    match cited.standing:
        case Standing.NOT_FOUND:
            yield named("cited_not_found", Grade.FAULT, citing, **told)
        case Standing.UNCHECKED if cited.paper is None:
            yield named("cited_unknown", Grade.REMARK, citing, **told)
        case Standing.ANCHORED:
            yield named("cited_not_given", Grade.REMARK, citing, **told)
        case Standing.NOT_GENUINE:
            yield named("cited_not_genuine", Grade.FAULT, citing, **told)
        case _:
            pass
    for entry in cited.against:
        # What was recorded afterwards, nobody could know when the citing certificate was issued.
        began_first = citing.anchored_at is not None and max(entry.since, entry.recorded) <= citing.anchored_at
        is_fault = not citing.is_of(INSPECTION) and (began_first or entry.track is Track.RESCINDED)
        yield named(
            f"cited_{entry.track.name.lower()}",
            Grade.FAULT if is_fault else Grade.REMARK,
            citing,
            **told,
            since=_minute(entry.since),
            recorded=_minute(entry.recorded),
            anchored="—" if citing.anchored_at is None else _minute(citing.anchored_at),
        )


def _minute(time: datetime) -> str:
    return f"{time_of(int(time.timestamp())):%Y-%m-%d %H:%M}"


def circles(drawn: Graph) -> Iterator[Finding]:
    """Yield the certificates from which citations lead back to another version of themselves."""
    leads: dict[bytes, set[bytes]] = defaultdict(set)
    for citation in drawn.citations:
        leads[drawn.newest(citation.citing)].add(drawn.newest(citation.cited))
    for leaf, led_to in leads.items():
        if leaf in _reached(led_to, leads):
            yield named("citation_circle", Grade.REMARK, drawn.nodes[leaf])


def _reached(begin: Iterable[bytes], leads: Mapping[bytes, Iterable[bytes]]) -> set[bytes]:
    """Return all that citations lead to from these certificates, themselves included."""
    found: set[bytes] = set()
    waiting = list(begin)
    while waiting:
        leaf = waiting.pop()
        if leaf not in found:
            found.add(leaf)
            waiting.extend(leads.get(leaf, ()))
    return found
