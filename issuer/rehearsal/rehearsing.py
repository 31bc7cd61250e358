"""The rehearsal: a whole batch made, printed, read back and verified, before anybody signs it (docs/adr/0013).

1. Identifiers, claims, leaves and root are fixed. Nothing is signed by an officer or a document key.
2. Each leaf is computed again from the stored claims and salts; all of them make the root.
3. Each certificate is made once more from the same statement and the same salts, but for a throw-away document key,
   which signs it and its code. The kid is part of the leaf, so these are other leaves, of another root; that the kid is
   the only difference follows from step 2, since both are made in the same way.
4. Every document is set and its code read back from a bitmap, as on the day of issue.
5. A verifier, told of a made-up registry in which that other root is anchored, judges them as a stranger would.

Not rehearsed: the chain itself, and the officers' rights on the day of anchoring.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chain import code, merkle
from chain.code import InclusionPath
from issuer import approvals, fixing, history, issuing, rehearsals
from issuer.delivery import previews
from issuer.document import qr, readback
from issuer.document.documents import Renderer
from issuer.draft import cautions, duplicates
from issuer.errors import CodeUnreadable, NotReady, Unprintable
from issuer.pending import Maker
from issuer.rehearsal import made_up_registry
from issuer.rehearsal.made_up_registry import ThrowAwayKey
from issuer.rehearsal.verifying import Verifier
from issuer.rehearsals import Finding, Kind, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import TypeAlias

    from chain.certificate_types import Validity
    from chain.strict_json import JSON
    from issuer.directory import Directory
    from issuer.document.face import Document
    from issuer.office import Office
    from issuer.pending import Row
    from issuer.rehearsal.made_up_registry import Anchored
    from issuer.rehearsal.verifying import Report, Sitting
    from issuer.tables.models import Batch
    from issuer.tasks import TaskAtHand

    Progress: TypeAlias = Callable[[int, int], None]

KIND = "rehearsal"
"""Of the tasks that are rehearsals."""
LARGEST_CODE = 16
"""The QR version that every type's code must fit (protocol, «Code»)."""
WHOLE = 150
"""Of a larger batch so many documents are given to the verifier whole, which takes a quarter of a second each: those
with warnings first, then as chance has it. Of all others it gets the code and the certificate that they carry."""

_AT_ONCE = 40
"""Rows for one call of the verifier: it takes most of a second to start."""
_BEYOND = 41
"""One more than the largest QR version."""
_ENGLISH, _CHINESE = "en", "zh-CN"
_IN_ORDER = {"PASSED", "SKIPPED"}
_VALIDITY = "validity"
_LACKING = re.compile(r"the text `\"(.+?)\"` could not be displayed")
"""How typst says that a font lacks a character."""


def run(office: Office, task: TaskAtHand, progress: Progress) -> JSON:
    """Rehearse the batch that a task names as its subject; says how many rows are bad and how many odd."""
    outcome = rehearse(office, int(task.subject), renderer=Renderer(), progress=progress)
    return {"rows": outcome.rows, "bad": len(outcome.bad), "warned": len(outcome.warned)}


def rehearse(
    office: Office,
    batch_id: int,
    *,
    renderer: Renderer,
    verifier: Verifier | None = None,
    progress: Progress = lambda _done, _total: None,
    whole: int = WHOLE,
) -> Outcome:
    """Rehearse a batch and keep what was found in place of what was found before.

    Raises `VerifierAway` if nobody could judge it, and whatever `progress` does: then it counts as not rehearsed.
    """
    verifier = Verifier() if verifier is None else verifier
    started = time.monotonic()
    issuing.fix(office, batch_id)
    with office.store.writing() as work:
        rehearsals.forget(work, batch_id)
    batch, key = _fixed(office, batch_id), ThrowAwayKey()
    rows = _computed(office, batch, key)
    odd = list(_odd(office, batch, rows))
    chosen = _chosen(rows, {each.position for each in odd}, whole, office.entropy)
    wrong = [finding for row in rows for finding in row.findings]
    wrong += _performed(office, batch, rows, _Props(key, renderer, verifier, chosen), progress)
    outcome = Outcome(
        batch=batch_id,
        root=batch.root or b"",
        at=office.now(),
        took_s=time.monotonic() - started,
        rows=len(rows),
        whole=len(chosen),
        findings=tuple(sorted([*wrong, *odd], key=lambda each: (each.position, not each.kind.is_bad, each.kind))),
    )
    with office.store.writing() as work:
        if work.batch(batch_id).root != outcome.root:
            raise NotReady(f"batch {batch_id} was changed while it was rehearsed; rehearse it again")
        rehearsals.keep(office, work, batch.agency, outcome)
        said = f"{outcome.rows} rows, {len(outcome.bad)} bad, {len(outcome.warned)} with warnings"
        history.note(work, "rehearsed", at=office.now(), batch_id=batch_id, detail=said)
    return outcome


