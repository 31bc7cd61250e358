"""Whether a receipt is one of this registry's attesters, and whole. Pure, as the procedure for certificates is.

A receipt is not a certificate, so its report is never VALID: the form alone argues for INCOMPLETE. What it says was so
when somebody checked; what is so now, only the certificate can be asked about.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chain.errors import SignatureInvalid
from chain.trust_list import CLOCK_TOLERANCE
from verifier.check import receipts
from verifier.check.receipts import ReceiptMalformed, ReceiptUnsupported, Signed
from verifier.check.report import Check, CheckName, Outcome, Report, Subject, Verdict
from verifier.wording import message

if TYPE_CHECKING:
    from chain.keys import PublicKey
    from chain.registry import Identity
    from chain.trust_list import TrustList
    from verifier.check.evidence import Offline
    from verifier.check.moments import Moment
    from verifier.check.presented import Presented
    from verifier.wording import Message


@dataclass(frozen=True, slots=True)
class RegistryNamed:
    """Of which registry receipts are believed."""

    registry_id: bytes
    address: bytes
    chain_id: int
    test: bool


@dataclass(frozen=True, slots=True)
class Vouchers:
    """Whose receipts are believed."""

    registry: RegistryNamed | None
    """None if it is not known."""
    keys: tuple[PublicKey, ...] = ()
    silence: Message = field(default_factory=lambda: message("registry.never_reached"))
    """Why nothing can be said, where the registry is not known."""


@dataclass(frozen=True, slots=True)
class ReceiptReport(Report):
    """The answer about a receipt, told from one about a certificate by its type, and by never being VALID."""

    signed: Signed | None = None
    """None if it could not be read, or there were several."""

    @property
    def is_test(self) -> bool | None:
        """Whether nothing here has any effect: as the receipt says, where it could be read."""
        if self.signed is not None:
            return self.signed.receipt.test
        return None if self.offline is None or self.offline.trust is None else self.offline.trust.test

    @property
    def is_vouched_for(self) -> bool:
        """Whether a key that is believed signed it for this registry."""
        return any(check.name is CheckName.SIGNATURE and check.outcome is Outcome.PASSED for check in self.checks)


def vouchers(
    *, identity: Identity | None = None, trust: TrustList | None = None, own: PublicKey | None = None
) -> Vouchers:
    """Return whose receipts are believed: the trust list's attesters', and one's own."""
    registry = None
    if identity is not None:
        registry = RegistryNamed(identity.registry_id, identity.address, identity.chain_id, identity.test)
    elif trust is not None:
        registry = RegistryNamed(trust.registry_id, trust.registry, trust.chain_id, trust.test)
    listed = () if trust is None else trust.attesters
    return Vouchers(registry, tuple(dict.fromkeys([*listed, *([] if own is None else [own])])))


def report(
    presented: Presented,
    known: Vouchers,
    moment: Moment,
    *,
    name: str,
    request_id: str = "",
    offline: Offline | None = None,
) -> ReceiptReport:
    """Report about a receipt that was presented."""
    form, signed = _form(presented)
    signature = _skipped(CheckName.SIGNATURE) if signed is None else _signature(signed, known, moment)
    others = (CheckName.INCLUSION, CheckName.ANCHORING, CheckName.STATUS, CheckName.VALIDITY, CheckName.DOCUMENT)
    return ReceiptReport(
        input=name,
        checks=(form, signature, *map(_skipped, others)),
        subject=Subject(),
        on=moment.day,
        checked_at=moment.now,
        register=None,
        request_id=request_id,
        offline=offline,
        signed=signed,
    )


def _form(presented: Presented) -> tuple[Check, Signed | None]:
    if len(presented.receipts) > 1:
        return _failed(CheckName.FORM, Verdict.ALTERED, message("receipt.several", count=len(presented.receipts))), None
    if presented.certificates or presented.copies or presented.codes:
        return _failed(CheckName.FORM, Verdict.ALTERED, message("receipt.beside_certificate")), None
    try:
        signed = receipts.parse(presented.receipts[0])
    except ReceiptUnsupported as exc:
        return _failed(CheckName.FORM, Verdict.UNSUPPORTED, message("receipt.unsupported", detail=str(exc))), None
    except ReceiptMalformed as exc:
        return _failed(CheckName.FORM, Verdict.UNREADABLE, message("receipt.malformed", detail=str(exc))), None
    # With this reason no outcome of the other checks can make it VALID.
    return Check(CheckName.FORM, Outcome.PASSED, message("receipt.form"), (Verdict.INCOMPLETE,)), signed


def _signature(signed: Signed, known: Vouchers, moment: Moment) -> Check:
    receipt, name = signed.receipt, CheckName.SIGNATURE
    kid = signed.kid[:8].hex()
    if known.registry is None:
        return Check(name, Outcome.UNKNOWN, known.silence)
    if RegistryNamed(receipt.registry_id, receipt.registry, receipt.chain_id, receipt.test) != known.registry:
        said = message(
            "receipt.other_registry",
            registry=receipt.registry_id.hex(),
            chain=receipt.chain_id,
            our_registry=known.registry.registry_id.hex(),
            our_chain=known.registry.chain_id,
        )
        return _failed(name, Verdict.UNSUPPORTED, said)
    key = next((each for each in known.keys if each.kid == signed.kid), None)
    if key is None:
        return _failed(name, Verdict.ISSUER_NOT_AUTHORISED, message("receipt.key_not_listed", kid=kid))
    try:
        signed.verify(key)
    except SignatureInvalid:
        return _failed(name, Verdict.ALTERED, message("receipt.altered"))
    if receipt.checked_at - moment.now > CLOCK_TOLERANCE:
        return Check(name, Outcome.UNKNOWN, message("receipt.not_yet", at=receipt.checked_at))
    return Check(name, Outcome.PASSED, message("receipt.signed", kid=kid))


def _skipped(name: CheckName) -> Check:
    return Check(name, Outcome.SKIPPED, message("receipt.not_asked"))


def _failed(name: CheckName, verdict: Verdict, said: Message) -> Check:
    return Check(name, Outcome.FAILED, said, (verdict,))
