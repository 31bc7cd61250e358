"""Everything that the issuer refuses or fails at, beyond what the chain of evidence itself refuses.

The tree:

    IssuerError (a chain.errors.YinxinError)
    ├── FileRefused           a spreadsheet with faults; carries every one, nothing was written
    ├── NotFound              no such batch, certificate, officer, type or agency here
    ├── Ambiguous             several fit, one is wanted
    ├── NotAllowed            a person or agency that may not do this
    │   ├── RoleMissing       a person who has none of the roles that this is for
    │   └── SecondFactorWanted  a person whose roles demand a second factor, and who has none
    ├── NotReady              the thing is in another state than this step needs
    ├── Unconfirmed           would undo what is in force, or is likely a slip; wanted: that somebody says it is meant
    ├── ProofMissing          a batch whose proofs are not made yet, or cannot be
    ├── RefusedByRegistry     the registry did not take it; the reasons in plain words
    ├── SettingMissing        a setting that this command needs
    ├── PlanInvalid           an enrolment plan that says something impossible
    ├── Locked                a key that did not open: wrong password, damaged or missing file
    ├── PasswordRefused       a new password that would be guessed too soon
    ├── LogBroken             the log of actions is not what was written
    ├── SignInTrouble         it is not shown who is asking
    │   ├── SignInRefused     name, password, code or passkey are not the ones; never says which
    │   ├── TooManyAttempts   says from when the next one counts
    │   ├── SessionOver       signed out, idle for too long, or never signed in
    │   └── FreshSignInWanted  signed in, but not recently enough for this step
    ├── CapReached            a consuming system that asked as often as a day allows; says from when it may again
    ├── AnswerPending         the same request is being worked on
    ├── KeyReused             an idempotency key that came with another request before
    ├── AddressRefused        an address that nothing is sent to from here
    ├── Unreachable           an address at which nobody answers, or not in time
    ├── VerifierAway          the public verifying service does not answer
    ├── Cancelled             somebody does not want a task in the background done any more
    ├── ProviderAway          the identity provider does not answer, or not as it should
    ├── Erased                the record's key was destroyed; nothing of its claims can be read any more
    ├── DocumentTrouble       a document that cannot be handed out
    │   ├── FontsMissing      the folders do not hold the fonts that documents are set in
    │   ├── Unprintable       the fonts lack a character, or the layout fails
    │   └── CodeUnreadable    the code read back from the page is not the one that was printed
    ├── DatabaseTrouble       the issuer's own database cannot be used; nothing of it is lost
    │   ├── DatabaseAway      it does not answer, or stopped answering in the middle
    │   ├── DatabaseBusy      others held it for too long
    │   ├── KeysChanged       its keys were rotated since this process began; it must be started again
    │   └── DatabaseRefuses   it is full, read-only, damaged, or lets nobody in
    └── LaneTrouble           the queue of transactions cannot go on
        ├── LaneBusy          another process is sealing with the same sender
        ├── LaneLost          this process sealed, and holds the lane no longer
        ├── LaneFrozen        somebody else uses the sender's account
        └── StillWaiting      sent, but not final yet; repeating the command goes on where it stopped

    InvalidInput (chain.errors)
    └── StatusNotKnown        a status that the law of a certificate's type does not know
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chain.claims import CHINESE
from chain.errors import InvalidInput, YinxinError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from chain.certificate_types import CertificateType
    from chain.events import Track


class IssuerError(YinxinError):
    """The root of this tree; its text says what was got, what is wanted and, where it helps, what to do."""


@dataclass(frozen=True, slots=True)
class RowFault:
    """One thing wrong with one cell of a spreadsheet."""

    row: int
    """As spreadsheet programs count: the headers are row 1. 0 where the fault is with the whole file."""
    column: str
    """The header as it stands in the file; empty where the fault is with the whole row."""
    got: str
    wanted: str

    def __str__(self) -> str:
        """Say it in one line."""
        place = ", ".join(filter(None, [f"row {self.row}" if self.row else "file", self.column]))
        return f"{place}: got {self.got}, wanted {self.wanted}"


class FileRefused(IssuerError):
    """A spreadsheet with faults. Nothing of it was written."""

    def __init__(self, faults: Sequence[RowFault]) -> None:
        """Keep every fault, not just the first."""
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)


class StatusNotKnown(InvalidInput):
    """A status that the law of a certificate's type does not know, so that nobody may record it."""

    def __init__(self, verb: str, track: Track, certificate_type: CertificateType) -> None:
        """Keep what was wanted of which type: pages say it in their own language."""
        known = ", ".join(each.name for each in sorted(certificate_type.statuses))
        super().__init__(
            f"verb: got «{verb}», but {certificate_type.names[CHINESE]} ({certificate_type.identifier}) knows no "
            f"{track.name}; wanted one of its statuses: {known}"
        )
        self.track = track
        self.certificate_type = certificate_type