@dataclass(frozen=True, slots=True)
class _Props:
    """What a performance is given with."""

    key: ThrowAwayKey
    renderer: Renderer
    verifier: Verifier
    chosen: frozenset[int]
    """Positions of the rows whose documents are judged whole."""


def _fixed(office: Office, batch_id: int) -> Batch:
    with office.store.reading() as work:
        batch = work.batch(batch_id)
    if batch.root is None:
        raise NotReady(f"batch {batch_id} was changed meanwhile; rehearse it again")
    return batch


def _computed(office: Office, batch: Batch, key: ThrowAwayKey) -> list[Row]:
    """Compute all leaves again, and all certificates for the throw-away key; raises `NotReady` for a wrong root."""
    maker = Maker(
        office=office,
        batch=batch,
        certificate_type=office.type_of(batch.type_number, batch.type_version),
        agency=office.directory().agency(batch.agency),
        identity=office.registry.identity(),
        other_kid=key.kid,
    )
    with office.store.reading() as work:
        rows = [maker.row(work, each) for each in work.certificates(batch.id or 0)]
        if not any(row.findings for row in rows):
            approvals.to_anchor(work, batch)
    return rows


def _odd(office: Office, batch: Batch, rows: Sequence[Row]) -> Iterator[Finding]:
    """Yield what is odd about rows: in themselves, and beside others."""
    certificate_type = office.type_of(batch.type_number, batch.type_version)
    for row in rows:
        yield from cautions.of(certificate_type, row.claims, row.validity, position=row.position, today=office.today)
    places = {row.certificate.id: row.position for row in rows}
    for row_id, warned in duplicates.look_again(office, batch.id or 0).items():
        if warned:
            yield Finding(places[row_id], Kind.SAME_HOLDER)


def _chosen(rows: Sequence[Row], odd: set[int], most: int, entropy: Callable[[int], bytes]) -> frozenset[int]:
    """Choose whose documents are judged whole: the odd ones first, and of the others nobody knows which beforehand."""
    shuffled = sorted(rows, key=lambda row: (row.position not in odd, entropy(8)))
    return frozenset(row.position for row in shuffled[:most])


def _performed(
    office: Office, batch: Batch, rows: Sequence[Row], props: _Props, progress: Progress
) -> Iterator[Finding]:
    """Print all rows that could be made, read them back, and have them judged; yields what is wrong."""
    directory, leaves = office.directory(), [row.leaf for row in rows]
    made_up = made_up_registry.anchor(
        directory,
        office.registry.identity(),
        agency=batch.agency,
        certificate_type=(batch.type_number, batch.type_version),
        root=merkle.root(leaves),
        size=len(leaves),
        key=props.key,
        now=props.verifier.clock(),
    )
    playable = [row for row in rows if row.prepared is not None]
    with props.verifier.believing(made_up.trust_list, made_up.checkpoint) as sitting:
        scene = _Scene(office, directory, batch, props, made_up, leaves, sitting)
        for start in range(0, len(playable), _AT_ONCE):
            printed: dict[int, _Printed] = {}
            for row in playable[start : start + _AT_ONCE]:
                progress(start, len(rows))
                match scene.printed(row):
                    case _Printed() as shown:
                        printed[row.position] = shown
                    case finding:
                        yield finding
            yield from scene.judged(printed)
    progress(len(rows), len(rows))


@dataclass(frozen=True, slots=True)
class _Printed:
    """One document as somebody gets it, and what it carries."""

    validity: Validity
    files: Mapping[str, bytes]
    """What the verifier is given, by name."""
    proof: bytes | None
    """What lies beside these files; None where they carry it."""


