"""Holders' links: what opens one certificate's page without an account, handed out with the certificate.

A link carries 256 random bits behind #, where neither servers nor logs see them; here stands only their digest. On
paper there is a pickup code of 50 bits as well, which opens the page together with the last characters of the holder's
own code. Whatever is wrong with an attempt, the answer is the same, and attempts are counted. A link opens a visit of
an hour in one browser.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from chain import base64url
from chain.errors import InvalidInput
from chain.short_number import short_number
from issuer import audit_log
from issuer.audit_log import Occasion
from issuer.errors import Erased, NotFound, NotReady, SessionOver, SignInRefused
from issuer.people import attempts
from issuer.people.attempts import Subject
from issuer.tables import holder_rows
from issuer.tables.holder_models import HolderLink, HolderVisit
from issuer.tables.models import State

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from issuer.office import Office
    from issuer.tables.models import Certificate
    from issuer.tables.store import Work

USUAL_DAYS, MOST_DAYS = 365, 1830
"""For how long a link opens its page."""
VISIT = timedelta(hours=1)
SECOND = 4
"""So many last characters of the holder's code, or else of the certificate number, go with a pickup code."""
HOLDER = "holder"
"""Who opens a page, in the log of actions; from where, nobody notes down."""
_TOKEN_BYTES = 32
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOK_ALIKE = str.maketrans("OIL", "011")
_PICKUP = 10
_REFUSED = (
    "the link or code does not open a certificate: "
    "it is mistyped, has run out, was taken back, or what it led to was erased"
)


@dataclass(frozen=True, slots=True)
class Handed:
    """A link as it is handed out; it can be shown this once only."""

    link_id: int
    token: str
    """What stands behind # in the link."""
    pickup: str
    """What can be typed instead, with the second thing."""
    expires_at: datetime

    def url(self, site: str) -> str:
        """Return the link for a site's address."""
        return f"{site}/h#{self.token}"


@dataclass(frozen=True, slots=True)
class Held:
    """A visit by a link."""

    certificate_id: str
    agency: int
    link_id: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A link in a batch's list."""

    number: str
    short_number: str
    handed: Handed


def hand_out_batch(
    office: Office, batch_id: int, *, who: str, occasion: Occasion, days: int = USUAL_DAYS
) -> list[Listed]:
    """Make a link for each certificate of a batch that is not erased; raises as `hand_out`."""
    with office.store.reading() as work:
        batch = work.batch(batch_id)
        number_claim = office.type_of(batch.type_number, batch.type_version).number_claim
        held = [each for each in work.certificates(batch_id) if each.record_key is not None]
        numbers = [str(office.records.claims(work, each)[number_claim]) for each in held]
    handed = [hand_out(office, each.id, who=who, occasion=occasion, days=days) for each in held]
    return [
        Listed(number, short_number(each.leaf or b""), link)
        for number, each, link in zip(numbers, held, handed, strict=True)
    ]


def hand_out(office: Office, certificate_id: str, *, who: str, occasion: Occasion, days: int = USUAL_DAYS) -> Handed:
    """Make a link for a certificate; raises `InvalidInput` for a time too long, `NotReady` or `Erased`.

    `who` is the login of the officer, or the operator.
    """
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInput(f"days: got {days}, wanted 1 to {MOST_DAYS}")
    random = office.entropy(_TOKEN_BYTES + _PICKUP)
    token = base64url.encode(random[:_TOKEN_BYTES])
    # 256 is a multiple of 32, so every character is as likely as any other.
    pickup = "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in random[_TOKEN_BYTES:])
    with office.store.writing() as work:
        certificate = work.certificate(certificate_id)
        _require_issued(work, certificate)
        link = HolderLink(
            certificate_id=certificate_id,
            digest=_digest(token),
            pickup_index=office.records.data_key(work, certificate.agency).index("pickup", pickup),
            made_by=who,
            created_at=occasion.now,
            expires_at=occasion.now + timedelta(days=days),
        )
        work.add(link)
        work.flush()
        _note(work, occasion, "holder's link handed out", who=who, certificate=certificate, link=link)
        return Handed(link.id or 0, token, f"{pickup[:5]}-{pickup[5:]}", link.expires_at)


def revoke(office: Office, certificate_id: str, link_id: int, *, who: str, occasion: Occasion) -> None:
    """Take a link back, at once wherever it is open; does nothing if that was done. Raises `NotFound`."""
    with office.store.writing() as work:
        link = holder_rows.link(work, link_id)
        if link is None or link.certificate_id != certificate_id:
            raise NotFound("holder's link: got a number that none of this certificate's links has")
        if link.revoked_at is None:
            link.revoked_at = occasion.now
            holder_rows.drop_visits(work, link_id)
            certificate = work.certificate(certificate_id)
            _note(work, occasion, "holder's link revoked", who=who, certificate=certificate, link=link)


def opens(link: HolderLink, now: datetime) -> bool:
    """Whether a link opens its page."""
    return link.revoked_at is None and now < link.expires_at