class NotFound(IssuerError):
    """No such batch, certificate, officer, type or agency here."""


class Ambiguous(IssuerError):
    """Several fit, one is wanted."""


class NotAllowed(IssuerError):
    """A person or agency that may not do this."""


class RoleMissing(NotAllowed):
    """A person who has none of the roles that this is for."""

    def __init__(self, who: str, held: Sequence[str], wanted: Sequence[str]) -> None:
        """Keep the roles by their words, which are msgids: pages say them in their own language."""
        super().__init__(f"{who} is {', '.join(held) or 'without a role'}; wanted {' or '.join(wanted)}")
        self.who = who
        self.held = tuple(held)
        self.wanted = tuple(wanted)


class SecondFactorWanted(NotAllowed):
    """A person whose roles demand a second factor, and who has none."""


class NotReady(IssuerError):
    """The thing is in another state than this step needs; several texts are several reasons."""

    def __str__(self) -> str:
        """Say every reason."""
        return "; ".join(map(str, self.args))


class Unconfirmed(IssuerError):
    """It would undo what is in force, or is likely a slip; wanted is that somebody says it is meant."""


class ProofMissing(IssuerError):
    """A batch whose proofs are not made yet, or cannot be."""


class RefusedByRegistry(IssuerError):
    """The registry did not take it; the text says why in plain words."""


class SettingMissing(IssuerError):
    """A setting that this command needs."""


class PlanInvalid(IssuerError):
    """An enrolment plan that says something impossible."""


class Locked(IssuerError):
    """A key that did not open."""


class PasswordRefused(IssuerError):
    """A new password that would be guessed too soon."""


class LogBroken(IssuerError):
    """The log of actions is not what was written: a line was altered, added, taken out or cut off."""


class SignInTrouble(IssuerError):
    """It is not shown who is asking."""


class SignInRefused(SignInTrouble):
    """Name, password, code or passkey are not the ones. Never says which, nor whether there is such an account."""


class TooManyAttempts(SignInTrouble):
    """Too many attempts failed, with this name or from this place."""

    def __init__(self, until: datetime) -> None:
        """Keep the moment from which the next attempt counts."""
        super().__init__(f"too many attempts failed; the next one counts from {until.isoformat(timespec='seconds')}")
        self.until = until


class SessionOver(SignInTrouble):
    """Signed out, idle for too long, or never signed in."""


class FreshSignInWanted(SignInTrouble):
    """Signed in, but not recently enough for this step."""


class CapReached(IssuerError):
    """A consuming system that asked as often as a day allows."""

    def __init__(self, cap: int, until: datetime) -> None:
        """Keep the moment from which it may ask again."""
        super().__init__(f"asked {cap} times today, which is the cap; it counts anew from {until.isoformat()}")
        self.until = until


class AnswerPending(IssuerError):
    """The same request, with the same idempotency key, is being worked on."""


class KeyReused(IssuerError):
    """An idempotency key that came with another request before."""


class AddressRefused(IssuerError):
    """An address that nothing is sent to from here."""


class Unreachable(IssuerError):
    """An address at which nobody answers, or not in time; the text names the kind of trouble, not what was sent."""


class VerifierAway(IssuerError):
    """The public verifying service does not answer, or not as it should."""


class Cancelled(IssuerError):
    """Somebody does not want a task in the background done any more; nothing of it is stored."""


class ProviderAway(IssuerError):
    """The identity provider does not answer, or not as it should."""


class Erased(IssuerError):
    """The record's key was destroyed."""


class DocumentTrouble(IssuerError):
    """A document that cannot be handed out."""


class FontsMissing(DocumentTrouble):
    """The folders do not hold the fonts that documents are set in."""


class Unprintable(DocumentTrouble):
    """The fonts lack a character of a document, or its layout fails."""


class CodeUnreadable(DocumentTrouble):
    """The code read back from the page is not the one that was printed."""


class DatabaseTrouble(IssuerError):
    """The issuer's own database cannot be used now; nothing of it is lost."""


class DatabaseAway(DatabaseTrouble):
    """It does not answer, or stopped answering in the middle."""


class DatabaseBusy(DatabaseTrouble):
    """Others held it for too long."""


class KeysChanged(DatabaseTrouble):
    """Its keys were rotated since this process began, which must be started again."""


class DatabaseRefuses(DatabaseTrouble):
    """It is full, read-only, damaged, or lets nobody in."""


class LaneTrouble(IssuerError):
    """The queue of transactions cannot go on."""


class LaneBusy(LaneTrouble):
    """Another process is sealing with the same sender."""


class LaneLost(LaneTrouble):
    """This process sealed, and holds the lane no longer: its session with the database was cut off."""


class LaneFrozen(LaneTrouble):
    """Somebody else uses the sender's account."""


class StillWaiting(LaneTrouble):
    """Sent, but not final yet; repeating the command goes on where it stopped."""
