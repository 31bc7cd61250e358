"""The words for what other systems may do, what they are told, and how that went. All are msgids."""

from __future__ import annotations

from issuer.said import msgid
from issuer.tables.client_models import Scope
from issuer.tables.webhook_models import DeliveryState

SCOPES = {
    Scope.SEARCH: (msgid("Search"), msgid("Finds certificates by number, or by a holder's code.")),
    Scope.INFO: (msgid("Data"), msgid("Reads what a certificate says, as far as allowed, and how it stands.")),
    Scope.FILE: (msgid("Files"), msgid("Fetches a certificate's document.")),
    Scope.VERIFY: (msgid("Compare"), msgid("Asks whether data or a file is what this agency issued.")),
    Scope.DRAFT: (msgid("Send drafts"), msgid("Sends rows that become drafts; officers submit and approve them.")),
    Scope.READ_BATCHES: (msgid("Follow batches"), msgid("Reads how the agency's batches stand, and their numbers.")),
}
"""(word, what it means) of each service."""
KINDS = {
    "batch.approved": msgid("Batch approved"),
    "batch.discarded": msgid("Batch discarded"),
    "batch.documents_ready": msgid("Documents ready"),
    "batch.drafted": msgid("Batch drafted"),
    "batch.failed": msgid("Batch failed"),
    "batch.final": msgid("Batch final"),
    "batch.in_block": msgid("Batch in a block"),
    "batch.issued": msgid("Certificates signed"),
    "batch.queued": msgid("Batch queued"),
    "batch.recalled": msgid("Batch recalled"),
    "batch.reopened": msgid("Batch changed after submitting"),
    "batch.returned": msgid("Batch returned"),
    "batch.sent": msgid("Batch sent to the chain"),
    "batch.set_aside": msgid("Batch set aside"),
    "batch.submitted": msgid("Batch submitted"),
    "certificate.erased": msgid("Personal data erased"),
    "certificate.status_changed": msgid("Status changed"),
    "certificate.status_failed": msgid("Change of status refused"),
    "certificate.status_requested": msgid("Change of status signed"),
    "record.foreign": msgid("Record in the agency's name that nobody here queued"),
    "reconciliation.differs": msgid("Reconciliation found something new"),
    "webhook.test": msgid("Test message"),
}
DELIVERIES = {
    DeliveryState.WAITING: (msgid("Waiting"), "blue"),
    DeliveryState.DELIVERED: (msgid("Arrived"), "green"),
    DeliveryState.PARKED: (msgid("Given up"), "red"),
}
"""(word, colour of its tag)."""
LIVES = ((30, msgid("30 days")), (90, msgid("90 days")), (365, msgid("One year")), (0, msgid("Until it is ended")))
"""(days, word) for how long a secret can be made to count."""
