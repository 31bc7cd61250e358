"""EIP-712: the 32 bytes that officers sign, as IAgencies and ICertificates define them.

No field is of dynamic length, so the encoding is a row of words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from eth_utils.crypto import keccak

from chain.errors import RegistryMismatch
from chain.ethereum.contracts import encode
from chain.ethereum.wire import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.ethereum.contracts import Function
    from chain.registry import BatchToAnchor, Role, StatusToChange

AGENCIES_DOMAIN = "Yinxin Agencies"
CERTIFICATES_DOMAIN = "Yinxin Certificates"
VERSION = "1"

CONSENT = "Consent(bytes32 registryId,uint32 agency,bytes32 action,uint64 nonce,uint64 deadline)"
BATCH = (
    "Batch(bytes32 registryId,uint32 agency,uint32 certificateType,uint16 version,bytes32 root,uint16 size,"
    "bytes32 replaces,uint24 from,uint8 role,uint64 deadline)"
)
STATUS_CHANGE = (
    "StatusChange(bytes32 registryId,uint32 agency,uint32 actor,bytes32 leaves,bytes32 held,uint8 track,"
    "uint24 from,uint24 until,bytes32 decision,uint64 deadline)"
)

_DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
_DOMAIN_FIELDS = b"\x0f"
"""ERC-5267: name, version, chainId and verifyingContract are used; salt is not."""
_PREFIX = b"\x19\x01"


@dataclass(frozen=True, slots=True)
class Domain:
    """For which contract on which chain something is signed."""

    name: str
    chain_id: int
    """As the contract sees it, which on FISCO BCOS is 0."""
    contract: bytes

    @property
    def separator(self) -> bytes:
        """The domain's 32 bytes."""
        hashed = [keccak(text=text) for text in (_DOMAIN, self.name, VERSION)]
        kinds = ["bytes32", "bytes32", "bytes32", "uint256", "address"]
        return keccak(encode(kinds, [*hashed, self.chain_id, self.contract]))

    def digest(self, struct: str, values: Sequence[object]) -> bytes:
        """Return what is signed for a struct given by its type."""
        fields = struct[struct.index("(") + 1 : -1].split(",")
        kinds = [field.split(" ")[0] for field in fields]
        return keccak(_PREFIX + self.separator + keccak(keccak(text=struct) + encode(kinds, values)))


def domain_from_contract(returned: Sequence[object], *, name: str, contract: bytes, chain_id: int) -> Domain:
    """Return the domain that `eip712Domain()` told.

    Raises:
        RegistryMismatch: If it is not the one that this contract on this chain should have. A node could otherwise
            have officers sign for another place.
    """
    fields, got_name, version, got_chain_id, got_contract, salt, extensions = returned
    wanted = (_DOMAIN_FIELDS, name.encode(), VERSION.encode(), contract, bytes(32), ())
    if (fields, got_name, version, got_contract, salt, extensions) != wanted or got_chain_id not in {0, chain_id}:
        raise RegistryMismatch(
            f"the contract at 0x{contract.hex()} says its EIP-712 domain is {shown(tuple(returned))},"
            f" wanted {name!r}, version {VERSION}, chain {chain_id} or 0"
        )
    return Domain(name=name, chain_id=got_chain_id, contract=contract)


def batch_digest(
    domain: Domain, registry_id: bytes, batch: BatchToAnchor, *, root: bytes, role: Role, deadline: int
) -> bytes:
    """Return what the preparer or an approver of a batch signs."""
    replaces = keccak(b"".join(batch.replaces)) if batch.replaces else bytes(32)
    return domain.digest(
        BATCH,
        [
            registry_id,
            batch.agency,
            batch.certificate_type,
            batch.version,
            root,
            len(batch.leaves),
            replaces,
            batch.from_hour,
            int(role),
            deadline,
        ],
    )


def status_digest(domain: Domain, registry_id: bytes, change: StatusToChange, *, deadline: int) -> bytes:
    """Return what officers sign for a change of status."""
    return domain.digest(
        STATUS_CHANGE,
        [
            registry_id,
            change.agency,
            change.actor,
            keccak(b"".join(change.leaves)),
            held_hash(change),
            int(change.track),
            change.from_hour,
            change.until_hour,
            change.decision,
            deadline,
        ],
    )


def held_hash(change: StatusToChange) -> bytes:
    """Return the hash of what the leaves' slots hold."""
    return keccak(b"".join(slot.to_bytes(32) for slot in change.held))


def consent_digest(
    domain: Domain, registry_id: bytes, *, agency: int, action: bytes, nonce: int, deadline: int
) -> bytes:
    """Return what a manager signs for a change of an agency."""
    return domain.digest(CONSENT, [registry_id, agency, action, nonce, deadline])


def action(function: Function, *arguments: object) -> bytes:
    """Return what managers consent to: the hash of the selector and all arguments but the consent."""
    kinds = ["bytes4", *function.inputs[:-1]]
    return keccak(encode(kinds, [function.selector, *arguments]))
