"""Which lines of history clients are told of, under which names, and how a message looks.

A message says that something happened to a batch or a certificate, by its number here, and nothing about a holder:
whoever wants to know more asks for it, by the client's own rights.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from datetime import UTC
from typing import TYPE_CHECKING

from issuer.tables.models import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from issuer.tables.models import History
    from issuer.tables.reconciliation_models import ForeignRecord, Reconciliation
    from issuer.tables.webhook_models import WebhookDelivery

TEST = "webhook.test"
FOREIGN = "record.foreign"
"""The registry recorded something under the agency's name that nobody here had queued."""
DIFFERS = "reconciliation.differs"
"""A reconciliation found something that the one before it had not."""
SECRET_BEGINS = "whsec_"  # noqa: S105 — how secrets of webhooks begin everywhere

_BATCH = {
    "drafted": ("batch.drafted", State.DRAFT),
    "prepared": ("batch.submitted", State.PREPARED),
    "approved": ("batch.approved", None),
    "returned": ("batch.returned", State.DRAFT),
    "recalled": ("batch.recalled", State.DRAFT),
    "queued": ("batch.queued", State.QUEUED),
    "signed and stored": ("batch.sent", State.SENT),
    "in a block": ("batch.in_block", State.IN_BLOCK),
    "final": ("batch.final", State.FINAL),
    "issued": ("batch.issued", State.ISSUED),
    "documents made": ("batch.documents_ready", State.ISSUED),
    "failed": ("batch.failed", State.FAILED),
    "refused before sending": ("batch.set_aside", State.APPROVED),
    "signatures void": ("batch.reopened", State.DRAFT),
    "discarded": ("batch.discarded", State.DISCARDED),
}
_CERTIFICATE = {
    "final": "certificate.status_changed",
    "failed": "certificate.status_failed",
    "refused before sending": "certificate.status_failed",
    "erased": "certificate.erased",
}
_SIGNED = " signed"
_REQUESTED = "certificate.status_requested"

KINDS = tuple(
    sorted({kind for kind, _ in _BATCH.values()} | set(_CERTIFICATE.values()) | {_REQUESTED, FOREIGN, DIFFERS})
)
"""All events, by name."""
_STATES = dict(_BATCH.values())


def kind_of(line: History) -> str | None:
    """Return the event that a line of history is; None where clients are not told of it."""
    if line.certificate_id is not None:
        return _REQUESTED if line.what.endswith(_SIGNED) else _CERTIFICATE.get(line.what)
    kind, _ = _BATCH.get(line.what, (None, None))
    return kind


def body(delivery: WebhookDelivery, record: ForeignRecord | None = None, run: Reconciliation | None = None) -> bytes:
    """Return the message of a delivery, and of the record or run it tells of: the same bytes at every attempt."""
    data: dict[str, str | int | None] = {}
    if delivery.batch_id is not None:
        data["batch"] = delivery.batch_id
    if delivery.certificate_id is not None:
        data["certificate"] = delivery.certificate_id
    if delivery.record_id is not None:
        data["record"] = delivery.record_id
    if record is not None:
        data["event"], data["block"] = record.kind, record.block_number
        data["transaction"] = f"0x{record.transaction_hash.hex()}"
    if delivery.reconciliation_id is not None:
        data["reconciliation"] = delivery.reconciliation_id
    if run is not None:
        grades = [each["grade"] for each in json.loads(run.findings)]
        data["block"], data["alarms"], data["faults"] = run.block_number, grades.count("ALARM"), grades.count("FAULT")
    state = _STATES.get(delivery.kind)
    if state is not None:
        data["state"] = str(state)
    happened = delivery.happened_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"type": delivery.kind, "timestamp": happened, "data": data}, separators=(",", ":")).encode()


def signatures(message_id: str, timestamp: int, content: bytes, secrets: Sequence[str]) -> str:
    """Return the header `webhook-signature`: one signature for each secret (Standard Webhooks, «v1»)."""
    signed = f"{message_id}.{timestamp}.".encode() + content
    return " ".join(
        "v1," + base64.b64encode(hmac.digest(key_of(each), signed, hashlib.sha256)).decode() for each in secrets
    )


def secret_of(key: bytes) -> str:
    """Write a key as receivers' libraries take it."""
    return SECRET_BEGINS + base64.b64encode(key).decode()


def key_of(secret: str) -> bytes:
    """Undo `secret_of`; raises ValueError."""
    try:
        return base64.b64decode(secret.removeprefix(SECRET_BEGINS), validate=True)
    except binascii.Error as exc:
        raise ValueError(f"webhook secret: wanted {SECRET_BEGINS} and base64") from exc
