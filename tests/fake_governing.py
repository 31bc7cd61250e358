"""Governing a registry in memory, with the words of `chain.ethereum.governing`.

What is changed is mined at once, even where the registry otherwise waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain.events import AgencyRegistered, KeyAdded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.events import Capability
    from chain.registry import Signer
    from tests.fakes import FakeRegistry


class FakeCouncil:
    """Decides with the words of `chain.ethereum.council.Council`."""

    def __init__(self, registry: FakeRegistry) -> None:
        self.registry = registry

    def register_types(self, types: Sequence[tuple[int, int, bytes]]) -> None:
        for number, version, digest in types:
            self.registry.govern("register_type", number, version, digest, council=True)

    def retire_type(self, certificate_type: int, version: int) -> None:
        self.registry.govern("retire_type", certificate_type, version, council=True)

    def set_verifying_host(self, host: str, *, listed: bool) -> None:
        self.registry.govern("set_verifying_host", host, listed, council=True)

    def register_top_agency(self, *, code: str, name: str, first_manager: bytes) -> int:
        made = self.registry.govern("register_top_agency", code.encode(), name, first_manager, council=True)
        return next(event.agency for event in made if isinstance(event, AgencyRegistered))


class FakeGoverning:
    """Governs a fake registry with the words of `chain.ethereum.governing.Governing`."""

    def __init__(self, registry: FakeRegistry) -> None:
        self.registry = registry
        self.council = FakeCouncil(registry)

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
        made = self.registry.govern(
            "register_agency", parent, code.encode(), name, first_manager, by=by, council=council
        )
        return next(event.agency for event in made if isinstance(event, AgencyRegistered))

    def suspend_agency(self, agency: int, *, by: Sequence[Signer] = (), council: bool = False) -> None:
        self.registry.govern("suspend_agency", agency, by=by, council=council)

    def resume_agency(self, agency: int, *, by: Sequence[Signer] = (), council: bool = False) -> None:
        self.registry.govern("resume_agency", agency, by=by, council=council)

    def grant_types(
        self, agency: int, certificate_types: Sequence[int], *, by: Sequence[Signer] = (), council: bool = False
    ) -> None:
        for certificate_type in certificate_types:
            self.registry.govern("grant_type", agency, certificate_type, by=by, council=council)

    def withdraw_type(
        self, agency: int, certificate_type: int, *, by: Sequence[Signer] = (), council: bool = False
    ) -> None:
        self.registry.govern("withdraw_type", agency, certificate_type, by=by, council=council)

    def demand_approvals(
        self, agency: int, approvals: int, *, by: Sequence[Signer] = (), council: bool = False
    ) -> None:
        self.registry.govern("demand_approvals", agency, approvals, by=by, council=council)

    def set_own_approvals(
        self, agency: int, approvals: int, *, by: Sequence[Signer] = (), council: bool = False
    ) -> None:
        self.registry.govern("set_own_approvals", agency, approvals, by=by, council=council)

    def set_officer(
        self,
        agency: int,
        officer: bytes,
        capabilities: Capability,
        *,
        by: Sequence[Signer] = (),
        council: bool = False,
    ) -> None:
        self.registry.govern("set_officer", agency, officer, int(capabilities), by=by, council=council)

    def add_key(
        self,
        agency: int,
        *,
        x: bytes,
        y: bytes,
        valid_from: int,
        valid_until: int = 0,
        by: Sequence[Signer] = (),
        council: bool = False,
    ) -> bytes:
        made = self.registry.govern("add_key", agency, 1, x, y, valid_from, valid_until, by=by, council=council)
        return next(event.kid for event in made if isinstance(event, KeyAdded))

    def cut_off_key(
        self, agency: int, kid: bytes, cut_off_block: int, *, by: Sequence[Signer] = (), council: bool = False
    ) -> None:
        self.registry.govern("cut_off_key", agency, kid, cut_off_block, by=by, council=council)
