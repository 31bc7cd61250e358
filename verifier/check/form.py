"""Check 1, form: strict parsing of what was brought, into what it says of itself."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache, partial
from typing import TYPE_CHECKING

from chain import base64url, cbor, certificate, certificate_types, code, copy, digits, strict_json
from chain.certificate import Certificate
from chain.code import Code
from chain.copy import LimitedCopy
from chain.credential import MEDIA_TYPE
from chain.errors import (
    CertificateAltered,
    CertificateTypeInvalid,
    CertificateUnsupported,
    CodeMalformed,
    CodeUnsupported,
    Malformed,
)
from verifier.check.report import Check, CheckName, Outcome, Verdict
from verifier.wording import listed, message

if TYPE_CHECKING:
    from collections.abc import Callable

    from chain.certificate_types import CertificateType, Validity
    from chain.copy import Content, Opened
    from chain.credential import Credential
    from chain.facts import Facts
    from chain.strict_json import JSON
    from verifier.check.presented import Presented
    from verifier.wording import Argument, Words


_WHOLE_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*(~[A-Za-z0-9_-]+)*~")
_CODE = re.compile(r"(?:https?://[^\s/]+/[cv]#)?([0-9]+)")
_COPY = re.compile(r"https?://[^\s/]+/c#\S*")
_CODE_MEMBERS = 4


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a certificate, a code or a limited copy says of itself; nothing of it is believed yet."""

    source: Certificate | Code | LimitedCopy
    type: CertificateType
    opened: Opened | None = None
    """Of a copy: what led from its claims to its leaf; None for one that shows no way, and for anything else."""
    leaf: bytes = field(init=False)
    """What must have been anchored: computed afresh, but for a copy that is not opened."""
    agency: int = field(init=False)
    """The agency named in what is signed."""
    validity: Validity = field(init=False)
    """The days on which the certificate is valid."""

    def __post_init__(self) -> None:
        """Find once what every check asks for."""
        source = self.source
        signed: Credential | Facts | Content
        if isinstance(source, Code):
            signed, leaf = source.facts, source.leaf
        elif isinstance(source, LimitedCopy):
            signed, leaf = source.content, source.content.leaf
        else:
            signed, leaf = source.credential, source.leaf
        object.__setattr__(self, "leaf", leaf)
        object.__setattr__(self, "agency", signed.agency)
        object.__setattr__(self, "validity", signed.validity)

    @property
    def kid_prefix(self) -> bytes:
        """The document key's name: all of it in a certificate, 8 bytes in a code or copy."""
        match self.source:
            case Certificate() as source:
                return source.kid
            case LimitedCopy() as source:
                return source.content.kid8
            case source:
                return source.facts.kid8

    @property
    def copy(self) -> LimitedCopy | None:
        """The limited copy, if it is one."""
        return self.source if isinstance(self.source, LimitedCopy) else None

    @property
    def claims(self) -> dict[str, JSON]:
        """What is disclosed; nothing for a code, which has facts."""
        match self.source:
            case Certificate() as source:
                return source.claims
            case LimitedCopy() as source:
                shown = ((self.type.claims[place].key, value) for place, value in source.claims or ())
                return {
                    key: list(value) if isinstance(value, tuple) else value for key, value in shown if value is not None
                }
            case _:
                return {}


@dataclass(frozen=True, slots=True)
class ShortNumber:
    """The beginning of a leaf, which says nothing of itself."""

    prefix: bytes
    """The first 60 bits, in 8 bytes."""


def check(
    presented: Presented,
    *,
    known_type: Callable[[int, int], CertificateType] = certificate_types.by_number,
) -> tuple[Check, Claimed | ShortNumber | None]:
    """Find the one thing to verify; `known_type` returns a type by number and version, or raises."""
    result: tuple[Check, Claimed | ShortNumber | None]
    match presented.certificates, presented.codes, presented.short_number:
        case _ if presented.fault is not None:
            result = Check(CheckName.FORM, Outcome.FAILED, presented.fault, (Verdict.UNREADABLE,)), None
        case _ if presented.copies:
            result = _attached_copy(presented, known_type)
        case [text], _, _:
            result = _certificate(text, known_type)
        case [_, _, *_] as several, _, _:
            result = _failed(Verdict.ALTERED, "form.several_certificates", count=len(several)), None
        case _, [text], _:
            result = _code(text, known_type)
        case _, [_, _, *_] as several, _:
            result = _failed(Verdict.UNREADABLE, "form.several_codes", count=len(several)), None
        case _, _, str() as text:
            result = _short_number(text)
        case _ if presented.foreign_codes:
            result = _foreign_code(presented), None
        case _:
            result = _failed(Verdict.UNREADABLE, "form.nothing"), None
    return result


