"""Brings agencies, officers and document keys onto the chain, as a plan file says. Safe to repeat.

A plan is JSON; names of keys are file names in the keystore folder, and keys are made there as needed:

    {
      "council": ["council-1", "council-2", "council-3"],     members' keys, where they are here
      "sender": "governor",                                   pays for what managers consent to
      "types": ["business-licence", …],                       to be registered by the council
      "verifying_hosts": ["verify.example.cn"],               to be listed by the council
      "agencies": [                                           a parent before its children
        {
          "key": "region",                                    how other entries of this plan name it
          "parent": null,                                     another entry's key; null for a top-level agency
          "code": "11150000…",                                unified social credit code
          "name": "内蒙古自治区演示…",
          "types": ["business-licence", …],                   which it holds
          "managers": ["region-manager"],
          "officers": {"region-preparer": ["PREPARE"], "region-approver": ["APPROVE", "STATUS"]},
          "document_keys": 1,                                 how many keys it should have; default 1
          "approvals": 1                                      how many approvals it demands of itself; default 1
        }
      ]
    }
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chain.events import Capability
from issuer.errors import PlanInvalid

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chain.registry import Signer
    from issuer.directory import Agency, Directory
    from issuer.keys import Account
    from issuer.office import Office


class PlannedAgency(BaseModel):
    """An agency as a plan wants it."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    key: str
    parent: str | None = None
    code: str
    name: str
    types: list[str] = []
    managers: list[str] = Field(min_length=1)
    officers: dict[str, list[str]] = {}
    document_keys: int = Field(1, ge=0, le=4)
    approvals: int = Field(1, ge=1, le=3)


class Plan(BaseModel):
    """A plan as read."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    council: list[str] = Field(min_length=1)
    sender: str = "governor"
    types: list[str] = []
    verifying_hosts: list[str] = []
    agencies: list[PlannedAgency] = []


class CouncilActs(Protocol):
    """What the council does; `chain.ethereum.council` on a real chain, which use cases do not import."""

    def register_types(self, types: Sequence[tuple[int, int, bytes]]) -> object:
        """Register certificate types."""

    def register_top_agency(self, *, code: str, name: str, first_manager: bytes) -> int:
        """Register a top-level agency."""

    def set_verifying_host(self, host: str, *, listed: bool) -> object:
        """List an official verifying host."""


class Governs(Protocol):
    """What managers and the council consent to; `chain.ethereum.governing` on a real chain."""

    @property
    def council(self) -> CouncilActs:
        """What needs the council."""

    def register_agency(
        self,
        parent: int,
        *,
        code: str,
        name: str,
        first_manager: bytes,
        by: Sequence[Signer] = (),
        council: bool = False,
    ) -> int:
        """Register a child of an agency."""

    def grant_types(
        self, agency: int, certificate_types: Sequence[int], *, by: Sequence[Signer] = (), council: bool = False
    ) -> None:
        """Let an agency hold several types."""

    def set_officer(
        self,
        agency: int,
        officer: bytes,
        capabilities: Capability,
        *,
        by: Sequence[Signer] = (),
        council: bool = False,
    ) -> None:
        """Set an officer's capabilities."""

    def add_key(
        self, agency: int, *, x: bytes, y: bytes, valid_from: int, by: Sequence[Signer] = (), council: bool = False
    ) -> bytes:
        """List a document key."""

    def set_own_approvals(
        self, agency: int, approvals: int, *, by: Sequence[Signer] = (), council: bool = False
    ) -> None:
        """Set an agency's own policy."""


@dataclass(frozen=True, slots=True)
class Consent:
    """Who stands behind a change."""

    by: tuple[Signer, ...]
    council: bool


def read_plan(data: bytes) -> Plan:
    """Read a plan; raises `PlanInvalid` with all that is wrong with it."""
    try:
        plan = Plan.model_validate_json(data)
    except ValidationError as exc:
        faults = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in exc.errors())
        raise PlanInvalid(f"the plan: {faults}") from exc
    seen: set[str] = set()
    for agency in plan.agencies:
        if agency.parent is not None and agency.parent not in seen:
            raise PlanInvalid(f"agency {agency.key}: its parent {agency.parent} must stand before it in the plan")
        if agency.key in seen:
            raise PlanInvalid(f"agency {agency.key}: it stands in the plan twice")
        seen.add(agency.key)
        for officer, capabilities in agency.officers.items():
            if unknown := set(capabilities) - {each.name for each in Capability}:
                got = ", ".join(sorted(unknown))
                raise PlanInvalid(f"officer {officer}: got {got}, wanted PREPARE, APPROVE, STATUS or MANAGE")
    return plan


