"""Limited copies (加注件): chosen fields of a certificate for one recipient and purpose, signed with the document key.

A copy is signed when it is asked for, by a key of the agency that counts and was never cut off, and only of a
certificate in force. It cannot be taken back: it ends on its last day, or when its certificate is suspended, revoked or
replaced. The page is made anew from what was signed whenever it is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from chain import certificate as certificates
from chain import code, copy, text
from chain.calendar import hour_of
from chain.certificate_types import Validity
from chain.errors import ClaimsInvalid, Fault
from chain.events import Track
from chain.facts import KID8, SALT
from chain.keys import PublicKey
from issuer import audit_log, history, holding, proofs
from issuer.directory import WITHOUT_CUT_OFF
from issuer.document import qr
from issuer.document.copy_face import CopyPaper
from issuer.document.face import Agency
from issuer.errors import NotAllowed, NotReady
from issuer.status import statuses
from issuer.tables import holder_rows
from issuer.tables.holder_models import LimitedCopyMade
from issuer.tables.models import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from chain.certificate_types import CertificateType, Claim
    from chain.copy import LimitedCopy, Terms
    from chain.strict_json import JSON
    from issuer.audit_log import Occasion
    from issuer.directory import Directory, Key
    from issuer.document.documents import Renderer
    from issuer.office import Office
    from issuer.tables.models import Certificate
    from issuer.tables.store import Work

A_DAY = 10
"""So many copies of one certificate are made in a day, whoever asks."""
LARGEST_VERSION = 20
"""Of the code on the page: 105 modules with its quiet zone, 53.3 mm. One that would be larger goes without claims."""
_COLUMN = "limited_copy"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a copy is to be."""

    chosen: frozenset[str]
    """The claims to be shown besides those that their type always shows."""
    purpose: str
    recipient: str
    last_day: date | None


@dataclass(frozen=True, slots=True)
class Made:
    """A copy that was signed, as lists show it."""

    id: str
    terms: Terms
    claims: tuple[Claim, ...]
    """Those that it shows."""
    by_holder: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """A claim that a copy can show."""

    claim: Claim
    value: JSON
    fixed: bool
    """Whether its type always shows it."""


def choices(office: Office, work: Work, certificate: Certificate) -> tuple[Choice, ...]:
    """Return what there is to choose from; raises `Erased`."""
    claims = office.records.claims(work, certificate)
    known = _type_of(office, work, certificate)
    return tuple(
        Choice(claim, claims[claim.key], fixed=claim.always)
        for claim in known.claims
        if claims.get(claim.key) is not None
    )


def require_sound(wish: Wish, certificate: Certificate, today: date) -> None:
    """Raise `ClaimsInvalid` with all that is wrong with a wish; its faults name the fields."""
    if faults := tuple(_faults(wish, certificate, today)):
        raise ClaimsInvalid(faults)


def latest_day(certificate: Certificate, today: date) -> date:
    """Return the last day that a copy may have."""
    latest = today + timedelta(days=copy.MAX_DAYS)
    return latest if certificate.last_day is None else max(today, min(latest, certificate.last_day))


def make(
    office: Office, renderer: Renderer, certificate_id: str, wish: Wish, *, by: str, occasion: Occasion
) -> tuple[str, bytes]:
    """Sign a copy; return its number and its PDF, which was read back. `by` is a login, or `holding.HOLDER`.

    Raises `ClaimsInvalid`, `NotReady` for a certificate not in force, `NotAllowed` where no key of the agency is fit or
    so many were made today, and whatever keeps a page from being made; then nothing is stored.
    """
    today = office.today
    with office.store.reading() as work:
        certificate = work.certificate(certificate_id)
        require_sound(wish, certificate, today)
        _require_few(work, certificate_id, today)
        known = _type_of(office, work, certificate)
        sd_jwt, _ = office.records.signed(work, certificate)
    directory = office.directory()
    require_in_force(office, certificate)
    signed = _signed(office, directory, known, sd_jwt, wish)
    with office.store.reading() as work:
        paper = _paper(office, work, directory, certificate, signed)
    pdf = renderer.render_copy(paper)
    with office.store.writing() as work:
        certificate = work.certificate(certificate_id)
        _require_few(work, certificate_id, today)
        row = LimitedCopyMade(
            id=office.entropy(16).hex(),
            certificate_id=certificate_id,
            made_by="" if by == holding.HOLDER else by,
            made_on=today,
            expires_on=signed.content.terms.expires,
            created_at=office.now(),
            cose=b"",
        )
        row.cose = office.records.close(work, certificate, f"{_COLUMN} {row.id}", signed.encode())
        work.add(row)
        what = "limited copy made"
        history.note(work, what, at=office.now(), certificate_id=certificate_id, detail=f"until {row.expires_on}")
        subject = f"certificate {certificate_id}"
        audit_log.add(work, occasion, what, who=by, agency=certificate.agency, subject=subject)
    return row.id, pdf


def made(office: Office, work: Work, certificate: Certificate) -> tuple[Made, ...]:
    """Return the copies that were made of a certificate, the newest first; raises `Erased`."""
    known = _type_of(office, work, certificate)
    return tuple(
        Made(
            id=row.id,
            terms=held.content.terms,
            claims=tuple(known.claims[place] for place, value in held.claims or () if value is not None),
            by_holder=not row.made_by,
        )
        for row in holder_rows.copies(work, certificate.id)
        for held in [_held(office, work, certificate, row)]
    )


def pdf_of(office: Office, renderer: Renderer, certificate_id: str, copy_id: str) -> bytes:
    """Return a copy's PDF again; raises `NotFound`, `Erased` or `DocumentTrouble`."""
    directory = office.directory()
    with office.store.reading() as work:
        certificate = work.certificate(certificate_id)
        held = _held(office, work, certificate, holder_rows.copy(work, certificate_id, copy_id))
        paper = _paper(office, work, directory, certificate, held)
    return renderer.render_copy(paper)