def _foreign_code(presented: Presented) -> Check:
    """Say that it is somebody else's code, and where it leads."""
    if not presented.foreign_hosts:
        return _failed(Verdict.UNSUPPORTED, "form.foreign_code")
    return _failed(Verdict.UNSUPPORTED, "form.foreign_host", host=presented.foreign_hosts[0])


def _certificate(text: str, known_type: Callable[[int, int], CertificateType]) -> tuple[Check, Claimed | None]:
    try:
        parsed = certificate.parse(text)
        known = known_type(parsed.credential.type_number, parsed.credential.type_version)
    except Malformed as exc:
        return _refused(exc, ours=_names_our_profile(text)), None
    except CertificateTypeInvalid as exc:
        return _failed(Verdict.UNSUPPORTED, "form.unknown_type", detail=str(exc)), None
    if fault := _type_fault(parsed, known):
        return fault, None
    claimed = Claimed(parsed, known)
    if withheld := _withheld(parsed, known):
        return _failed(Verdict.INCOMPLETE, "form.withheld", claims=withheld), claimed
    return _passed("form.certificate"), claimed


def _type_fault(parsed: Certificate, known: CertificateType) -> Check | None:
    """Say what the certificate has that the type of its number does not; None if nothing."""
    if other := _other_type(parsed.credential, known):
        return other
    if foreign := parsed.claims.keys() - {claim.key for claim in known.claims}:
        return _failed(Verdict.UNSUPPORTED, "form.unknown_claim", claim=min(foreign))
    return _wrongly_absent(parsed.absent, known)


def _other_type(credential: Credential, known: CertificateType) -> Check | None:
    named = (credential.type_identifier, credential.credential_type, credential.type_digest)
    if named != (known.identifier, known.credential_type, known.digest):
        return _failed(Verdict.UNSUPPORTED, "form.other_type_file", type=credential.type_identifier)
    return None


def _wrongly_absent(absent: frozenset[str], known: CertificateType) -> Check | None:
    may_be_absent = {claim.key for claim in known.claims if claim.always and not claim.required}
    if wrong := absent - may_be_absent:
        return _failed(Verdict.UNSUPPORTED, "form.absent_claim", claim=min(wrong))
    return None


def _withheld(parsed: Certificate, known: CertificateType) -> Words:
    """Name the claims that must be shown but are not; nothing if there are none.

    What is stated to be absent is not withheld. Which other claims are, nobody can tell. But a required claim exists,
    so it is withheld if it is not shown; only if more are withheld than those may an optional one be among them.
    """
    told = parsed.claims.keys() | parsed.absent
    hidden = [claim for claim in known.claims if claim.key not in told]
    maybe_optional = parsed.withheld > sum(claim.required for claim in hidden)
    missing = [claim.labels for claim in hidden if claim.always and (claim.required or maybe_optional)]
    return listed(missing) if missing else {}


def _code(text: str, known_type: Callable[[int, int], CertificateType]) -> tuple[Check, Claimed | None]:
    if _is_copy(text):
        return _copy(partial(copy.parse, text), known_type, ours=_is_whole_code(text))
    try:
        parsed = code.parse(text)
        known = known_type(parsed.facts.certificate_type, parsed.facts.version)
    except Malformed as exc:
        return _refused(exc, ours=_is_whole_code(text)), None
    except CertificateTypeInvalid as exc:
        return _failed(Verdict.UNSUPPORTED, "form.unknown_type", detail=str(exc)), None
    got, wanted = len(parsed.facts.facts), len(known.fact_claims)
    if got != wanted:
        return _failed(Verdict.UNREADABLE, "form.facts", got=got, wanted=wanted), None
    return _passed("form.code"), Claimed(parsed, known)


def _is_copy(text: str) -> bool:
    """Whether a code's text is a limited copy's: by its address, or of bare digits by what they write."""
    text = text.strip()
    if _COPY.fullmatch(text):
        return True
    try:
        return text.isascii() and text.isdecimal() and copy.looks_like_one(digits.decode(text))
    except CodeMalformed:
        return False