class Enrolment:
    """One plan on its way to the chain."""

    def __init__(self, office: Office, governor: Governs, plan: Plan, *, say: Callable[[str], None]) -> None:
        """`say` is told of each change, in a few words."""
        self._office = office
        self._governor = governor
        self._plan = plan
        self._say = say
        self._agencies: dict[str, Agency] = {}
        self._signers: dict[str, Signer] = {}

    def run(self) -> dict[str, int]:
        """Make what is missing; returns the agencies' numbers by their keys in the plan."""
        directory = self._office.directory()
        types = [self._office.type(identifier) for identifier in self._plan.types]
        missing = [each for each in types if (each.number, each.version) not in directory.types]
        if missing:
            self._governor.council.register_types([(each.number, each.version, each.digest) for each in missing])
            self._say(f"{len(missing)} certificate types registered")
        for host in self._plan.verifying_hosts:
            if host not in directory.verifying_hosts:
                self._governor.council.set_verifying_host(host, listed=True)
                self._say(f"verifying host {host} listed")
        for planned in self._plan.agencies:
            self._enrol(planned)
        return {key: agency.id for key, agency in self._agencies.items()}

    def _enrol(self, planned: PlannedAgency) -> None:
        number = self._registered(planned, self._office.directory())
        agency = self._agencies[planned.key] = self._office.directory().agency(number)
        for manager in planned.managers:
            self._allow(planned, agency, manager, Capability.MANAGE)
        for officer, capabilities in planned.officers.items():
            wanted = Capability(0)
            for capability in capabilities:
                wanted |= Capability[capability]
            self._allow(planned, agency, officer, wanted)
        missing = [
            certificate_type
            for certificate_type in map(self._office.type, planned.types)
            if certificate_type.number not in agency.types
        ]
        if missing:
            consent = self._two_above(planned)
            numbers = [certificate_type.number for certificate_type in missing]
            self._governor.grant_types(number, numbers, by=consent.by, council=consent.council)
            self._say(f"{planned.name}: holds {', '.join(each.identifier for each in missing)}")
        self._list_keys(planned, agency)
        if planned.approvals > 1 and self._office.registry.required_approvals(number) < planned.approvals:
            first = self._signer(planned.managers[0])
            self._governor.set_own_approvals(number, planned.approvals, by=(first,))
            self._say(f"{planned.name}: demands {planned.approvals} approvals")

    def _registered(self, planned: PlannedAgency, directory: Directory) -> int:
        for agency in directory.agencies.values():
            if agency.code == planned.code:
                return agency.id
        # The number that a new agency gets is known beforehand, since agencies are never removed; the first manager's
        # file says it, so that a key is never without an agency.
        expected = len(directory.agencies) + 1
        first = self._account(planned.managers[0], expected)
        if planned.parent is None:
            number = self._governor.council.register_top_agency(
                code=planned.code, name=planned.name, first_manager=first.address
            )
        else:
            parent = self._agencies[planned.parent].id
            consent = self._two_for(self._planned(planned.parent))
            number = self._governor.register_agency(
                parent,
                code=planned.code,
                name=planned.name,
                first_manager=first.address,
                by=consent.by,
                council=consent.council,
            )
        if number != expected:
            raise PlanInvalid(
                f"{planned.name}: got the number {number}, wanted {expected}; somebody else enrols as well"
            )
        self._say(f"{planned.name}: registered as agency {number}")
        return number

    def _allow(self, planned: PlannedAgency, agency: Agency, name: str, wanted: Capability) -> None:
        account = self._account(name, agency.id)
        if agency.officers.get(account.address, Capability(0)) & wanted == wanted:
            return
        consent = self._two_for(planned)
        self._governor.set_officer(agency.id, account.address, wanted, by=consent.by, council=consent.council)
        agency.officers[account.address] = wanted
        self._say(f"{planned.name}: {name} may {' and '.join(str(each.name) for each in wanted)}")

    def _list_keys(self, planned: PlannedAgency, agency: Agency) -> None:
        """List keys until enough are; one that was made but not listed, because of a kill, is listed first."""
        keystore = self._office.keystore
        listed = {key.kid for key in agency.keys}
        unlisted = sorted(keystore.document_kids(agency.id) - listed)
        for _ in range(planned.document_keys - len(agency.keys)):
            key = keystore.document_key(agency.id, unlisted.pop()) if unlisted else keystore.new_document_key(agency.id)
            consent = self._two_for(planned)
            self._governor.add_key(
                agency.id,
                x=key.public.x,
                y=key.public.y,
                valid_from=self._office.registry.newest().timestamp,
                by=consent.by,
                council=consent.council,
            )
            self._say(f"{planned.name}: document key {key.public.kid.hex()[:16]}… listed")

    def _two_for(self, planned: PlannedAgency) -> Consent:
        """Return who consents for an agency: two managers, or one and one of its parent, or one and the council."""
        agency = self._agencies[planned.key]
        here = [
            account
            for account in (self._account(name, agency.id) for name in planned.managers)
            if agency.officers.get(account.address, Capability(0)) & Capability.MANAGE
        ]
        if not here:
            raise PlanInvalid(f"{planned.name}: none of its managers' keys in the plan is a manager on the chain")
        managers = tuple(self._signer(account.name) for account in here[:2])
        if len(managers) > 1:
            return Consent(managers, council=False)
        if planned.parent is None:
            return Consent(managers, council=True)
        return Consent((*managers, self._signer(self._planned(planned.parent).managers[0])), council=False)

    def _two_above(self, planned: PlannedAgency) -> Consent:
        """Return who consents from above: two for the parent, or the council."""
        consent = None if planned.parent is None else self._two_for(self._planned(planned.parent))
        # Where the council acts as somebody above, it acts alone.
        return Consent((), council=True) if consent is None or consent.council else consent

    def _planned(self, key: str) -> PlannedAgency:
        return next(each for each in self._plan.agencies if each.key == key)

    def _account(self, name: str, agency: int) -> Account:
        return self._office.keystore.new_officer(name, agency=agency)

    def _signer(self, name: str) -> Signer:
        if name not in self._signers:
            self._signers[name] = self._office.keystore.officer(name).signer
        return self._signers[name]
