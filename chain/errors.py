"""Everything that can go wrong in the chain of evidence.

The tree:

    YinxinError
    ├── InvalidInput                    what a person or program handed in is not what is wanted
    │   ├── IdentifierInvalid           a credit code, certificate identifier or resident number
    │   ├── ClaimsInvalid               claims that do not fit their certificate type (carries every fault)
    │   └── CertificateTypeInvalid      a certificate type's data file
    ├── Malformed                       bytes that are not what they claim to be; nothing of them is believed
    │   ├── TreeMalformed               an inclusion path that does not fit its index and size
    │   ├── CodeMalformed               a code or short number
    │   │   └── CodeUnsupported         well formed, but of a format version we do not know
    │   ├── CertificateMalformed        an SD-JWT outside the strict profile
    │   │   ├── CertificateUnsupported  well formed, but of a profile we do not know
    │   │   └── CertificateAltered      disclosures that what was signed knows nothing of, or one of them twice
    │   └── EvidenceMalformed           a proof, checkpoint, pack or trust list that is not in the form
    │       └── EvidenceUnsupported     of a format to come
    ├── EvidenceRefused                 in form, but it does not show what it claims
    │   ├── SealsInsufficient           one seal twice, another set, beyond the pinned sets, and
    │   │   ├── SealsTooFew             fewer than it takes
    │   │   └── StrangersSeal           one of somebody who is no validator
    │   ├── NotProven                   a path, node, receipt, slot or root that does not fit the header
    │   ├── HistoryIncomplete           lists that do not make the proven heads
    │   ├── NotAttested                 a chain without seals, and no attester of the trust list vouches
    │   ├── TrustListRefused            not signed by enough council keys, expired, of another registry, or going back
    │   └── WentBack                    an older checkpoint than one seen before, or another history at the same height
    ├── SignatureInvalid                a signature that its key did not make
    ├── SigningFailed                   a key that is missing, locked or refuses
    └── RegistryError                   what a blockchain, or the way to it, did
        ├── RegistryUnavailable         silent, unreachable, or answering nonsense: says nothing about a certificate
        │   └── RegistryBehind          its newest block is too old
        ├── RegistryMismatch            another chain, contract code, registry id or history than expected
        ├── RegistryRefused             the contract reverted; carries its error's name and arguments
        ├── SenderRefused               the node does not let this account write, or cannot pay for it
        ├── NonceTaken                  another transaction of the sender's has this nonce already
        └── TransactionLost             sent, but the node knows it no longer
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class YinxinError(Exception):
    """The root of this tree; its text says what was got and what was wanted."""


class InvalidInput(YinxinError):
    """What a person or program handed in is not what is wanted."""


class IdentifierInvalid(InvalidInput):
    """A credit code, certificate identifier or resident number that cannot be right."""

    def __init__(self, got: str, wanted: str) -> None:
        """Keep both halves apart, so that a table's row can show them in two columns."""
        super().__init__(f"got {got}, wanted {wanted}")
        self.got = got
        self.wanted = wanted


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one claim."""

    claim: str
    """The claim's key; empty where the fault is with the whole."""
    got: str
    wanted: str

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.claim or 'claims'}: got {self.got}, wanted {self.wanted}"


class ClaimsInvalid(InvalidInput):
    """Claims that do not fit their certificate type."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        """Keep every fault, not just the first."""
        super().__init__("; ".join(map(str, faults)))
        self.faults = tuple(faults)


class CertificateTypeInvalid(InvalidInput):
    """A certificate type's data file that says something impossible."""


class Malformed(YinxinError):
    """Bytes that are not what they claim to be."""


class TreeMalformed(Malformed):
    """An inclusion path that does not fit its index and size."""


class CodeMalformed(Malformed):
    """Not a code of ours, or a damaged one; or a mistyped short number."""


class CodeUnsupported(CodeMalformed):
    """A code of a format version that this software does not know."""


class CertificateMalformed(Malformed):
    """An SD-JWT outside the strict profile of docs/protocol.md."""


class CertificateUnsupported(CertificateMalformed):
    """A well-formed credential of a profile that this software does not know."""


class CertificateAltered(CertificateMalformed):
    """Disclosures that what was signed knows nothing of, or one of them twice: somebody changed what is shown."""


class EvidenceMalformed(Malformed):
    """A proof, checkpoint, pack or trust list that is not in the form, or a header, node or receipt within one."""


class EvidenceUnsupported(EvidenceMalformed):
    """A proof, checkpoint, pack or trust list of a format to come."""


class EvidenceRefused(YinxinError):
    """Evidence in form that does not show what it claims."""


class SealsInsufficient(EvidenceRefused):
    """A block that the pinned set did not seal: too few, a stranger's, one twice, another set, beyond the sets."""


class SealsTooFew(SealsInsufficient):
    """A block that fewer sealed than it takes."""


class StrangersSeal(SealsInsufficient):
    """A block that somebody proposed or sealed who is none of the pinned set."""


class NotProven(EvidenceRefused):
    """A path, node, receipt, slot or root that does not fit the header."""


class HistoryIncomplete(EvidenceRefused):
    """Lists that do not make the proven heads; the message names which list: anchors, statuses or rights."""


class NotAttested(EvidenceRefused):
    """A chain without seals, and no attester of the trust list vouches."""


class TrustListRefused(EvidenceRefused):
    """A trust list not signed by enough council keys, expired, of another registry, or going back."""


class WentBack(EvidenceRefused):
    """An older checkpoint than one seen before, or another history at the same height."""


class SignatureInvalid(YinxinError):
    """A signature that its key did not make."""


class SigningFailed(YinxinError):
    """A key that is missing, locked or refuses."""


class RegistryError(YinxinError):
    """What a blockchain, or the way to it, did."""


class RegistryUnavailable(RegistryError):
    """A node that is silent, unreachable or answers nonsense."""


class RegistryBehind(RegistryUnavailable):
    """A node whose newest block is too old to speak of the present."""


class RegistryMismatch(RegistryError):
    """Another chain, contract code, registry id or history than expected."""


class RegistryRefused(RegistryError):
    """The contract reverted."""

    def __init__(self, name: str, arguments: Mapping[str, object], message: str = "") -> None:
        """Carry the error's name and its arguments by name."""
        shown = ", ".join(f"{key}={value}" for key, value in arguments.items())
        super().__init__(message or f"the registry refused: {name}({shown})")
        self.name = name
        self.arguments = dict(arguments)


class SenderRefused(RegistryError):
    """The node does not let this account write, or the account cannot pay."""


class NonceTaken(RegistryError):
    """Another transaction of the sender's has this nonce already."""


class TransactionLost(RegistryError):
    """Sent, but the node knows it no longer."""