def require_in_force(office: Office, certificate: Certificate) -> None:
    """Raise `NotReady` unless a certificate is in force now, as the registry has it."""
    with office.store.reading() as work:
        state = work.batch(certificate.batch_id).state
    if state != State.ISSUED:
        raise NotReady(f"this certificate is {state}: copies are made of what is issued")
    hour = hour_of(office.now())
    in_force = [held.track for held in statuses.held_now(office, certificate) if held.in_force(hour)]
    against = [track for track in in_force if track != Track.RENEWAL_PENDING]
    if against:
        raise NotReady(f"this certificate is not in force ({against[0].name}): no copies are made of it")
    first, last = certificate.first_day, certificate.last_day
    if first is not None and office.today < first:
        raise NotReady(f"this certificate is not in force before {first}: no copies are made of it yet")
    if last is not None and office.today > last and Track.RENEWAL_PENDING not in in_force:
        raise NotReady(f"this certificate ran out on {last}: no copies are made of it")


def signing_key(office: Office, directory: Directory, agency: int) -> Key:
    """Return the agency's newest key that counts, was never cut off, and whose private half is here."""
    here = office.keystore.document_kids(agency)
    fit = [
        key
        for key in directory.agency(agency).keys
        if key.counts_at(directory.block) and key.cut_off_block == WITHOUT_CUT_OFF and key.kid in here
    ]
    if not fit:
        raise NotAllowed(f"{directory.agency(agency)} has no document key here that counts and was never cut off")
    return fit[-1]


def code_of(signed: LimitedCopy, host: str) -> str:
    """Return the code's text: with the claims while it stays small enough to be scanned, else without."""
    for form in (signed.closed(), signed.short()):
        url = copy.url(host, form.encode())
        try:
            if qr.encode(url).version <= LARGEST_VERSION:
                return url
        except ValueError:
            # More than any QR code holds.
            continue
    return url


def _signed(office: Office, directory: Directory, known: CertificateType, sd_jwt: str, wish: Wish) -> LimitedCopy:
    parsed = certificates.parse(sd_jwt)
    credential = parsed.credential
    keys = [claim.key for claim in known.claims]
    always = {claim.key for claim in known.claims if claim.always} & parsed.claims.keys()
    claims, opening = copy.excerpt(parsed.signing_input, parsed.disclosures, keys, always | wish.chosen)
    listed = signing_key(office, directory, credential.agency)
    content = copy.Content(
        agency=credential.agency,
        certificate_type=known.number,
        version=known.version,
        kid8=listed.kid[:KID8],
        leaf=parsed.leaf,
        validity=credential.validity,
        claims_digest=bytes(copy.HASH),
        terms=copy.Terms(
            text.normalise(wish.purpose), text.normalise(wish.recipient), office.today, wish.last_day or office.today
        ),
        salt=office.entropy(SALT),
    )
    key = office.keystore.document_key(credential.agency, listed.kid)
    signed = copy.make(content, claims, opening, registry_id=credential.registry_id, sign=key.sign)
    # What a verifier will ask is asked before it leaves the house.
    copy.verify(signed, PublicKey(listed.x, listed.y), credential.registry_id)
    copy.open_(signed, keys)
    return signed


def _paper(
    office: Office, work: Work, directory: Directory, certificate: Certificate, signed: LimitedCopy
) -> CopyPaper:
    pin, batch = work.pin(), work.batch(certificate.batch_id)
    known = _type_of(office, work, certificate)
    agency, *above = directory.line(certificate.agency)
    shown: Mapping[str, JSON] = {
        known.claims[place].key: list(value) if isinstance(value, tuple) else value
        for place, value in signed.claims or ()
    }
    return CopyPaper(
        certificate_type=known,
        claims=shown,
        agency=Agency(agency.name, agency.code, tuple(each.name for each in reversed(above))),
        validity=Validity(signed.content.validity.first_day, signed.content.validity.last_day),
        terms=signed.content.terms,
        host=office.verifying_host,
        test=pin is None or pin.test,
        cose=signed.encode(),
        code_url=code_of(signed, office.verifying_host),
        short_number=code.short_number(signed.content.leaf),
        proof=proofs.file_of(work, batch, certificate, proofs.leaves_of(work, batch)),
    )


def _held(office: Office, work: Work, certificate: Certificate, row: LimitedCopyMade) -> LimitedCopy:
    return copy.read(office.records.open(work, certificate, f"{_COLUMN} {row.id}", row.cose))


def _type_of(office: Office, work: Work, certificate: Certificate) -> CertificateType:
    batch = work.batch(certificate.batch_id)
    return office.type_of(batch.type_number, batch.type_version)


def _require_few(work: Work, certificate_id: str, today: date) -> None:
    if holder_rows.copies_made_on(work, certificate_id, today) >= A_DAY:
        raise NotAllowed(f"{A_DAY} copies of this certificate were made today; wait until tomorrow")


def _faults(wish: Wish, certificate: Certificate, today: date) -> Iterator[Fault]:
    for field, value in (("purpose", wish.purpose), ("recipient", wish.recipient)):
        if not 1 <= len(text.normalise(value)) <= copy.MAX_TERM:
            yield Fault(field, f"{len(value)} characters", f"1 to {copy.MAX_TERM} characters")
        for got, wanted in text.faults(text.normalise(value)):
            yield Fault(field, got, wanted)
    latest = latest_day(certificate, today)
    if wish.last_day is None or not today <= wish.last_day <= latest:
        yield Fault("last_day", str(wish.last_day or "no day"), f"a day from {today} to {latest}")
