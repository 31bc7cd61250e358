"""Credit codes, national certificate identifiers, resident numbers: read strictly, with their check characters.

Check characters guard against typing mistakes, never against forgers. Nothing is folded or stripped: a lower-case
letter is a mistake that whoever made it should see. What the standards' own data gets wrong is a warning.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from chain.errors import IdentifierInvalid
from chain.text import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = "1.2.156.3005.2"
"""The OID under which all certificate identifiers stand (GB/T 36904)."""

MAX_VERSION = 999
MAX_SERIAL = 64
"""No limit of the standard is known; the longest seen have 20 characters."""

_DIGITS_AND_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

# GB 32100, 4: no I, O, S, V and Z, which look like digits or other letters.
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_CODE = re.compile(rf"[{_CREDIT_ALPHABET}]{{2}}[0-9]{{6}}[{_CREDIT_ALPHABET}]{{10}}")
_CREDIT_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
# Which kinds of organisation each department registers (GB 32100, table 2).
_ORGANISATIONS = {
    "1": "1239",
    "2": "19",
    "3": "123459",
    "4": "19",
    "5": "1239",
    "6": "19",
    "7": "129",
    "8": "19",
    "9": "1239",
    "A": "19",
    "N": "1239",
    "Y": "1",
}

_TYPE_CODE = re.compile(r"(.{18})[0-9]{3}")
_SERIAL = re.compile(rf"[0-9A-Z]{{1,{MAX_SERIAL}}}")
_VERSION = re.compile(r"[0-9]{3}")
_DIVISION = re.compile(r"[0-9]{6}")

_RESIDENT_NUMBER = re.compile(r"[0-9]{17}[0-9X]")
_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_RESIDENT_CHECKS = "10X98765432"
# GB/T 2260: the first two digits name the province; 83 is on residence permits of people from Taiwan.
_PROVINCES = "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83"


@dataclass(frozen=True, slots=True)
class CreditCode:
    """A unified social credit code (GB 32100-2015)."""

    text: str
    warnings: tuple[str, ...]

    @property
    def division(self) -> str:
        """The six digits (GB/T 2260) of the place where it was registered."""
        return self.text[2:8]

    def __str__(self) -> str:
        """Return the 18 characters."""
        return self.text


@dataclass(frozen=True, slots=True)
class CertificateIdentifier:
    """A national certificate identifier (GB/T 36904): one version of one licence."""

    type_code: str
    issuer_code: str
    serial: str
    version: int
    check: str
    warnings: tuple[str, ...]

    @property
    def lineage(self) -> str:
        """What all versions of the licence share: everything but version and check character."""
        return f"{ROOT}.{self.type_code}.{self.issuer_code}.{self.serial}"

    def next_version(self) -> CertificateIdentifier:
        """Return what the licence is called after renewal or alteration (延续、变更)."""
        return certificate_identifier(self.type_code, self.issuer_code, self.serial, self.version + 1)

    def __str__(self) -> str:
        """Return the whole text, from the root OID to the check character."""
        return f"{self.lineage}.{self.version:03}.{self.check}"


@dataclass(frozen=True, slots=True)
class ResidentNumber:
    """A citizen's number (GB 11643-1999)."""

    text: str
    born: date
    warnings: tuple[str, ...]

    @property
    def masked(self) -> str:
        """The number without birthday and sequence."""
        return mask_resident_number(self.text)

    def __str__(self) -> str:
        """Return the masked number: whoever wants all of it says `.text`."""
        return self.masked


def parse_credit_code(text: str) -> CreditCode:
    """Read a credit code; raises `IdentifierInvalid`.

    An unknown kind of organisation and a wrong check character of the embedded organisation code (GB 11714) are
    warnings. Whether anybody was given the code is not checked.
    """
    if not _CREDIT_CODE.fullmatch(text):
        raise IdentifierInvalid(_credit_code_fault(text), "a credit code of 18 digits and capital letters")
    wanted = _CREDIT_ALPHABET[-sum(_weighted(map(_CREDIT_ALPHABET.index, text), _CREDIT_WEIGHTS)) % 31]
    if text[17] != wanted:
        raise IdentifierInvalid(quoted(text), f"a credit code; the last character of this one should be {wanted}")
    return CreditCode(text, tuple(_credit_code_warnings(text)))


def parse_certificate_identifier(text: str) -> CertificateIdentifier:
    """Read an identifier from the root OID to the check character; raises `IdentifierInvalid`.

    An issuer given as six digits of a division, as some systems write, is a warning.
    """
    parts = text.removeprefix(f"{ROOT}.").split(".")
    if not text.startswith(f"{ROOT}.") or len(parts) != 5:  # noqa: PLR2004 - As the next line says.
        raise IdentifierInvalid(quoted(text), f"{ROOT}.<type>.<issuer>.<serial>.<version>.<check>")
    type_code, issuer_code, serial, version, check = parts
    warnings: tuple[str, ...] = ()
    if _DIVISION.fullmatch(issuer_code):
        warnings = (f"the issuer {issuer_code} is a division's code; the standard wants an agency's credit code",)
    else:
        parse_credit_code(issuer_code)
    wanted = _check_character(type_code, issuer_code, serial, version)
    if check != wanted:
        raise IdentifierInvalid(f"{quoted(text)} with a check character that does not fit", f"{wanted} at the end")
    return CertificateIdentifier(type_code, issuer_code, serial, int(version), check, warnings)


