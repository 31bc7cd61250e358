"""Who may do what, asked before anything is signed, so that a refusal is a sentence and costs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain.events import Capability
from issuer.errors import NotAllowed

if TYPE_CHECKING:
    from chain.certificate_types import CertificateType
    from chain.registry import RegistryWriter
    from issuer.directory import Directory, Key
    from issuer.keys import Keystore, Officer

_DOING = {
    Capability.PREPARE: "prepare batches",
    Capability.APPROVE: "approve batches",
    Capability.STATUS: "change statuses",
    Capability.MANAGE: "manage officers and keys",
}


ISSUING = Capability.PREPARE | Capability.APPROVE
"""Either is enough to bring drafts in and to give them up."""


def require_officer_of(officer: Officer, agency: int, directory: Directory) -> None:
    """Refuse an officer of another agency."""
    if officer.agency != agency:
        raise NotAllowed(
            f"officer {officer.name} is of {directory.agency(officer.agency)}; "
            f"wanted one of {directory.agency(agency)}, whose business this is"
        )


def require_capability(
    registry: RegistryWriter, officer: Officer, agency: int, capability: Capability, directory: Directory
) -> None:
    """Refuse an officer whom the registry does not let do this, or any of these."""
    held = registry.capabilities(agency, officer.signer.address)
    if not held & capability:
        has = ", ".join(_DOING[each] for each in Capability if held & each) or "nothing"
        wanted = " or ".join(_DOING[each] for each in Capability if capability & each)
        raise NotAllowed(
            f"officer {officer.name} (0x{officer.signer.address.hex()}) may not {wanted} for "
            f"{directory.agency(agency)}; the registry lets this account: {has}. "
            "A manager of the agency can change that"
        )


def require_any_capability(officer: Officer, directory: Directory) -> None:
    """Refuse somebody who is an officer by the label in a key file alone: the registry says who is one."""
    agency = directory.agency(officer.agency)
    if not agency.officers.get(officer.signer.address):
        raise NotAllowed(
            f"officer {officer.name} (0x{officer.signer.address.hex()}) has no rights at {agency} on the registry; "
            "a manager of the agency can give some"
        )


def require_may_issue(directory: Directory, agency: int, certificate_type: CertificateType) -> None:
    """Refuse an agency that the registry would not let anchor certificates of this type."""
    known = directory.types.get((certificate_type.number, certificate_type.version))
    shown = f"{certificate_type.identifier} version {certificate_type.version}"
    if known is None:
        raise NotAllowed(f"certificate type {shown} is not registered; the council registers types")
    if known != certificate_type.digest:
        raise NotAllowed(
            f"certificate type {shown}: the data file here has the digest {certificate_type.digest.hex()[:16]}…, the "
            f"registry holds {known.hex()[:16]}…; install the file that was registered"
        )
    if (certificate_type.number, certificate_type.version) in directory.retired:
        raise NotAllowed(f"certificate type {shown} is closed for new certificates; use its newer version")
    if directory.successor:
        raise NotAllowed(f"this registry has a successor, 0x{directory.successor.hex()}; issue there")
    for above in directory.line(agency):
        if above.suspended_by:
            raise NotAllowed(f"{above} is suspended; it, or the agency above that suspended it, must resume it first")
        if certificate_type.number not in above.types:
            raise NotAllowed(
                f"{above} does not hold the type {certificate_type.identifier}; the agency above grants it"
            )


def document_key(directory: Directory, agency: int, keystore: Keystore, *, kept: bytes | None) -> Key:
    """Return the agency's newest key that counts now and whose private half is here; raises `NotAllowed`.

    `kept` is the kid of a key that is used already: as long as that one counts, it is the one.
    """
    here = keystore.document_kids(agency)
    counting = [key for key in directory.agency(agency).keys if key.counts_at(directory.block)]
    usable = [key for key in counting if key.kid in here]
    if usable:
        return next((key for key in usable if key.kid == kept), usable[-1])
    raise NotAllowed(
        f"{directory.agency(agency)} has {len(counting)} document keys that count now, and the keystore folder has the "
        f"private half of none of them ({len(here)} keys are there); run `yinxin-issuer enrol` to make and list one"
    )
