"""What a transaction's calldata means: which events it must have written, if it was not undone."""

from __future__ import annotations

from typing import cast

from chain import merkle
from chain.ethereum import calls
from chain.ethereum.node import read_bytes
from chain.events import Track
from chain.raw import Meant

_EVENTS_OF = {
    "registerAgency": "AgencyRegistered",
    "suspendAgency": "AgencySuspended",
    "resumeAgency": "AgencyResumed",
    "grantType": "TypeGranted",
    "withdrawType": "TypeWithdrawn",
    "demandApprovals": "ApprovalsDemanded",
    "setOwnApprovals": "OwnApprovalsSet",
    "setOfficer": "OfficerSet",
    "nameManager": "OfficerSet",
    "addKey": "KeyAdded",
    "cutOffKey": "KeyCutOff",
    "correctAgency": "AgencyCorrected",
    "registerTopAgency": "AgencyRegistered",
    "addMember": "MemberAdded",
    "removeMember": "MemberRemoved",
    "setVerifyingHost": "VerifyingHostSet",
    "nameSuccessor": "SuccessorNamed",
    "registerType": "TypeRegistered",
    "retireType": "TypeRetired",
    "propose": "ProposalMade",
    "vote": "VoteCast",
    "execute": "ProposalExecuted",
}
"""Which event each function writes."""
_OF_AN_AGENCY = frozenset(
    {"suspendAgency", "resumeAgency", "grantType", "withdrawType", "demandApprovals", "setOwnApprovals", "setOfficer"}
    | {"nameManager", "addKey", "cutOffKey", "correctAgency"}
)
"""Functions whose first argument is the agency that the event is of."""


def of_certificates_call(payload: bytes) -> list[Meant]:
    """Return what a call of ICertificates must have written; nothing if it writes nothing, or is none."""
    match calls.read_certificates_call(payload):
        case "changeStatus", ((agency, _, leaves, _, track, *_),):
            return [
                Meant("StatusChanged", cast("int", agency), leaf=leaf, track=Track(cast("int", track)))
                for leaf in cast("tuple[bytes, ...]", leaves)
            ]
        case "anchor", (agency, _, _, leaves, *_):
            return [Meant("BatchAnchored", cast("int", agency), root=_root(leaves))]
        case "replace", (agency, _, _, leaves, old_leaves, *_):
            return [
                Meant("BatchAnchored", cast("int", agency), root=_root(leaves)),
                *(
                    Meant("CertificateReplaced", cast("int", agency), leaf=leaf)
                    for leaf in cast("tuple[bytes, ...]", old_leaves)
                ),
            ]
        case _:
            return []


def of_agencies_call(payload: bytes) -> list[Meant]:
    """Return what a call of IAgencies must have written; nothing if it writes nothing, or is none."""
    read = calls.read_agencies_call(payload)
    if read is None or read[0] not in _EVENTS_OF:
        return []
    name, arguments = read
    agency = cast("int", arguments[0]) if name in _OF_AN_AGENCY else None
    kid = read_bytes(arguments[1], "kid") if name == "cutOffKey" else None
    return [Meant(_EVENTS_OF[name], agency, kid=kid)]


def _root(leaves: object) -> bytes:
    return merkle.root(cast("tuple[bytes, ...]", leaves))
