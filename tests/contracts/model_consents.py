"""The model's agencies: who they are, and whose consent suffices for a change."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.contracts.model import Council, Refused, demand

PREPARE, APPROVE, STATUS, MANAGE = 1, 2, 4, 8
MOST_SIGNATURES = 4


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


class Consents(Council):
    """Agencies and their officers, read and asked."""

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
