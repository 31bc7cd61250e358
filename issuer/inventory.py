"""What is encrypted under which key: every column of bytes, in one place.

Whoever adds a column of bytes enters it here, or a test fails. By this list keys are rotated (issuer/rotation.py) and
records erased (erasure/erasing.py); a column that is missing would be unreadable after the one and survive the other.

Every encrypted value stands at the place `table‖column‖primary key` (issuer/vault.py), but for those under a record's
key: their place is the certificate's.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from sqlalchemy import true
from sqlmodel import select

from issuer.tables.account_models import (
    AuditLine,
    Challenge,
    FailedAttempts,
    Invitation,
    Passkey,
    Person,
    RecoveryCode,
    SignInSession,
    Totp,
)
from issuer.tables.appointment_models import Appointment
from issuer.tables.catch_up_models import LostBatch, NonceFloor
from issuer.tables.client_models import AccessToken, Client, ClientSecret, ClientUse, RememberedAnswer
from issuer.tables.document_models import StoredDocument
from issuer.tables.draft_models import CertifiedFiles, RememberedColumns, Upload
from issuer.tables.enquiry_models import Enquiry
from issuer.tables.holder_models import HolderLink, HolderVisit, LimitedCopyMade
from issuer.tables.inspection_models import Inspection
from issuer.tables.key_models import KeyEpoch
from issuer.tables.lane_models import LaneCondition
from issuer.tables.models import (
    Base,
    Batch,
    BatchSignature,
    Certificate,
    DataKey,
    DirectorySnapshot,
    Import,
    OutboxTransaction,
    RegistryPin,
    StatusChange,
    StatusTarget,
)
from issuer.tables.order_models import StatusOrder
from issuer.tables.reconciliation_models import AlertMail, ForeignRecord, Reconciliation, RecordsFollowed
from issuer.tables.rehearsal_models import Rehearsal
from issuer.tables.status_models import StatusesFollowed
from issuer.tables.submission_models import BatchComment
from issuer.tables.task_models import Task
from issuer.tables.webhook_models import Webhook

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement


class Under(Enum):
    """What a column's values are."""

    MASTER = auto()
    """Encrypted under the master key."""
    AGENCY = auto()
    """Encrypted under an agency's data key."""
    RECORD = auto()
    """Encrypted under a certificate's own key, which is under the agency's; gone with it."""
    PERSON = auto()
    """Encrypted under what a person's password or token makes; no key of ours opens it."""
    INDEX = auto()
    """A blind index, made with the agency's data key."""
    NOTHING = auto()
    """Hashes, addresses, signatures, public keys: nothing about a holder."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of bytes."""

    model: type[Base]
    name: str
    under: Under

    @property
    def table(self) -> str:
        """The table's name, which is the place's, too."""
        return str(self.model.__tablename__)


def _of(under: Under, model: type[Base], *names: str) -> tuple[Column, ...]:
    return tuple(Column(model, name, under) for name in names)


