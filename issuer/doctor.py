"""Examines the whole service, from its keys to a stranger's verdict, and names the mend for what is wrong.

Each examination asks its own source; one whose source does not answer is NOT_RUN, which is never well. Nothing is
changed by it: what is written to try the database is taken back.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from chain.errors import InvalidInput, RegistryUnavailable, YinxinError
from issuer import journeys, vitals
from issuer.delivery import handing_out
from issuer.errors import DocumentTrouble, Locked, NotFound, VerifierAway
from issuer.findings import Finding, Outcome, not_run, say, trouble, well
from issuer.people import staffing
from issuer.sending import nonces
from issuer.settings import without_credentials
from issuer.status import statuses
from issuer.tables.models import State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from datetime import datetime

    from chain.registry import RegistryWriter
    from issuer.directory import Directory
    from issuer.document.documents import Renderer
    from issuer.keys import Keystore
    from issuer.office import Office
    from issuer.rehearsal.stranger import Stranger
    from issuer.tables.models import Batch, Certificate
    from issuer.tables.store import Store, Work

QUEUE, DOCUMENTS = say("Queue to the chain"), say("Documents")
VERIFIER, SAMPLE = say("Public verifying service"), say("A certificate, as a stranger sees it")

_SLOW = timedelta(minutes=10)
"""For how long a batch may be on its way before somebody should look."""
_NOT_OURS = frozenset(
    {"UNREADABLE", "UNSUPPORTED", "CANNOT_CHECK", "ALTERED", "ISSUER_NOT_AUTHORISED", "NOT_FOUND", "PENDING", "SIGNED"}
)
"""Verdicts that no certificate issued here has, whatever became of it later."""
_AGAIN = say("Mend what is named above, then examine again.")


@dataclass(frozen=True, slots=True)
class Patient:
    """How the parts of a service are opened; each may fail by itself."""

    keystore: Keystore
    store: Callable[[], AbstractContextManager[Store]]
    nodes: Mapping[str, Callable[[], AbstractContextManager[RegistryWriter]]]
    """By address, in the order in which the service asks them."""
    office: Callable[[Store, RegistryWriter], Office]
    renderer: Callable[[], Renderer]
    stranger: Callable[[], AbstractContextManager[Stranger]]
    sender: str
    """Name of the sending account's key."""
    max_head_age_s: int
    now: Callable[[], datetime]


def examine(patient: Patient) -> list[Finding]:
    """Go through everything, in the order in which one thing stands on another."""
    with ExitStack() as stack:
        findings = [vitals.keys(patient.keystore, patient.sender)]
        store = _store(patient, stack, findings)
        writer = _writer(patient, stack, findings, store)
        office = None
        if store is not None and writer is not None:
            try:
                office = patient.office(store, writer)
            except (Locked, NotFound, InvalidInput) as exc:
                findings.append(trouble(vitals.KEYS, vitals.words(exc), say("Put the keystore folder's files back.")))
        if office is None:
            why = say("It needs the keys, the database and a node, and not all of them are there.")
            missed = (staffing.AGENCIES, QUEUE, DOCUMENTS, SAMPLE)
            return [*findings, *(not_run(about, why, _AGAIN) for about in missed), _verifier(patient)]
        return [*findings, *_at_work(patient, office)]


def worst(findings: list[Finding]) -> Outcome:
    """Return the gravest outcome. What was not run comes before a warning: nobody knows how it is."""
    order = (Outcome.TROUBLE, Outcome.NOT_RUN, Outcome.WARNING)
    return next((each for each in order if any(finding.outcome is each for finding in findings)), Outcome.WELL)


def _store(patient: Patient, stack: ExitStack, findings: list[Finding]) -> Store | None:
    try:
        store = stack.enter_context(patient.store())
    except (YinxinError, OSError) as exc:
        mend = say("Set YINXIN_DATABASE_URL to a database that answers; look at its own log.")
        findings.append(trouble(vitals.DATABASE, vitals.words(exc), mend))
        findings.append(not_run(vitals.LOG, say("The database does not answer."), mend))
        return None
    findings.extend((vitals.store(store), vitals.log(store)))
    return store


def _writer(patient: Patient, stack: ExitStack, findings: list[Finding], store: Store | None) -> RegistryWriter | None:
    """Ask all nodes; returns the first that answers."""
    now = int(patient.now().timestamp())
    first: RegistryWriter | None = None
    for url, open_node in patient.nodes.items():
        about = say("Node %(url)s", url=without_credentials(url))
        try:
            writer = stack.enter_context(open_node())
            identity, newest = writer.identity(), writer.newest()
            findings.append(vitals.head(about, newest, now=now, max_head_age_s=patient.max_head_age_s))
            if first is None:
                findings.extend((vitals.registry(store, identity), vitals.clock(newest, now=now)))
                first = writer
            else:
                findings.append(vitals.agreement(about, first, writer))
        except YinxinError as exc:
            mend = say("Look whether the node runs, and YINXIN_RPC_URLS and YINXIN_REGISTRY name the right one.")
            findings.append(trouble(about, vitals.words(exc), mend))
    if first is None:
        findings.append(trouble(vitals.NODES, say("No node answers."), say("Set YINXIN_RPC_URLS to nodes that run.")))
        why = say("No node answers.")
        findings.extend(not_run(about, why, _AGAIN) for about in (vitals.REGISTRY, vitals.CLOCK))
    return first


