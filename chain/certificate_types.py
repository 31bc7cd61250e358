"""The certificate types that come with this software, one data file each in `certificate_types/`.

Adding a type is adding a file; `CertificateType` says what one is.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from chain.certificate_type import LOCAL, CertificateType, Layout, RenewalRule
from chain.claims import LANGUAGES, Choice, Claim, Kind, Mask
from chain.errors import CertificateTypeInvalid
from chain.type_file import parse
from chain.validity import Validity, ValidityRule

__all__ = [
    "LANGUAGES",
    "LOCAL",
    "CertificateType",
    "Choice",
    "Claim",
    "Kind",
    "Layout",
    "Mask",
    "RenewalRule",
    "Validity",
    "ValidityRule",
    "by_identifier",
    "by_number",
    "parse",
    "shipped",
    "shipped_files",
]


@cache
def shipped() -> tuple[CertificateType, ...]:
    """Return the types that come with this software, by number and version."""
    return tuple(sorted(map(parse, shipped_files()), key=lambda it: (it.number, it.version)))


@cache
def shipped_files() -> tuple[bytes, ...]:
    """Return the data files of these types, in no order that means anything."""
    return tuple(file.read_bytes() for file in sorted(Path(__file__).with_suffix("").glob("*.json")))


def by_identifier(identifier: str) -> CertificateType:
    """Return the newest version of a shipped type; raises `CertificateTypeInvalid` if there is none."""
    for certificate_type in reversed(shipped()):
        if certificate_type.identifier == identifier:
            return certificate_type
    known = ", ".join(dict.fromkeys(certificate_type.identifier for certificate_type in shipped()))
    raise CertificateTypeInvalid(f"got the certificate type {identifier!r}, wanted one of {known}")


def by_number(number: int, version: int) -> CertificateType:
    """Return a shipped type by the registry's numbers; raises `CertificateTypeInvalid` if there is none."""
    for certificate_type in shipped():
        if (certificate_type.number, certificate_type.version) == (number, version):
            return certificate_type
    known = ", ".join(f"{certificate_type.number} v{certificate_type.version}" for certificate_type in shipped())
    raise CertificateTypeInvalid(f"got the certificate type {number} v{version}, wanted one of {known}")
