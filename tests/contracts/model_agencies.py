"""The model's agencies: who may issue what, and with which keys."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field

from tests.contracts.model import NOBODY, ZERO, Council, Refused, demand

PREPARE, APPROVE, STATUS, MANAGE = 1, 2, 4, 8
NEVER = 2**64 - 1
MOST_SIGNATURES = 4
MOST_APPROVALS = 3
LOWEST_LEVEL = 5
LONGEST_NAME = 256
P = 2**256 - 2**224 + 2**192 + 2**96 - 1
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def code_is_well_formed(code: bytes) -> bool:
    """Check alphabet and check character of a unified social credit code (GB 32100-2015, 4.6)."""
    text = code.decode("latin-1")
    if any(character not in ALPHABET for character in text):
        return False
    total = sum(ALPHABET.index(character) * pow(3, i, 31) for i, character in enumerate(text[:17]))
    return ALPHABET[-total % 31] == text[17]


def is_on_curve(x: bytes, y: bytes) -> bool:
    """Check y² = x³ − 3x + b over P-256's field."""
    a, b = int.from_bytes(x, "big"), int.from_bytes(y, "big")
    return a < P and b < P and (b * b - (a * a * a - 3 * a + B)) % P == 0


def thumbprint(x: bytes, y: bytes) -> bytes:
    """Return a P-256 key's RFC 7638 thumbprint."""

    def base64url(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    text = f'{{"crv":"P-256","kty":"EC","x":"{base64url(x)}","y":"{base64url(y)}"}}'
    return hashlib.sha256(text.encode()).digest()


@dataclass(slots=True)
class Key:
    """A document key."""

    algorithm: int
    valid_from: int
    valid_until: int
    cut_off: int
    cut_off_by: int
    listed: int
    x: bytes
    y: bytes


@dataclass(slots=True)
class Agency:
    """An agency."""

    number: int
    parent: int
    level: int
    code: bytes
    name: str
    registered: int
    suspended_by: int = 0
    own: int = 1
    demanded: int = 0
    demanded_by: int = 0
    nonce: int = 0
    officers: dict[str, int] = field(default_factory=dict)
    keys: dict[bytes, Key] = field(default_factory=dict)
    types: set[int] = field(default_factory=set)
    withdrawn: dict[int, int] = field(default_factory=dict)
    """1 + the level that withdrew a type, for types once held."""

    @property
    def managers(self) -> int:
        """How many officers may manage."""
        return sum(bool(capabilities & MANAGE) for capabilities in self.officers.values())


@dataclass(frozen=True, slots=True)
class Consent:
    """Signatures as the contract recovers them: who signed what they should have signed, a stranger otherwise."""

    deadline: int
    signers: tuple[str, ...]


NO_CONSENT = Consent(0, ())


class Agencies(Council):
    """Agencies, officers, types and keys."""

    def __init__(self, *, registry_id: bytes, test: bool, address: str) -> None:
        super().__init__(registry_id=registry_id, test=test, address=address)
        self.agencies: dict[int, Agency] = {}
        self.codes: dict[bytes, int] = {}
        self.types: dict[tuple[int, int], tuple[bytes, bool]] = {}

    # Reading.

    def get(self, number: int) -> Agency:
        """Return an agency that exists."""
        demand(number in self.agencies, "NoSuchAgency")
        return self.agencies[number]

    def line(self, number: int) -> list[Agency]:
        """Return an agency and its ancestors, from below."""
        line = []
        while number:
            line.append(self.agencies[number])
            number = self.agencies[number].parent
        return line

    def is_suspended(self, number: int) -> bool:
        """Say whether it or an ancestor is suspended."""
        return any(agency.suspended_by for agency in self.line(number))

    def is_self_or_above(self, ancestor: int, number: int) -> bool:
        """Say whether one is the other or above it."""
        return any(agency.number == ancestor for agency in self.line(number))

    def required_approvals(self, number: int) -> int:
        """Return how many approvals a batch needs."""
        agency = self.get(number)
        return max(1, agency.own, agency.demanded)

    def capabilities(self, number: int, officer: str) -> int:
        """Return an officer's capabilities."""
        return self.agencies[number].officers.get(officer, 0) if number in self.agencies else 0

    # Consent.

    def _signers(self, consent: Consent) -> list[str]:
        """Check what is wrong with signatures whatever they are for."""
        demand(len(consent.signers) <= MOST_SIGNATURES, "TooManySignatures")
        demand(not consent.signers or self.block <= consent.deadline, "ConsentExpired")
        seen: list[str] = []
        for signer in consent.signers:
            demand(not signer.startswith("ECDSA"), signer)
            demand(signer not in seen, "SignerRepeated")
            seen.append(signer)
        return seen

    def _manages(self, number: int, signer: str) -> bool:
        return bool(self.capabilities(number, signer) & MANAGE)

    def _speaks(self, number: int, signer: str) -> bool:
        """Say whether somebody manages an agency that may speak: neither it nor any above it is suspended."""
        return self._manages(number, signer) and not self.is_suspended(number)

    def _by_one_of(self, number: int, signers: list[str]) -> int:
        """Ask for one of the agency, suspended or not. Like its siblings, it returns the level that consents."""
        demand(signers and all(self._manages(number, signer) for signer in signers), "ConsentInsufficient")
        return self.agencies[number].level

    def _by_two_for(self, number: int, signers: list[str], *, council: bool) -> int:
        """Ask for two of the agency, or one and one of its parent or the council in the parent's place."""
        parent = self.agencies[number].parent
        own = [signer for signer in signers if self._speaks(number, signer)]
        above = [signer for signer in signers if parent and self._speaks(parent, signer)]
        demand(set(own) | set(above) == set(signers), "ConsentInsufficient")
        voices = len(signers) + (council and not parent)
        demand(own and voices >= 2, "ConsentInsufficient")
        return self.agencies[number].level

    def _by_one_above(self, number: int, signers: list[str], *, council: bool, or_own: bool = False) -> int:
        """Ask for one of any ancestor, where `or_own` of the agency itself, suspended or not; or the council."""
        if council:
            demand(not signers, "TooManySignatures")
            return 0
        levels = []
        for signer in signers:
            own = [self.agencies[number].level] if or_own and self._manages(number, signer) else []
            above = [higher.level for higher in self.line(number)[1:] if self._speaks(higher.number, signer)]
            demand(own + above, "ConsentInsufficient")
            levels += own + above
        demand(levels, "ConsentInsufficient")
        return min(levels)

    def _by_two_above(self, number: int, signers: list[str], *, council: bool) -> int:
        """Ask for two of one ancestor, or one and one of that ancestor's parent; or the council."""
        if council:
            demand(not signers, "TooManySignatures")
            return 0
        ancestors = self.line(number)[1:]
        for signer in signers:
            demand(any(self._speaks(higher.number, signer) for higher in ancestors), "ConsentInsufficient")
        for higher in reversed(ancestors):
            for first in signers:
                for second in signers:
                    helps = self._speaks(higher.number, second) or self._speaks(higher.parent, second)
                    if first != second and self._speaks(higher.number, first) and helps:
                        return higher.level
        raise Refused("ConsentInsufficient")

    # The council.

    def register_type(self, number: int, version: int, digest: bytes, *, caller: str) -> None:
        """Register a type's version, once and for ever."""
        self.only_council(caller)
        demand(number and version, "TypeNumberOutOfRange")
        demand(digest != ZERO, "ZeroDigest")
        demand((number, version) not in self.types, "TypeAlreadyRegistered")
        self.types[number, version] = (digest, False)
        self.emit("TypeRegistered", number, version, digest)

    def retire_type(self, number: int, version: int, *, caller: str) -> None:
        """Close a type's version for new batches."""
        self.only_council(caller)
        demand((number, version) in self.types, "TypeNotRegistered")
        demand(not self.types[number, version][1], "TypeIsRetired")
        self.types[number, version] = (self.types[number, version][0], True)
        self.emit("TypeRetired", number, version)

    def _check(self, code: bytes, name: str, number: int) -> None:
        demand(1 <= len(name.encode()) <= LONGEST_NAME, "NameOutOfRange")
        demand(code_is_well_formed(code), "CodeMalformed")
        demand(self.codes.get(code, number) == number, "CodeTaken")

    def _register(self, parent: int, code: bytes, name: str, manager: str, consenters: list[str]) -> None:
        level = self.agencies[parent].level + 1 if parent else 1
        self._check(code, name, 0)
        demand(manager != NOBODY, "ZeroAddress")
        number = len(self.agencies) + 1
        self.agencies[number] = Agency(number, parent, level, code, name, self.block, officers={manager: MANAGE})
        self.codes[code] = number
        self.emit("AgencyRegistered", number, parent, level, code, name, consenters)
        self.emit("OfficerSet", number, manager, MANAGE, consenters)

    def register_top_agency(self, code: bytes, name: str, manager: str, *, caller: str) -> None:
        """Register a top-level agency and name its first manager."""
        self.only_council(caller)
        self._register(0, code, name, manager, [])

    def correct_agency(self, number: int, code: bytes, name: str, *, caller: str) -> None:
        """Correct an agency's code or name."""
        self.only_council(caller)
        agency = self.get(number)
        demand((agency.code, agency.name) != (code, name), "NoChange")
        self._check(code, name, number)
        del self.codes[agency.code]
        self.codes[code] = number
        agency.code, agency.name = code, name
        self.emit("AgencyCorrected", number, code, name)

    def name_manager(self, number: int, manager: str, *, caller: str) -> None:
        """Name a manager for an agency that lost its own."""
        self.only_council(caller)
        held = self.get(number).officers.get(manager, 0)
        self._set_officer(number, manager, held | MANAGE, [])

    def _set_officer(self, number: int, officer: str, capabilities: int, consenters: list[str]) -> None:
        officers = self.agencies[number].officers
        demand(officer != NOBODY, "ZeroAddress")
        demand(capabilities <= 15, "CapabilitiesOutOfRange")
        demand(capabilities != officers.get(officer, 0), "NoChange")
        officers[officer] = capabilities
        self.emit("OfficerSet", number, officer, capabilities, consenters)

    # By consent. Each method checks everything before it changes anything.

    def register_agency(
        self, parent: int, code: bytes, name: str, manager: str, consent: Consent, *, caller: str
    ) -> None:
        """Register a child and name its first manager."""
        above = self.get(parent)
        demand(above.level < LOWEST_LEVEL, "TooDeep")
        signers = self._signers(consent)
        self._by_two_for(parent, signers, council=caller == self.address)
        self._register(parent, code, name, manager, signers)
        above.nonce += 1

    def suspend_agency(self, number: int, consent: Consent, *, caller: str) -> None:
        """Suspend an agency, or raise the level that can lift it."""
        agency = self.get(number)
        signers = self._signers(consent)
        level = self._by_one_above(number, signers, council=caller == self.address)
        demand(not agency.suspended_by or level + 1 < agency.suspended_by, "NoChange")
        agency.suspended_by = level + 1
        agency.nonce += 1
        self.emit("AgencySuspended", number, level + 1, signers)

    def resume_agency(self, number: int, consent: Consent, *, caller: str) -> None:
        """Lift a suspension."""
        agency = self.get(number)
        demand(agency.suspended_by, "NotSuspended")
        signers = self._signers(consent)
        level = self._by_two_above(number, signers, council=caller == self.address)
        demand(level + 1 <= agency.suspended_by, "SuspendedFromAbove")
        agency.suspended_by = 0
        agency.nonce += 1
        self.emit("AgencyResumed", number, signers)

    def grant_type(self, number: int, certificate_type: int, consent: Consent, *, caller: str) -> None:
        """Let an agency hold a type that its ancestors hold."""
        agency = self.get(number)
        demand(any(known == certificate_type for known, _ in self.types), "TypeNotRegistered")
        demand(all(certificate_type in above.types for above in self.line(number)[1:]), "TypeNotHeld")
        demand(certificate_type not in agency.types, "TypeAlreadyHeld")
        signers = self._signers(consent)
        level = self._by_two_above(number, signers, council=caller == self.address)
        demand(level + 1 <= agency.withdrawn.get(certificate_type, level + 1), "WithdrawnFromAbove")
        agency.types.add(certificate_type)
        agency.withdrawn.pop(certificate_type, None)
        agency.nonce += 1
        self.emit("TypeGranted", number, certificate_type, signers)

    def withdraw_type(self, number: int, certificate_type: int, consent: Consent, *, caller: str) -> None:
        """Take a type from an agency, or raise the level that can give it back."""
        agency = self.get(number)
        withdrawn = agency.withdrawn.get(certificate_type)
        demand(certificate_type in agency.types or withdrawn, "TypeNotHeld")
        signers = self._signers(consent)
        level = self._by_one_above(number, signers, council=caller == self.address, or_own=True)
        demand(withdrawn is None or level + 1 < withdrawn, "TypeNotHeld")
        agency.types.discard(certificate_type)
        agency.withdrawn[certificate_type] = level + 1
        agency.nonce += 1
        self.emit("TypeWithdrawn", number, certificate_type, signers)

    def demand_approvals(self, number: int, approvals: int, consent: Consent, *, caller: str) -> None:
        """Demand approvals of an agency from above."""
        agency = self.get(number)
        demand(approvals <= MOST_APPROVALS, "ApprovalsOutOfRange")
        lowered = approvals < agency.demanded
        by = self._by_two_above if lowered else self._by_one_above
        signers = self._signers(consent)
        level = by(number, signers, council=caller == self.address)
        higher = not agency.demanded_by or level + 1 < agency.demanded_by
        demand(approvals != agency.demanded or (approvals and higher), "NoChange")
        demand(not lowered or level + 1 <= agency.demanded_by, "DemandedFromAbove")
        agency.demanded = approvals
        agency.demanded_by = min(level + 1, agency.demanded_by or level + 1) if approvals else 0
        agency.nonce += 1
        self.emit("ApprovalsDemanded", number, approvals, signers)

    def set_own_approvals(self, number: int, approvals: int, consent: Consent, *, caller: str) -> None:
        """Set an agency's own policy."""
        agency = self.get(number)
        demand(1 <= approvals <= MOST_APPROVALS, "ApprovalsOutOfRange")
        demand(approvals != agency.own, "NoChange")
        signers = self._consenters(number, consent, stronger=approvals < agency.own, caller=caller)
        agency.own = approvals
        agency.nonce += 1
        self.emit("OwnApprovalsSet", number, approvals, signers)

    def _consenters(self, number: int, consent: Consent, *, stronger: bool, caller: str) -> list[str]:
        """Ask for two for the agency where something gets stronger, else for one of it (or the council)."""
        signers = self._signers(consent)
        council = caller == self.address
        if stronger:
            self._by_two_for(number, signers, council=council)
        elif council:
            demand(not signers, "TooManySignatures")
        else:
            self._by_one_of(number, signers)
        return signers

    def set_officer(self, number: int, officer: str, capabilities: int, consent: Consent, *, caller: str) -> None:
        """Set what an officer may do."""
        agency = self.get(number)
        gains = bool(capabilities & ~agency.officers.get(officer, 0))
        signers = self._consenters(number, consent, stronger=gains, caller=caller)
        self._set_officer(number, officer, capabilities, signers)
        agency.nonce += 1

    def add_key(
        self,
        number: int,
        algorithm: int,
        x: bytes,
        y: bytes,
        valid_from: int,
        valid_until: int,
        consent: Consent,
        *,
        caller: str,
    ) -> None:
        """List a document key."""
        agency = self.get(number)
        demand(algorithm == 1, "AlgorithmUnsupported")
        demand(is_on_curve(x, y), "KeyNotOnCurve")
        demand(valid_until == 0 or valid_from < valid_until, "ValidityOutOfOrder")
        kid = thumbprint(x, y)
        demand(kid not in agency.keys, "KeyAlreadyListed")
        signers = self._consenters(number, consent, stronger=True, caller=caller)
        agency.keys[kid] = Key(algorithm, valid_from, valid_until, NEVER, 0, self.block, x, y)
        agency.nonce += 1
        self.emit("KeyAdded", number, kid, algorithm, x, y, valid_from, valid_until, signers)

    def cut_off_key(self, number: int, kid: bytes, cut_off: int, consent: Consent, *, caller: str) -> None:
        """Move a key's cut-off, or raise the level that can move it later."""
        agency = self.get(number)
        demand(kid in agency.keys, "NoSuchKey")
        demand(cut_off, "CutOffZero")
        key = agency.keys[kid]
        later = cut_off > key.cut_off
        signers = self._signers(consent)
        council = caller == self.address
        if later:
            level = self._by_two_above(number, signers, council=council)
        else:
            level = self._by_one_above(number, signers, council=council, or_own=True)
        higher = not key.cut_off_by or level + 1 < key.cut_off_by
        demand(cut_off != key.cut_off or (cut_off != NEVER and higher), "NoChange")
        demand(not later or level + 1 <= key.cut_off_by, "CutOffFromAbove")
        key.cut_off = cut_off
        key.cut_off_by = 0 if cut_off == NEVER else min(level + 1, key.cut_off_by or level + 1)
        agency.nonce += 1
        self.emit("KeyCutOff", number, kid, cut_off, signers)

    # What Certificates asks.

    def require_may_anchor(
        self, number: int, certificate_type: int, version: int, preparer: str, approvers: list[str]
    ) -> None:
        """Refuse unless these officers may anchor a batch of this type now."""
        agency = self.get(number)
        demand(not self.is_suspended(number), "AgencyIsSuspended")
        demand((certificate_type, version) in self.types, "TypeNotRegistered")
        demand(not self.types[certificate_type, version][1], "TypeIsRetired")
        demand(all(certificate_type in above.types for above in self.line(number)), "TypeNotHeld")
        demand(len(approvers) >= self.required_approvals(number), "TooFewApprovals")
        demand(agency.officers.get(preparer, 0) & PREPARE, "LacksCapability")
        seen = {preparer}
        for approver in approvers:
            demand(approver not in seen, "OfficerRepeated")
            demand(agency.officers.get(approver, 0) & APPROVE, "LacksCapability")
            seen.add(approver)

    def require_may_change_status(self, number: int, officers: list[str]) -> int:
        """Refuse unless each officer may change statuses for an agency; return its level."""
        agency = self.get(number)
        demand(not self.is_suspended(number), "AgencyIsSuspended")
        for i, officer in enumerate(officers):
            demand(officer not in officers[:i], "OfficerRepeated")
            demand(agency.officers.get(officer, 0) & STATUS, "LacksCapability")
        return agency.level