COLUMNS: tuple[Column, ...] = (
    *_of(Under.MASTER, DataKey, "wrapped"),
    *_of(Under.MASTER, Totp, "secret"),
    *_of(Under.AGENCY, BatchComment, "text"),
    *_of(Under.AGENCY, Certificate, "record_key"),
    *_of(Under.AGENCY, ClientUse, "cause"),
    *_of(Under.AGENCY, Rehearsal, "findings"),
    *_of(Under.AGENCY, RememberedAnswer, "answer"),
    *_of(Under.AGENCY, RememberedColumns, "choices"),
    *_of(Under.AGENCY, StatusOrder, "content", "comment"),
    *_of(Under.AGENCY, Task, "data", "result", "failure_text"),
    *_of(Under.AGENCY, Upload, "file", "name", "look", "choices", "judged", "good"),
    *_of(Under.AGENCY, Webhook, "url", "secret", "old_secret"),
    *_of(Under.RECORD, Certificate, "claims", "prepared", "credential", "code", "reason"),
    *_of(Under.RECORD, CertifiedFiles, "files"),
    *_of(Under.RECORD, Inspection, "note"),
    *_of(Under.RECORD, LimitedCopyMade, "cose"),
    *_of(Under.RECORD, StatusTarget, "grounds"),
    *_of(Under.RECORD, StoredDocument, "pdf"),
    *_of(Under.PERSON, Person, "key_secret"),
    *_of(Under.PERSON, SignInSession, "sealed_secret"),
    *_of(Under.INDEX, Certificate, "number_index", "holder_index", "name_index"),
    *_of(Under.INDEX, HolderLink, "pickup_index"),
    *_of(Under.INDEX, RememberedColumns, "headers"),
    *_of(Under.NOTHING, AccessToken, "digest"),
    *_of(Under.NOTHING, AlertMail, "transaction_hash"),
    *_of(Under.NOTHING, Appointment, "officer", "signatures", "block_hash"),
    *_of(Under.NOTHING, AuditLine, "previous", "hash"),
    *_of(Under.NOTHING, Batch, "kid", "root", "block_hash", "evidence"),
    *_of(Under.NOTHING, BatchSignature, "address", "signature"),
    *_of(Under.NOTHING, Certificate, "leaf"),
    *_of(Under.NOTHING, Challenge, "challenge"),
    *_of(Under.NOTHING, ClientSecret, "digest"),
    *_of(Under.NOTHING, DirectorySnapshot, "block_hash"),
    *_of(Under.NOTHING, Enquiry, "state_digest", "browser_digest"),
    *_of(Under.NOTHING, FailedAttempts, "subject"),
    *_of(Under.NOTHING, ForeignRecord, "digest", "transaction_hash"),
    *_of(Under.NOTHING, HolderLink, "digest"),
    *_of(Under.NOTHING, HolderVisit, "digest"),
    *_of(Under.NOTHING, Import, "file_digest"),
    *_of(Under.NOTHING, Invitation, "token_digest"),
    *_of(Under.NOTHING, KeyEpoch, "master_mark"),
    *_of(Under.NOTHING, LaneCondition, "sender"),
    *_of(Under.NOTHING, LostBatch, "root"),
    *_of(Under.NOTHING, NonceFloor, "sender"),
    *_of(Under.NOTHING, OutboxTransaction, "sender", "hash", "raw", "block_hash"),
    *_of(Under.NOTHING, Passkey, "credential_id", "public_key"),
    *_of(Under.NOTHING, Person, "key_address"),
    *_of(Under.NOTHING, Reconciliation, "block_hash", "manifest"),
    *_of(Under.NOTHING, RecordsFollowed, "block_hash", "heads"),
    *_of(Under.NOTHING, RecoveryCode, "digest"),
    *_of(Under.NOTHING, RegistryPin, "genesis_hash", "registry_id", "address", "agencies_address"),
    *_of(Under.NOTHING, Rehearsal, "root"),
    *_of(Under.NOTHING, RememberedAnswer, "key_digest", "request_digest"),
    *_of(Under.NOTHING, SignInSession, "token_digest"),
    *_of(Under.NOTHING, StatusChange, "decision", "signatures", "block_hash"),
    *_of(Under.NOTHING, StatusesFollowed, "block_hash"),
    *_of(Under.NOTHING, StatusOrder, "proposed_key"),
    *_of(Under.NOTHING, StatusTarget, "leaf", "held"),
    *_of(Under.NOTHING, StoredDocument, "sha256"),
)
"""Every column of bytes that the database has."""

WHOSE_UNKNOWN: tuple[type[Base], ...] = (RememberedAnswer,)
"""Tables under agencies' keys whose rows do not say which agency's; one key only opens a row."""


def columns(under: Under) -> tuple[Column, ...]:
    """Return the columns whose values are of one kind."""
    return tuple(column for column in COLUMNS if column.under is under)


def of_agency(model: type[Base], agency: int) -> ColumnElement[bool]:
    """Return the condition for the rows of a table that are under an agency's data key."""
    held = Base.metadata.tables[str(model.__tablename__)].c
    if model in WHOSE_UNKNOWN:
        return true()
    if "agency" in held:
        return held["agency"] == agency
    if "batch_id" in held:
        return held["batch_id"].in_(select(Batch.id).where(Batch.agency == agency))
    return held["client_id"].in_(select(Client.id).where(Client.agency == agency))
