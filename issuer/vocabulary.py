"""The words for what the tables write in capitals: states, roles, standings. All are msgids; pages translate them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from issuer.said import msgid
from issuer.tables.account_models import Role, Standing
from issuer.tables.models import Purpose, State

if TYPE_CHECKING:
    from collections.abc import Collection

    from issuer.tables.models import Batch
    from issuer.wording import Words

ROLES = {
    Role.PREPARER: msgid("Preparer"),
    Role.APPROVER: msgid("Approver"),
    Role.STATUS_OFFICER: msgid("Status officer"),
    Role.AGENCY_MANAGER: msgid("Agency manager"),
    Role.COUNCIL_MEMBER: msgid("Council member"),
    Role.AUDITOR: msgid("Auditor"),
}
ROLES_MEAN = {
    Role.PREPARER: msgid("Imports and drafts certificates, and submits batches."),
    Role.APPROVER: msgid("Approves what a colleague has submitted, or returns it."),
    Role.STATUS_OFFICER: msgid("Suspends, revokes, corrects and renews."),
    Role.AGENCY_MANAGER: msgid("Invites people, gives roles, and sees the log."),
    Role.COUNCIL_MEMBER: msgid("Invites the first manager of an agency, and sees the log."),
    Role.AUDITOR: msgid("Reads everything of the agency, and changes nothing."),
}
STANDINGS = {
    Standing.INVITED: (msgid("Invited"), "blue"),
    Standing.ACTIVE: (msgid("Active"), "green"),
    Standing.LOCKED: (msgid("Locked"), "yellow"),
    Standing.CLOSED: (msgid("Closed"), "grey"),
}
STATES = {
    State.DRAFT: (msgid("Draft"), "grey"),
    State.PREPARED: (msgid("Submitted"), "blue"),
    State.APPROVED: (msgid("Approved"), "purple"),
    State.QUEUED: (msgid("Queued"), "teal"),
    State.SENT: (msgid("Sent"), "teal"),
    State.IN_BLOCK: (msgid("In a block"), "teal"),
    State.FINAL: (msgid("Final"), "teal"),
    State.ISSUED: (msgid("Signed"), "green"),
    State.FAILED: (msgid("Failed"), "red"),
    State.DISCARDED: (msgid("Discarded"), "grey"),
}
"""(word, colour of its tag) of each state of a batch."""
DOCUMENTS_READY = (msgid("Documents ready"), "green")
PURPOSES = {
    Purpose.ISSUE: msgid("New certificates"),
    Purpose.REPLACE: msgid("Corrections"),
    Purpose.RENEW: msgid("Renewals"),
}


def role_words(roles: Collection[Role], words: Words) -> list[str]:
    """Return roles in a language, in the order in which they are listed."""
    return list(map(words.gettext, role_msgids(roles)))


def role_msgids(roles: Collection[Role]) -> list[str]:
    """Return the words of roles that no language is chosen for yet, in the order in which they are listed."""
    return [word for role, word in ROLES.items() if role in roles]


def state(batch: Batch) -> tuple[str, str]:
    """Return (word, colour) for where a batch is."""
    if batch.state == State.ISSUED and batch.documents_at is not None:
        return DOCUMENTS_READY
    return STATES[State(batch.state)]
