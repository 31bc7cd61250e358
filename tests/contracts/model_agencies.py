"""The model's agencies: who may issue what, and with which keys."""

from __future__ import annotations

import base64
import hashlib

from tests.contracts.model import NOBODY, ZERO, demand
from tests.contracts.model_consents import APPROVE, MANAGE, PREPARE, STATUS, Agency, Consent, Consents, Key

NEVER = 2**64 - 1
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


class Agencies(Consents):
    """What the council, parents and agencies themselves change."""

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

    def add_key(  # noqa: PLR0917 - in the contract's order
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
