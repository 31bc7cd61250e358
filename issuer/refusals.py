"""What the registry's refusals mean to the person who reads them: one sentence each, with what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain.events import Capability, Track

if TYPE_CHECKING:
    from chain.errors import RegistryRefused

_CAPABILITIES = {
    Capability.PREPARE: "prepare batches",
    Capability.APPROVE: "approve batches",
    Capability.STATUS: "change statuses",
    Capability.MANAGE: "manage the agency",
}

SENTENCES = {
    # Who may do what.
    "NoSuchAgency": "the registry knows no agency {agency}",
    "LacksCapability": (
        "the account {officer} may not {capability} for agency {agency}; a manager of the agency can allow it"
    ),
    "OfficerRepeated": "the account {officer} signed twice; preparer and approvers must be different persons",
    "TooFewApprovals": (
        "the batch has {given} approvals, the registry demands {required}; have more officers approve it"
    ),
    "TypeNotRegistered": (
        "certificate type {certificateType} version {version} is not registered; the council registers it"
    ),
    "TypeIsRetired": "certificate type {certificateType} version {version} is closed for new certificates",
    "TypeNotHeld": "agency {agency} does not hold certificate type {certificateType}; the agency above it grants it",
    "AgencyIsSuspended": "agency {agency} is suspended; whoever suspended it must resume it first",
    "SucceededBy": "this registry has a successor, {registry}; certificates are issued there",
    "NotAbove": "agency {actor} is not agency {agency} itself nor above it, so it may not change its certificates",
    "NotTheCouncil": "only the council may do this, by a proposal; it was called by {caller}",
    # Signatures.
    "SignaturesExpired": (
        "the officers' signatures counted until block {deadline}, now is block {blockNumber}; have them sign again"
    ),
    "TooManySignatures": "{given} signatures were given, at most {most} are taken",
    "SignerRepeated": "{signer} signed twice; different persons are wanted",
    "NotAPlainAccount": "the sending account {sender} has code; send from a plain account",
    "CalldataNotCanonical": (
        "the transaction is not written in the one way that the registry takes; this is a fault here"
    ),
    # Batches.
    "SizeOutOfRange": "{size} entries were given, 1 to {most} are taken at once",
    "BatchExists": "agency {agency} has anchored the root {root} already, under another type, version or size",
    "OldLeavesMismatch": (
        "{newLeaves} new certificates were to take the place of {oldLeaves} old ones; as many are wanted"
    ),
    "AlreadyReplaced": "the old certificate ({oldLeaf}) of agency {agency} has been replaced already",
    "FromZero": "the day from which the old certificate is replaced is missing",
    # Statuses.
    "StatusStale": "the status changed since the officers signed; look at it and have them sign again",
    "DecisionZero": "the digest of the decision is missing",
    "UntilOutOfRange": "it ends at hour {until}, which does not fit its beginning at hour {from}",
    "TwoOfficersNeeded": (
        "two officers must sign this ({given} did); one alone may only suspend for up to 24 hours from now, and only "
        "where the registry holds no suspension, not even one that is over. Have a second officer sign as well, or "
        "have two lift that suspension first"
    ),
    "SetFromAbove": (
        "{track} was set by a superior agency (level {setterLevel}); only that level or one above can change it, "
        "this agency is of level {actorLevel}"
    ),
    "FinalStands": (
        "{track} is final, even where its day is still to come: who set it can neither lift it nor move its day. "
        "Officers of an agency above can, or the council by a proposal; until then, two officers' suspension counts "
        "at once"
    ),
    "LeafRepeated": "the certificate {leaf} was named twice",
    "NothingToLift": "{track} is not set, so there is nothing to lift",
    "NothingToChange": "{track} is recorded like this already",
    # Enrolment.
    "CodeMalformed": "{code} is no unified social credit code",
    "CodeTaken": "the credit code {code} belongs to agency {agency}",
    "NameOutOfRange": "the agency's name has {length} bytes, which is too few or too many",
    "TooDeep": "agency {parent} is on the fifth level and cannot have agencies below it",
    "TypeAlreadyRegistered": (
        "certificate type {certificateType} version {version} is registered with another data file"
    ),
    "TypeAlreadyHeld": "agency {agency} holds certificate type {certificateType} already",
    "WithdrawnFromAbove": (
        "certificate type {certificateType} was withdrawn from agency {agency} by a higher level, "
        "which alone can grant it"
    ),
    "NotSuspended": "agency {agency} is not suspended",
    "SuspendedFromAbove": "agency {agency} was suspended by a higher level, which alone can resume it",
    "DemandedFromAbove": "the number of approvals of agency {agency} was demanded by a higher level",
    "ConsentExpired": "the managers' signatures counted until block {deadline}, now is block {blockNumber}",
    "ConsentInsufficient": (
        "the managers who signed ({signers}) do not suffice: two managers are wanted, or one and "
        "one of the agency above"
    ),
    "CapabilitiesOutOfRange": "{capabilities} is no sum of capabilities",
    "ApprovalsOutOfRange": "{approvals} approvals were asked for, 1 to 3 are possible",
    "NoChange": "it is so already",
    "AlgorithmUnsupported": "document keys of algorithm {algorithm} are not supported",
    "KeyNotOnCurve": "the document key is not a point on P-256",
    "KeyAlreadyListed": "the document key {kid} is listed for agency {agency} already",
    "NoSuchKey": "agency {agency} has no document key {kid}",
    "ValidityOutOfOrder": "the document key would end ({validUntil}) before it begins ({validFrom})",
    "CutOffZero": "the block of a cut-off must be after 0",
    "CutOffFromAbove": "the document key {kid} of agency {agency} was cut off by a higher level",
    "NotAMember": "{account} is no member of the council",
    "AlreadyAMember": "{account} is a member of the council already",
    "ProposalExpired": "proposal {id} expired at block {expiresAtBlock}, now is block {blockNumber}",
    "NotEnoughVotes": "proposal {id} has {votes} votes, {threshold} are wanted",
    "AlreadyVoted": "{member} has voted for proposal {id} already",
    "AlreadyExecuted": "proposal {id} was carried out already",
}


def sentence(refusal: RegistryRefused) -> str:
    """Return what a refusal means; the contract's own words where we have none."""
    words = SENTENCES.get(refusal.name)
    if words is None:
        return str(refusal)
    try:
        said = words.format_map({key: _readable(key, value) for key, value in refusal.arguments.items()})
    except KeyError:
        return str(refusal)
    return f"the registry refused: {said}"


def _readable(name: str, value: object) -> str:
    match name, value:
        case "capability", int():
            return " or ".join(words for each, words in _CAPABILITIES.items() if value & each)
        case "track", int() if value in set(Track):
            return Track(value).name.replace("_", " ")
        case _, tuple() | list():
            return ", ".join(map(str, value)) or "nobody"
        case _:
            return str(value)