@dataclass(frozen=True, slots=True)
class _Scene:
    """A made-up registry, and a verifier who believes it."""

    office: Office
    directory: Directory
    batch: Batch
    props: _Props
    made_up: Anchored
    leaves: Sequence[bytes]
    sitting: Sitting

    def printed(self, row: Row) -> _Printed | Finding:
        """Set a row's document and read its code back from its picture."""
        if row.prepared is None:
            raise NotReady(f"row {row.position} could not be made")
        prepared, key, host = row.prepared, self.props.key, self.office.verifying_host
        path = InclusionPath(len(self.leaves), row.position, merkle.inclusion_path(self.leaves, row.position))
        registry_id = self.made_up.registry_id
        url = code.url(host, fixing.signed_code(host, prepared, path, registry_id=registry_id, sign=key.sign))
        if (version := _version(url)) > LARGEST_CODE:
            return Finding(row.position, Kind.CODE_TOO_LARGE, said={"": f"{version} > {LARGEST_CODE}"})
        signed = previews.Signed(
            prepared.sign(key.sign), url, code.short_number(prepared.leaf), self.made_up.proof(path)
        )
        try:
            document = previews.with_signed(self._document(row), signed)
            pdf = self.props.renderer.typeset(document)
            readback.require_code(pdf, url, number=document.number)
        except Unprintable as exc:
            return Finding(row.position, Kind.UNPRINTABLE, said=_unprintable(exc))
        except CodeUnreadable:
            return Finding(row.position, Kind.CODE_UNREADABLE)
        if row.position in self.props.chosen:
            return _Printed(row.validity, {f"{row.position}.pdf": pdf}, None)
        # The path is not signed: with it a verifier finds the batch by the code alone, whatever room the paper has.
        facts, hashed = prepared.facts_bytes, prepared.signing_input_hash
        findable = code.make(facts, hashed, registry_id=registry_id, sign=key.sign, path=path)
        files = {
            f"{row.position}.code": code.url(host, findable).encode(),
            f"{row.position}.sd-jwt": signed.sd_jwt.encode(),
        }
        return _Printed(row.validity, files, signed.proof)

    def judged(self, printed: Mapping[int, _Printed]) -> Iterator[Finding]:
        """Have documents judged together; what is wrong is said in each language."""
        reports = self._reports(printed, _ENGLISH)
        bad = {
            position: shown
            for position, shown in printed.items()
            if not all(_is_good(reports[name], shown.validity) for name in shown.files)
        }
        chinese = self._reports(bad, _CHINESE)
        for position, shown in bad.items():
            worst = next(name for name in shown.files if not _is_good(reports[name], shown.validity))
            said = {_ENGLISH: _said(reports[worst]), _CHINESE: _said(chinese[worst])}
            yield Finding(position, Kind.VERDICT, said=said)

    def _reports(self, printed: Mapping[int, _Printed], language: str) -> Mapping[str, Report]:
        files = {name: data for shown in printed.values() for name, data in shown.files.items()}
        proofs = [shown.proof for shown in printed.values() if shown.proof is not None]
        return self.sitting.check(files, proofs=proofs, language=language) if files else {}

    def _document(self, row: Row) -> Document:
        with self.office.store.reading() as work:
            return previews.document_of(self.office, work, self.directory, self.batch, row.certificate)


def _unprintable(exc: Unprintable) -> dict[str, str]:
    """Return what the fonts lack, as far as the typesetter says so."""
    named = _LACKING.search(str(exc))
    return {_ENGLISH: str(exc)} if named is None else {"": named[1]}


def _version(url: str) -> int:
    """Return a code's QR version; one beyond all versions where it fits none."""
    try:
        return qr.encode(url).version
    except ValueError:
        return _BEYOND


def _is_good(report: Report, validity: Validity) -> bool:
    """Whether a stranger finds it as its dates say: nothing but the days may speak against it."""
    if report.on < validity.first_day:
        wanted = "NOT_YET_VALID"
    elif validity.last_day is not None and validity.last_day < report.on:
        wanted = "EXPIRED"
    else:
        wanted = "VALID"
    others = [each for each in report.checks if each.name != _VALIDITY]
    return report.verdict == wanted and all(each.outcome in _IN_ORDER for each in others)


def _said(report: Report) -> str:
    """Say a verdict, and what led to it."""
    against = [each.message for each in report.checks if each.outcome not in _IN_ORDER]
    return " ".join([f"{report.heading} ({report.verdict})", *against])