def _attached_copy(
    presented: Presented, known_type: Callable[[int, int], CertificateType]
) -> tuple[Check, Claimed | None]:
    """Read the file of a limited copy, which must be the only thing there is."""
    if presented.certificates:
        return _failed(Verdict.ALTERED, "form.certificate_and_copy"), None
    if len(presented.copies) > 1:
        return _failed(Verdict.ALTERED, "form.several_copies", count=len(presented.copies)), None
    return _copy(partial(copy.read, presented.copies[0]), known_type, ours=True)


def _copy(
    read: Callable[[], LimitedCopy], known_type: Callable[[int, int], CertificateType], *, ours: bool
) -> tuple[Check, Claimed | None]:
    try:
        parsed = read()
        known = known_type(parsed.content.certificate_type, parsed.content.version)
        opened = None if parsed.opening is None else copy.open_(parsed, [claim.key for claim in known.claims])
    except CertificateAltered as exc:
        return _failed(Verdict.ALTERED, "form.copy_opening", detail=str(exc)), None
    except Malformed as exc:
        return _refused(exc, ours=ours), None
    except CertificateTypeInvalid as exc:
        return _failed(Verdict.UNSUPPORTED, "form.unknown_type", detail=str(exc)), None
    return _copy_of_type(parsed, known, opened)


def _copy_of_type(parsed: LimitedCopy, known: CertificateType, opened: Opened | None) -> tuple[Check, Claimed | None]:
    """Hold a copy to its type: it shows nothing that the type does not have, and all that the type always shows."""
    shown = parsed.claims or ()
    if beyond := [place for place, _ in shown if place >= len(known.claims)]:
        return _failed(Verdict.UNSUPPORTED, "form.unknown_claim", claim=str(beyond[0])), None
    absent = frozenset(known.claims[place].key for place, value in shown if value is None)
    other = None if opened is None else _other_type(opened.credential, known)
    if fault := other or _wrongly_absent(absent, known):
        return fault, None
    claimed = Claimed(parsed, known, opened)
    told = claimed.claims.keys() | absent
    missing = [claim.labels for claim in known.claims if claim.always and claim.key not in told]
    if missing and parsed.claims is not None:
        return _failed(Verdict.INCOMPLETE, "form.withheld", claims=listed(missing)), claimed
    return _passed("form.copy"), claimed


def _short_number(text: str) -> tuple[Check, ShortNumber | None]:
    try:
        prefix = code.parse_short_number(text)
    except Malformed as exc:
        return _failed(Verdict.UNREADABLE, "form.short_number_malformed", detail=str(exc)), None
    return _passed("form.short_number"), ShortNumber(prefix)


def _refused(exc: Malformed, *, ours: bool) -> Check:
    """Tell what was changed, and what is of a kind we do not know, from what cannot be read at all.

    What is whole and says that it is ours, but breaks our strict form, was not made by an agency.
    """
    match exc:
        case CertificateAltered():
            return _failed(Verdict.ALTERED, "form.altered", detail=str(exc))
        case CertificateUnsupported() | CodeUnsupported():
            return _failed(Verdict.UNSUPPORTED, "form.unsupported", detail=str(exc))
        case _:
            return _failed(Verdict.ALTERED if ours else Verdict.UNREADABLE, "form.malformed", detail=str(exc))


def _names_our_profile(text: str) -> bool:
    """Whether it is a whole SD-JWT, with nothing lost on the way, whose header says that it is of our kind."""
    if not _WHOLE_TOKEN.fullmatch(text):
        return False
    try:
        header = strict_json.parse(base64url.decode(text.partition(".")[0]))
    except ValueError:
        return False
    return isinstance(header, dict) and header.get("typ") == MEDIA_TYPE


def _is_whole_code(text: str) -> bool:
    """Whether the digits end where what they write ends, and that has a code's members: nothing was lost or added."""
    written = _CODE.fullmatch(text.strip())
    if written is None or len(written[1]) > code.MAX_DIGITS:
        return False
    try:
        value = cbor.decode(digits.decode(written[1]))
    except (Malformed, ValueError):
        return False
    return isinstance(value, list) and len(value) == _CODE_MEMBERS


@cache
def _passed(key: str) -> Check:
    return Check(CheckName.FORM, Outcome.PASSED, message(key))


def _failed(reason: Verdict, key: str, **arguments: Argument) -> Check:
    return Check(CheckName.FORM, Outcome.FAILED, message(key, **arguments), (reason,))