def open_by_token(office: Office, token: str, occasion: Occasion) -> str:
    """Open a page by its link; returns the visit's token. Raises `SignInRefused` or `TooManyAttempts`."""

    def find(work: Work) -> HolderLink | None:
        return holder_rows.link_of(work, _digest(token))

    return _open(office, find, occasion)


def open_by_pickup(office: Office, pickup: str, second: str, occasion: Occasion) -> str:
    """Open a page by its pickup code and the second thing; returns and raises as `open_by_token`."""
    typed = _folded(pickup).translate(_LOOK_ALIKE)

    def find(work: Work) -> HolderLink | None:
        keys = [office.records.data_key(work, agency) for agency in work.agencies_with_data()]
        for link in holder_rows.links_picked_up(work, [key.index("pickup", typed) for key in keys]):
            wanted = second_of(office, work, work.certificate(link.certificate_id))
            if wanted and hmac.compare_digest(wanted.encode(), _folded(second).encode()):
                return link
        return None

    return _open(office, find, occasion, Subject("pickup", typed, free=5))


def resume(office: Office, token: str, now: datetime) -> Held:
    """Return whose page a browser has open; raises `SessionOver`."""
    with office.store.reading() as work:
        visit = holder_rows.visit(work, _digest(token)) if token else None
        link = None if visit is None or now >= visit.expires_at else holder_rows.link(work, visit.link_id)
        if link is None or not opens(link, now):
            raise SessionOver("this page was closed; open your link again")
        return Held(link.certificate_id, work.certificate(link.certificate_id).agency, link.id or 0)


def leave(office: Office, token: str) -> None:
    """Close a page in a browser."""
    with office.store.writing() as work:
        holder_rows.drop_visit(work, _digest(token))


def note_use(office: Office, held: Held, what: str, now: datetime) -> None:
    """Log what was done by a link, without a trace of who or where."""
    with office.store.writing() as work:
        audit_log.add(
            work,
            Occasion(now, "holder's link"),
            what,
            who=HOLDER,
            agency=held.agency,
            subject=f"certificate {held.certificate_id}",
            detail=f"link {held.link_id}",
        )


def second_of(office: Office, work: Work, certificate: Certificate) -> str:
    """Return what goes with a pickup code; empty for a certificate that was erased."""
    try:
        claims = office.records.claims(work, certificate)
    except Erased:
        return ""
    return _folded(str(claims[second_claim(office, work, certificate)]))[-SECOND:]


def second_claim(office: Office, work: Work, certificate: Certificate) -> str:
    """Return the claim whose last characters go with a pickup code: the holder's code, or else the number."""
    batch = work.batch(certificate.batch_id)
    known = office.type_of(batch.type_number, batch.type_version)
    held = office.records.claims(work, certificate)
    key = known.holder_code_claim
    return key if key is not None and held.get(key) is not None else known.number_claim


def _open(office: Office, find: Callable[[Work], HolderLink | None], occasion: Occasion, *subjects: Subject) -> str:
    """Count the attempt, and open a visit if it is good."""
    source = attempts.by_source(occasion.source)
    counted = (Subject("holder", source.name, free=20), *subjects)
    with office.store.writing() as work:
        attempts.count(work, *counted, now=occasion.now)
        link = find(work)
        if link is not None and opens(link, occasion.now):
            # The source's earlier failures stay: somebody with one good link must not try others for ever.
            attempts.not_failed(work, counted[0])
            attempts.succeeded(work, *subjects)
            token = base64url.encode(office.entropy(_TOKEN_BYTES))
            holder_rows.drop_visits_before(work, occasion.now)
            ends = min(occasion.now + VISIT, link.expires_at)
            work.add(HolderVisit(digest=_digest(token), link_id=link.id or 0, expires_at=ends))
            link.opened += 1
            certificate = work.certificate(link.certificate_id)
            from_nowhere = Occasion(occasion.now, "holder's link")
            _note(work, from_nowhere, "holder's page opened", who=HOLDER, certificate=certificate, link=link)
            return token
    raise SignInRefused(_REFUSED)


def _note(work: Work, occasion: Occasion, what: str, *, who: str, certificate: Certificate, link: HolderLink) -> None:
    audit_log.add(
        work,
        occasion,
        what,
        who=who,
        agency=certificate.agency,
        subject=f"certificate {certificate.id}",
        detail=f"link {link.id}",
    )


def _require_issued(work: Work, certificate: Certificate) -> None:
    state = work.batch(certificate.batch_id).state
    if state != State.ISSUED:
        raise NotReady(f"this certificate is {state}: links are handed out for what is issued")
    if certificate.record_key is None:
        raise Erased(f"certificate {certificate.id}: its claims were erased; there is nothing for a holder to see")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()


def _folded(text: str) -> str:
    """Return letters and digits alone, in capitals: people type spaces, hyphens and full width."""
    return "".join(each for each in unicodedata.normalize("NFKC", text).upper() if each.isalnum())
