"""E-mail about foreign records and about differences, tried until it arrives, through one mail server.

There is one message for all that one look at the registry found, and one for each reconciliation in which something is
new. Addresses are the
operator's settings, and stand nowhere else. A message names agency, block, transaction and officers' accounts, and
nothing about a holder. An attempt of which nothing is known is made again under the same Message-ID, by
which mail programs know a message that they have.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING

import structlog

from issuer import wording
from issuer.errors import Unreachable
from issuer.reconciling import foreign_words, rows
from issuer.reconciling.differences import GRADE_WORDS, Grade
from issuer.said import msgid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from issuer.office import Office
    from issuer.reconciling.differences import Difference
    from issuer.reconciling.post import Post
    from issuer.tables.reconciliation_models import AlertMail, ForeignRecord, Reconciliation
    from issuer.tables.store import Work
    from issuer.wording import Words

WAITS = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 30, 60, 300, 900))
"""After each failed attempt; then the last one again and again."""
LEASE = timedelta(minutes=2)
"""An attempt of which nothing is heard for so long was made by somebody who died."""
_NOBODY = "nobody is to be told"
"""The answer of a message whose agency has no address any more."""
MOST_LISTED = 50
"""Records, or differences, that a message lists."""
_SUBJECT = msgid("Yinxin: a record of agency %(agency)s that was not queued here (block %(block)s)")
_LEAD = msgid(
    "The registry holds %(count)s records in the name of agency %(agency)s, in transaction %(transaction)s (block "
    "%(block)s), that this service did not queue:"
)
_TODO = msgid(
    "If you do not know of this, act at once: ask the officers named above; if it was not them, have their rights "
    "taken and the document keys cut off. A manager acknowledges it here: %(url)s"
)
_SUBJECT_SEVERAL = msgid(
    "Yinxin: %(count)s records of agency %(agency)s that were not queued here (blocks %(first)s to %(last)s)"
)
_LEAD_SEVERAL = msgid(
    "The registry holds %(count)s records in the name of agency %(agency)s, in %(transactions)s transactions (blocks "
    "%(first)s to %(last)s), that this service did not queue:"
)
_TODO_SEVERAL = msgid(
    "Was this service restored from a backup, or begun over an empty database? Then it may have queued them itself "
    "before: whoever runs it catches up with the chain (yinxin-issuer catch-up) and runs a reconciliation."
)
_SUBJECT_DIFFERS = msgid("Yinxin: the reconciliation of agency %(agency)s found something new (block %(block)s)")
_LEAD_DIFFERS = msgid(
    "The reconciliation of agency %(agency)s up to block %(block)s found %(count)s differences that the one before it "
    "had not, %(alarms)s of them alarms:"
)
_TODO_DIFFERS = msgid("All that it found, also what was found before, is here: %(url)s")
_SUBJECT_GONE = msgid("Yinxin: what agency %(agency)s was to be told of is gone")
_GONE = msgid(
    "A message to agency %(agency)s was to tell of something that is not in this service's database any more. The "
    "service deletes nothing of it: somebody altered the database. Run a reconciliation at once, and compare with a "
    "backup: %(url)s"
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
        if not post.addresses(mail.agency):
            # The operator took the addresses out since; a message to nobody would be tried for ever.
            mail.delivered_at, mail.last_answer = office.now(), _NOBODY
            _log.warning("alert mail", mail=mail.id, arrived=False, answer=_NOBODY)
            return True
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
    told = _told(work, mail, rows.names(office, work, mail.agency), post)
    made = EmailMessage()
    made["Subject"] = " / ".join(told.subject(wording.of(each)) for each in wording.LANGUAGES)
    made["From"] = post.sender
    made["To"] = ", ".join(post.addresses(mail.agency))
    made["Date"] = format_datetime(office.now())
    domain = post.sender.rpartition("@")[2]
    made["Message-ID"] = f"<{mail.agency}.{told.name}@{domain}>"
    # So that no holiday notice answers it (RFC 3834, section 5).
    made["Auto-Submitted"] = "auto-generated"
    made.set_content("\n\n\n".join(told.text(wording.of(each)) for each in wording.LANGUAGES))
    return made


@dataclass(frozen=True, slots=True)
class _Told:
    """What a message says."""

    name: str
    """What tells it from the agency's other messages."""
    subject: Callable[[Words], str]
    text: Callable[[Words], str]


def _told(work: Work, mail: AlertMail, names: Mapping[str, str], post: Post) -> _Told:
    if mail.transaction_hash is not None:
        if records := rows.told_with(work, mail.agency, mail.transaction_hash):
            return _of_records(records, mail.transaction_hash, names, post.url)
    elif (run := rows.found(work, mail.reconciliation_id)) is not None and (new := rows.fresh(work, run)):
        return _of_differences(run, new, names, post.url)
    # Else no message would be sent any more, for this one would stand in their way.
    values = {"agency": mail.agency, "url": post.url}
    return _Told(
        f"gone.{mail.id}",
        lambda words: words.gettext(_SUBJECT_GONE, **values),
        lambda words: words.gettext(_GONE, **values),
    )


def _of_records(records: list[ForeignRecord], transaction: bytes, names: Mapping[str, str], url: str) -> _Told:
    transactions, blocks = {each.transaction_hash for each in records}, [each.block_number for each in records]
    values = {
        "agency": records[0].agency,
        "count": len(records),
        "transaction": f"0x{transaction.hex()}",
        "transactions": len(transactions),
        "block": blocks[0],
        "first": min(blocks),
        "last": max(blocks),
    }
    is_one = len(transactions) == 1

    def text(words: Words) -> str:
        lead = words.gettext(_LEAD if is_one else _LEAD_SEVERAL, **values)
        listed = [f"- {foreign_words.said(each, words, names)}" for each in records[:MOST_LISTED]]
        todo = words.gettext(_TODO, url=url)
        if not is_one:
            todo = f"{words.gettext(_TODO_SEVERAL)}\n\n{todo}"
        return _listed(words, lead, listed, len(records), todo)

    subject = _SUBJECT if is_one else _SUBJECT_SEVERAL
    return _Told(transaction.hex(), lambda words: words.gettext(subject, **values), text)


def _of_differences(run: Reconciliation, new: list[Difference], names: Mapping[str, str], url: str) -> _Told:
    values = {"agency": run.agency, "block": run.block_number}
    alarms = sum(each.grade is Grade.ALARM for each in new)

    def text(words: Words) -> str:
        lead = words.gettext(_LEAD_DIFFERS, **values, count=len(new), alarms=alarms)
        listed = [_difference(each, words, names) for each in new[:MOST_LISTED]]
        return _listed(words, lead, listed, len(new), words.gettext(_TODO_DIFFERS, url=f"{url}/{run.id}"))

    # The moment as well: where somebody deleted the newest run, the next one has its number.
    name = f"reconciliation.{run.id}.{int(run.ended_at.timestamp())}"
    return _Told(name, lambda words: words.gettext(_SUBJECT_DIFFERS, **values), text)


def _difference(each: Difference, words: Words, names: Mapping[str, str]) -> str:
    what, todo = each.said(words, names)
    return f"- {words.gettext(GRADE_WORDS[each.grade])}: {what} {words.gettext('To do:')} {todo}"


def _listed(words: Words, lead: str, listed: list[str], count: int, todo: str) -> str:
    if count > MOST_LISTED:
        listed.append(words.gettext("(and %(count)s more)", count=count - MOST_LISTED))
    return "\n\n".join([lead, "\n".join(listed), todo])
