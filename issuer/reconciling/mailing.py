"""E-mail about foreign records: one message for each transaction, tried until it arrives, through one mail server.

Addresses are the operator's settings, and stand nowhere else. A message names agency, block, transaction and officers'
accounts, and nothing about a holder. An attempt of which nothing is known is made again under the same Message-ID, by
which mail programs know a message that they have.
"""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING

import structlog

from issuer import wording
from issuer.errors import Unreachable
from issuer.reconciling import foreign_words, rows
from issuer.said import msgid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from issuer.office import Office
    from issuer.reconciliation_models import AlertMail, ForeignRecord
    from issuer.reconciling.post import Post
    from issuer.store import Work

WAITS = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 30, 60, 300, 900))
"""After each failed attempt; then the last one again and again."""
LEASE = timedelta(minutes=2)
"""An attempt of which nothing is heard for so long was made by somebody who died."""
MOST_LISTED = 50
"""Records of one transaction that a message lists."""
_SUBJECT = msgid("Yinxin: a record of agency %(agency)s that was not queued here (block %(block)s)")
_LEAD = msgid(
    "The registry holds %(count)s records in the name of agency %(agency)s, in transaction %(transaction)s (block "
    "%(block)s), that this service did not queue:"
)
_TODO = msgid(
    "If you do not know of this, act at once: ask the officers named above; if it was not them, have their rights "
    "taken and the document keys cut off. A manager acknowledges it here: %(url)s"
)
_log = structlog.get_logger()


def send_one(office: Office, post: Post | None) -> bool:
    """Make one attempt at the message that has waited longest; returns whether one waited."""
    if post is None:
        return False
    with office.store.reading() as work:
        if rows.due(work, office.now()) is None:
            return False
    with office.store.writing() as work:
        mail = rows.due(work, office.now())
        if mail is None:
            return False
        # Whoever else looks meanwhile leaves it alone; whoever dies now lets go of it when the lease ends.
        mail.attempts += 1
        mail.next_at = office.now() + LEASE
        message = _message(office, work, mail, post)
        number, attempt = mail.id or 0, mail.attempts
    outcome = ""
    try:
        refused = post.send(message)
        if refused:
            outcome = f"the mail server refused {refused} of the addresses"
    except Unreachable as exc:
        _record(office, number, attempt, str(exc), arrived=False)
    else:
        _record(office, number, attempt, outcome, arrived=True)
    return True


def _record(office: Office, number: int, attempt: int, answer: str, *, arrived: bool) -> None:
    with office.store.writing() as work:
        mail = rows.mail(work, number)
        if mail.delivered_at is not None or mail.attempts != attempt:
            return
        mail.last_answer = answer
        if arrived:
            mail.delivered_at = office.now()
        else:
            mail.next_at = office.now() + WAITS[min(attempt, len(WAITS)) - 1]
    _log.info("alert mail", mail=number, arrived=arrived, answer=answer)


def _message(office: Office, work: Work, mail: AlertMail, post: Post) -> EmailMessage:
    """Return the message, in Chinese and then in English."""
    records = rows.foreign_of(work, mail.agency, mail.transaction_hash)
    names = rows.names(office, work)
    made = EmailMessage()
    values = {"agency": mail.agency, "block": records[0].block_number}
    made["Subject"] = " / ".join(wording.of(each).gettext(_SUBJECT, **values) for each in wording.LANGUAGES)
    made["From"] = post.sender
    made["To"] = ", ".join(post.addresses(mail.agency))
    made["Date"] = format_datetime(office.now())
    domain = post.sender.rpartition("@")[2]
    made["Message-ID"] = f"<{mail.agency}.{mail.transaction_hash.hex()}@{domain}>"
    # So that no holiday notice answers it (RFC 3834, section 5).
    made["Auto-Submitted"] = "auto-generated"
    made.set_content("\n\n\n".join(_text(each, mail, records, names, post.url) for each in wording.LANGUAGES))
    return made


def _text(language: str, mail: AlertMail, records: list[ForeignRecord], names: Mapping[str, str], url: str) -> str:
    words = wording.of(language)
    lead = words.gettext(
        _LEAD,
        count=len(records),
        agency=mail.agency,
        block=records[0].block_number,
        transaction=f"0x{mail.transaction_hash.hex()}",
    )
    listed = [f"- {foreign_words.said(each, words, names)}" for each in records[:MOST_LISTED]]
    if len(records) > MOST_LISTED:
        listed.append(words.gettext("(and %(count)s more)", count=len(records) - MOST_LISTED))
    return "\n\n".join([lead, "\n".join(listed), words.gettext(_TODO, url=url)])
