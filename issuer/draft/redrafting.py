"""Changes the draft of a new version of a certificate: what it takes the place of, and from when, stays as it was made.

What is bound was judged and promised when the new version was made: which certificate it replaces, as what (correction
or renewal), and the day on which the batch has that end. What else it says may be changed until it is on its way, as
in any draft, and is judged by the same rules as when it was made.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from chain.claims import Kind
from issuer import issuing
from issuer.document import certified_files
from issuer.draft import drafts, replacing
from issuer.errors import NotAllowed, NotReady
from issuer.tables.models import Purpose

if TYPE_CHECKING:
    from chain.strict_json import JSON
    from issuer.draft.drafts import Clerk, Content, Draft
    from issuer.office import Office
    from issuer.tables.models import Certificate
    from issuer.tables.store import Work


class Bound(Enum):
    """Why a claim of a new version is not changed in its draft."""

    NUMBER = auto()
    """A renewal keeps it."""
    FIRST_DAY = auto()
    """From it follows when the old version ends, for the whole batch."""
    OLD_VERSION = auto()
    """It names the version that this one takes the place of."""


def bound(draft: Draft) -> dict[str, Bound]:
    """Return the claims that stay as they are, with the reason; none for a draft that replaces nothing."""
    if draft.batch.purpose == Purpose.ISSUE:
        return {}
    kind = draft.certificate_type
    found = {claim.key: Bound.OLD_VERSION for claim in kind.columns if claim.kind is Kind.CERTIFICATE_IDENTIFIER}
    if kind.validity_rule.first is not None:
        found[kind.validity_rule.first] = Bound.FIRST_DAY
    if draft.batch.purpose == Purpose.RENEW and kind.renewal is not None and kind.renewal.keeps_number:
        found[kind.number_claim] = Bound.NUMBER
    return found


def change(office: Office, row_id: str, content: Content, clerk: Clerk, *, seen: str) -> None:
    """Have the draft of a new version say something else.

    Raises `NotReady` if somebody else changed it since it was opened (`Draft.seen`), or if it is no draft any more;
    `NotAllowed` for what is bound, and for what could not have been made a new version of either.
    """
    with office.store.reading() as work:
        draft = drafts.opened(office, work, row_id, agency=clerk.agency)
        kind, name = draft.certificate_type, office.directory().agency(clerk.agency).name
        claims = issuing.with_authority(kind, content.claims, name)
        _require_may(draft, seen, claims)
        if (claims, content.files) == (draft.content.claims, draft.content.files):
            return
        old = _old(work, draft)
    replacing.require_version(office, old, kind, claims, purpose=Purpose(draft.batch.purpose))
    with office.store.reading() as work:
        fresh = issuing.row(office, work, kind, claims, batch=draft.batch, position=0)
    with office.store.writing() as work:
        draft = drafts.opened(office, work, row_id, agency=clerk.agency)
        _require_may(draft, seen, claims)
        replacing.require_number(office, work, old, kind, claims)
        drafts.put(office, work, draft, fresh=fresh, claims=claims, clerk=clerk)
        certified_files.put(office.records, work, draft.certificate, content.files)


def _require_may(draft: Draft, seen: str, claims: dict[str, JSON]) -> None:
    drafts.require_open(draft, seen)
    before = draft.content.claims
    if changed := [key for key in bound(draft) if claims.get(key) != before.get(key)]:
        raise NotAllowed(f"this new version is bound: got another {', '.join(changed)}, wanted it as it was made")


def _old(work: Work, draft: Draft) -> Certificate:
    if draft.certificate.replaces_id is None:
        raise NotReady(f"certificate {draft.certificate.id}: it takes no other one's place")
    return work.certificate(draft.certificate.replaces_id)
