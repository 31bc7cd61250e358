"""The words for foreign records: what the registry recorded that nobody here had queued."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chain.events import Capability, Track
from issuer.reconciling.differences import changed_track, shown
from issuer.said import msgid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from issuer.tables.reconciliation_models import ForeignRecord
    from issuer.wording import Words

SENTENCES = {
    "BatchAnchored": msgid(
        "A batch of %(size)s certificates was anchored in this agency's name: number %(sequence)s, root "
        "%(root)s, signed "
        "by %(officers)s."
    ),
    "StatusChanged": msgid(
        "A certificate's status was changed: %(track)s, leaf %(leaf)s, by agency %(actor)s, signed by %(officers)s."
    ),
    "CertificateReplaced": msgid("A certificate was replaced: leaf %(old_leaf)s by leaf %(new_leaf)s."),
    "OfficerSet": msgid(
        "The rights of officer %(officer)s were changed to: %(capabilities)s. Consented to by %(consenters)s."
    ),
    "KeyAdded": msgid(
        "A document key that is not here was listed for this agency: %(kid)s. Consented to by %(consenters)s."
    ),
    "KeyCutOff": msgid(
        "A document key was cut off: %(kid)s, from block %(cut_off_block)s on. Consented to by %(consenters)s."
    ),
    "AgencySuspended": msgid("This agency was suspended. Consented to by %(consenters)s."),
    "AgencyResumed": msgid("This agency may act again. Consented to by %(consenters)s."),
    "AgencyCorrected": msgid("The council corrected this agency's entry."),
    "TypeGranted": msgid("This agency was given certificate type %(certificate_type)s."),
    "TypeWithdrawn": msgid("Certificate type %(certificate_type)s was taken from this agency."),
    "ApprovalsDemanded": msgid("The agency above demands %(approvals)s approvals for a batch."),
    "OwnApprovalsSet": msgid("This agency's batches need %(approvals)s approvals by its own rule."),
}
"""By the event's name. An event that is not here is told by its name alone."""
_OTHER = msgid("The registry recorded %(kind)s for this agency.")
_CAPABILITIES = {
    Capability.PREPARE: msgid("prepare batches"),
    Capability.APPROVE: msgid("approve batches"),
    Capability.STATUS: msgid("change statuses"),
    Capability.MANAGE: msgid("manage officers and keys"),
}
_NOTHING = msgid("nothing")


def said(record: ForeignRecord, words: Words, names: Mapping[str, str]) -> str:
    """Say what a foreign record is; `names` are officers' by their addresses, as 0x and hexadecimal digits."""
    facts: dict[str, str | int] = json.loads(record.facts)
    sentence = SENTENCES.get(record.kind)
    if sentence is None:
        return words.gettext(_OTHER, kind=record.kind)
    values = {key: shown(value, words, names) for key, value in facts.items()}
    match record.kind:
        case "BatchAnchored":
            signers = [str(each) for each in (facts["preparer"], facts["approvers"]) if each]
            values["officers"] = shown(",".join(signers), words, names)
        case "StatusChanged":
            track, first, until = Track[str(facts["track"])], int(facts["from_hour"]), int(facts["until_hour"])
            values["track"] = shown(changed_track(track, first, until), words, names)
        case "OfficerSet":
            held = Capability(int(facts["capabilities"]))
            listed = [words.gettext(word) for each, word in _CAPABILITIES.items() if each in held]
            values["capabilities"] = words.listed(listed) or words.gettext(_NOTHING)
        case _:
            pass
    return words.gettext(sentence, **values)
