"""Everything that the council and the agencies' managers do on the chain.

Each method makes its change, waits until it is mined and returns; `RegistryRefused` says why the contract said no.
Who must consent to what stands in IAgencies. `by` are the managers who consent, with their keys; `council=True` has the
council make the call, where it stands for a parent or for whoever is above.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain.errors import SigningFailed
from chain.ethereum import contracts, typed_data
from chain.ethereum.council import Council, event_of, receipt_of
from chain.ethereum.node import read_bytes, read_number
from chain.events import AgencyRegistered, Capability, KeyAdded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.ethereum.contracts import Function
    from chain.ethereum.writer import EthereumWriter
    from chain.registry import Receipt, Signer

ES256 = 1
"""The number of the algorithm in the registry."""
NO_CUT_OFF = 2**64 - 1
NO_END = 0

_CONSENT_BLOCKS = 1_000
"""For how many blocks a consent counts that is sent as soon as it is signed."""


class Governing:
    """Changes agencies, officers, keys and policies of one registry."""

    def __init__(self, registry: EthereumWriter, *, sender: Signer, members: Sequence[Signer] = ()) -> None:
        """`sender` pays for what managers consent to; `members` are council members' keys, where the council acts."""
        self.registry = registry
        self.council = Council(registry, members)
        self._sender = sender
        self._has_council = bool(members)

    # Agencies.

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
        """Register a child of an agency; returns its id. Two for the parent."""
        receipt = self._change(parent, "registerAgency", parent, code, name, first_manager, by=by, council=council)
        return event_of(receipt, AgencyRegistered).agency

    def suspend_agency(self, agency: int, *, by: Sequence[Signer] = (), council: bool = False) -> None:
        """Suspend an agency. One above."""
        self._change(agency, "suspendAgency", agency, by=by, council=council)

    def resume_agency(self, agency: int, *, by: Sequence[Signer] = (), council: bool = False) -> None:
        """Let an agency act again. Two above, at the level that suspended it or higher."""
        self._change(agency, "resumeAgency", agency, by=by, council=council)

    # Certificate types and policies.

    def grant_type(
        self, agency: int, certificate_type: int, *, by: Sequence[Signer] = (), council: bool = False
    ) -> None:
        """Let an agency hold a type. Two above; for a top-level agency the council."""
        self._change(agency, "grantType", agency, certificate_type, by=by, council=council)

    def grant_types(
        self, agency: int, certificate_types: Sequence[int], *, by: Sequence[Signer] = (), council: bool = False
    ) -> None:
        """Let an agency hold several types, one after the other."""
        for certificate_type in certificate_types:
            self.grant_type(agency, certificate_type, by=by, council=council)

    def withdraw_type(
        self, agency: int, certificate_type: int, *, by: Sequence[Signer] = (), council: bool = False
    ) -> None:
        """Take a type from an agency. One above, or one of the agency."""
        self._change(agency, "withdrawType", agency, certificate_type, by=by, council=council)

    def demand_approvals(
        self, agency: int, approvals: int, *, by: Sequence[Signer] = (), council: bool = False
    ) -> None:
        """Demand so many approvals of an agency's batches. One above to raise, two above to lower."""
        self._change(agency, "demandApprovals", agency, approvals, by=by, council=council)

    def set_own_approvals(
        self, agency: int, approvals: int, *, by: Sequence[Signer] = (), council: bool = False
    ) -> None:
        """Set an agency's own policy. One of the agency to raise, two for the agency to lower."""
        self._change(agency, "setOwnApprovals", agency, approvals, by=by, council=council)

    # Officers and keys.

    def set_officer(
        self,
        agency: int,
        officer: bytes,
        capabilities: Capability,
        *,
        by: Sequence[Signer] = (),
        council: bool = False,
    ) -> None:
        """Set an officer's capabilities. Two for the agency if any is new, else one of the agency."""
        self._change(agency, "setOfficer", agency, officer, int(capabilities), by=by, council=council)

    def add_key(
        self,
        agency: int,
        *,
        x: bytes,
        y: bytes,
        valid_from: int,
        valid_until: int = NO_END,
        algorithm: int = ES256,
        by: Sequence[Signer] = (),
        council: bool = False,
    ) -> bytes:
        """List a document key (seconds since 1970, end excluded); returns its kid. Two for the agency."""
        receipt = self._change(
            agency, "addKey", agency, algorithm, x, y, valid_from, valid_until, by=by, council=council
        )
        return event_of(receipt, KeyAdded).kid

    def cut_off_key(
        self, agency: int, kid: bytes, cut_off_block: int, *, by: Sequence[Signer] = (), council: bool = False
    ) -> None:
        """Move a key's cut-off. One of the agency or one above to an earlier block, two above to a later one."""
        self._change(agency, "cutOffKey", agency, kid, cut_off_block, by=by, council=council)

    # What is there already.

    def agency_by_code(self, code: str) -> int | None:
        """Return the agency with a credit code, None if there is none."""
        return self._number("agencyByCode", code) or None

    def type_digest(self, certificate_type: int, version: int) -> bytes | None:
        """Return the digest registered for a type's version, None if there is none."""
        agencies, function = self._agencies("typeDigest")
        digest = read_bytes(self.registry.node.read(agencies, function, certificate_type, version), function.name)
        return digest if any(digest) else None

    def holds_type(self, agency: int, certificate_type: int) -> bool:
        """Whether an agency itself holds a type."""
        return bool(self._number("holdsType", agency, certificate_type))

    def lists_key(self, agency: int, kid: bytes) -> bool:
        """Whether a key is listed for an agency, cut off or not."""
        agencies, function = self._agencies("key")
        key = self.registry.node.read(agencies, function, agency, kid)
        return isinstance(key, tuple) and bool(key[0])

    # Consent.

    def _change(self, agency: int, name: str, *arguments: object, by: Sequence[Signer], council: bool) -> Receipt:
        """Make a change that needs consent; `agency` is the one whose nonce it takes."""
        agencies, function = self._agencies(name)
        deadline = self.registry.newest().number + _CONSENT_BLOCKS
        signatures: list[bytes] = []
        if by:
            digest = typed_data.consent_digest(
                self.registry.agencies_domain,
                self.registry.known().registry_id,
                agency=agency,
                action=typed_data.action(function, *arguments),
                nonce=self._number("nonceOf", agency),
                deadline=deadline,
            )
            signatures = [signer.sign_digest(digest) for signer in by]
        payload = function.call(*arguments, (deadline, tuple(signatures)))
        if not council:
            return receipt_of(self.registry, self.registry.sending.transact(agencies, payload, sender=self._sender))
        if not self._has_council:
            raise SigningFailed(f"{name}: the council is to act, but no member's key was given")
        return self.council.decide((agencies, payload))[0]

    def _number(self, name: str, *arguments: object) -> int:
        agencies, function = self._agencies(name)
        return read_number(self.registry.node.read(agencies, function, *arguments), name)

    def _agencies(self, name: str) -> tuple[bytes, Function]:
        return self.registry.known().agencies_address, contracts.agencies().functions[name]