def _at_work(patient: Patient, office: Office) -> list[Finding]:
    try:
        directory = office.directory()
    except YinxinError as exc:
        why = vitals.words(exc)
        missed = (staffing.AGENCIES, QUEUE, DOCUMENTS, SAMPLE)
        return [*(not_run(about, why, _AGAIN) for about in missed), _verifier(patient)]
    findings = [*staffing.agencies(office, directory), _queue(patient, office)]
    with office.store.reading() as work:
        certificate = _sample(office, work)
    if certificate is None:
        why, mend = say("No certificate was issued here yet."), say("Issue one, then examine again.")
        return [*findings, not_run(DOCUMENTS, why, mend), _verifier(patient), not_run(SAMPLE, why, mend)]
    pdf, finding = _document(patient, office, directory, certificate)
    if pdf is None:
        return [*findings, finding, _verifier(patient), not_run(SAMPLE, say("There is no document."), _AGAIN)]
    return [*findings, finding, _verifier(patient), _seen_by_a_stranger(patient, office, certificate, pdf)]


def _queue(patient: Patient, office: Office) -> Finding:
    try:
        nonces.following(office, office.keystore.sender_address(patient.sender))
    except RegistryUnavailable as exc:
        return not_run(QUEUE, vitals.words(exc), _AGAIN)
    except YinxinError as exc:
        return trouble(QUEUE, vitals.words(exc), say("Find out who uses the account before anything more is sent."))
    with office.store.reading() as work:
        waiting = work.batches(states=journeys.ON_THE_WAY)
        late = [batch for batch in waiting if office.now() - _set_out(work, batch) > _SLOW]
    if not late:
        return well(QUEUE, say("%(count)s batches are on their way, none for long.", count=len(waiting)))
    got = say(
        "Batches %(numbers)s have been on their way for long. %(reasons)s",
        numbers=", ".join(str(batch.id) for batch in late),
        reasons="; ".join(sorted({batch.failure for batch in late if batch.failure})),
    )
    mend = say("See whether a worker runs (`yinxin-issuer work`), and what the queue's page says of them.")
    return trouble(QUEUE, got, mend)


def _set_out(work: Work, batch: Batch) -> datetime:
    """Return when a batch could set out: with its last signature, or when the time to recall it was over."""
    signed = [each.created_at for each in work.signatures(batch.id or 0)]
    return max([batch.created_at, *signed, *filter(None, [batch.anchor_after])])


def _sample(office: Office, work: Work) -> Certificate | None:
    """Return an issued certificate, newest first, if there is one in force."""
    first = None
    for batch in reversed(work.batches(states=[State.ISSUED])):
        for certificate in work.certificates(batch.id or 0):
            if certificate.record_key is None:
                continue
            if _in_force(office, certificate):
                return certificate
            first = first or certificate
    return first


def _in_force(office: Office, certificate: Certificate) -> bool:
    first, last = certificate.first_day, certificate.last_day
    within = first is not None and first <= office.today and (last is None or office.today <= last)
    return within and not statuses.held_now(office, certificate)


def _document(
    patient: Patient, office: Office, directory: Directory, certificate: Certificate
) -> tuple[bytes | None, Finding]:
    try:
        with office.store.reading() as work:
            batch = work.batch(certificate.batch_id)
            document = handing_out.document_of(office, work, directory, batch, certificate)
        pdf = patient.renderer().render(document)
    except DocumentTrouble as exc:
        mend = say("Install the fonts again (scripts/setup), then examine again.")
        return None, trouble(DOCUMENTS, vitals.words(exc), mend)
    except YinxinError as exc:
        return None, trouble(DOCUMENTS, vitals.words(exc), say("Look at the certificate's page."))
    return pdf, well(DOCUMENTS, say("A document was typeset, and its code read back from the page."))


def _verifier(patient: Patient) -> Finding:
    mend = say("Ask whoever runs the verifying host, which stands on every document.")
    try:
        with patient.stranger() as stranger:
            host, doubt = stranger.host, stranger.doubt()
    except VerifierAway as exc:
        return trouble(VERIFIER, vitals.words(exc), mend)
    if doubt is not None:
        return trouble(VERIFIER, say("It answers, and can check nothing now: %(why)s", why=doubt), mend)
    return well(VERIFIER, say("%(host)s answers, and its index is fresh.", host=host))


def _seen_by_a_stranger(patient: Patient, office: Office, certificate: Certificate, pdf: bytes) -> Finding:
    mend = say("Compare the registry and the nodes of both services; the verifier's report says which check failed.")
    try:
        in_force = _in_force(office, certificate)
        with patient.stranger() as stranger:
            heard = stranger.verdict(pdf)
    except (VerifierAway, RegistryUnavailable) as exc:
        return not_run(SAMPLE, vitals.words(exc), _AGAIN)
    if heard.registry_id.removeprefix("0x") != office.registry.identity().registry_id.hex():
        return trouble(SAMPLE, say("The verifying host follows another registry."), mend)
    if heard.verdict in _NOT_OURS or (in_force and heard.verdict != "VALID"):
        wanted = "VALID" if in_force else "EXPIRED, REVOKED …"
        got = say("A document issued here is %(got)s there, wanted %(wanted)s.", got=heard.verdict, wanted=wanted)
        return trouble(SAMPLE, got, mend)
    return well(SAMPLE, say("The verifying host says %(verdict)s of a document issued here.", verdict=heard.verdict))