def certificate_identifier(type_code: str, issuer_code: str, serial: str, version: int) -> CertificateIdentifier:
    """Make the identifier with its check character; raises `IdentifierInvalid`. The issuer is always a credit code."""
    parse_credit_code(issuer_code)
    check = _check_character(type_code, issuer_code, serial, f"{version:03}")
    return CertificateIdentifier(type_code, issuer_code, serial, version, check, ())


def parse_resident_number(text: str) -> ResidentNumber:
    """Read a resident number; raises `IdentifierInvalid`, whose text never shows the whole number.

    A place that no province has is a warning, because divisions come and go.
    """
    if not _RESIDENT_NUMBER.fullmatch(text):
        raise IdentifierInvalid(_resident_number_fault(text), "a resident number: 17 digits, then a digit or X")
    masked = mask_resident_number(text)
    year, month, day = int(text[6:10]), int(text[10:12]), int(text[12:14])
    try:
        born = date(year, month, day)
    except ValueError as exc:
        raise IdentifierInvalid(masked, "a resident number with a day of the calendar in digits 7 to 14") from exc
    wanted = _RESIDENT_CHECKS[sum(_weighted(map(int, text[:17]), _RESIDENT_WEIGHTS)) % 11]
    if text[17] != wanted:
        # 18 digits in a spreadsheet's number end in zeros: it keeps 15.
        why = "; a spreadsheet keeps only 15 digits of a number, so write it as text" if text.endswith("000") else ""
        raise IdentifierInvalid(masked, f"a resident number whose last character fits the rest{why}")
    known = text[:2] in _PROVINCES.split()
    return ResidentNumber(text, born, () if known else (f"no province has the number {text[:2]}",))


def check_type_code(type_code: str) -> None:
    """Refuse a type code that is not its defining authority's credit code and three digits."""
    match = _TYPE_CODE.fullmatch(type_code)
    if not match:
        raise IdentifierInvalid(f"the type code {quoted(type_code)}", "a credit code, then three digits")
    parse_credit_code(match[1])


def mask_resident_number(text: str) -> str:
    """Hide birthday and sequence of a resident number: `150121********000X`; `T150121********000X` with a prefix.

    Whatever has another length is hidden altogether, for it may have the number anywhere.
    """
    shown = len(text) - 12
    return f"{text[:shown]}{'*' * 8}{text[-4:]}" if len("150121") <= shown <= len("T150121") else "*" * len(text)


def _check_character(type_code: str, issuer_code: str, serial: str, version: str) -> str:
    """Return ISO/IEC 7064 MOD 37,36 over the parts without dots, each of which is looked at first."""
    check_type_code(type_code)
    if not _SERIAL.fullmatch(serial):
        raise IdentifierInvalid(f"the serial {quoted(serial)}", f"1 to {MAX_SERIAL} digits and capital letters")
    if not _VERSION.fullmatch(version) or version == "000":
        raise IdentifierInvalid(f"the version {quoted(version)}", f"001 to {MAX_VERSION}")
    product = 36
    for character in type_code + issuer_code + serial + version:
        product = ((product + _DIGITS_AND_LETTERS.index(character)) % 36 or 36) * 2 % 37
    return _DIGITS_AND_LETTERS[(37 - product) % 36]


def _credit_code_fault(text: str) -> str:
    """Say what keeps the text from being a credit code."""
    if len(text) != 18:  # noqa: PLR2004 - A credit code has 18 characters.
        return f"{quoted(text)} of {len(text)} characters"
    strange = next((character for character in text if character not in _CREDIT_ALPHABET), None)
    if strange is not None:
        return f"{quoted(text)} with {strange!r} in it (no small letters, and none of I O S V Z)"
    return f"{quoted(text)} without digits for the place, characters 3 to 8"


def _credit_code_warnings(text: str) -> Iterable[str]:
    if text[1] not in _ORGANISATIONS.get(text[0], ""):
        yield f"no organisation is registered as {text[:2]}"
    total = sum(_weighted(map(_DIGITS_AND_LETTERS.index, text[8:16]), _ORGANISATION_WEIGHTS))
    wanted = "0123456789X"[-total % 11]
    if text[16] != wanted:
        yield f"the organisation code in it, {text[8:17]}, should end in {wanted} (GB 11714)"


def _resident_number_fault(text: str) -> str:
    """Say what keeps the text from being a resident number, without saying the text."""
    if len(text) != 18:  # noqa: PLR2004 - A resident number has 18 characters.
        return f"{len(text)} characters"
    if text.endswith("x"):
        return "a small x at the end"
    return "other characters than digits"


def _weighted(values: Iterable[int], weights: Iterable[int]) -> Iterable[int]:
    return (value * weight for value, weight in zip(values, weights, strict=False))
