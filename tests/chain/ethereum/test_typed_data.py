"""What officers sign, compared with another implementation of EIP-712."""

from __future__ import annotations

import pytest
from eth_account.messages import _hash_eip191_message, encode_typed_data
from eth_utils.crypto import keccak

from chain import merkle
from chain.errors import RegistryMismatch
from chain.ethereum import typed_data
from chain.ethereum.typed_data import Domain
from chain.events import Track
from chain.registry import BatchToAnchor, Role, StatusToChange
from tests.deployed import leaves_of

CONTRACT = bytes.fromhex("c0" * 20)
REGISTRY_ID = bytes.fromhex("1d" * 32)
DOMAIN = Domain(typed_data.CERTIFICATES_DOMAIN, 31337, CONTRACT)
BATCH = BatchToAnchor(3, 2, 1, leaves_of("new", 3))
REPLACING = BatchToAnchor(3, 2, 1, leaves_of("new", 3), replaces=leaves_of("old", 3), from_hour=490_000)
CHANGE = StatusToChange(3, 1, leaves_of("new", 2), (0, 2**200), Track.SUSPENSION, 490_000, 490_024, b"\x07" * 32)


def by_others(struct: str, values: dict[str, object]) -> bytes:
    """Hash with eth_account."""
    name, listed = struct.rstrip(")").split("(")
    types = [dict(zip(("type", "name"), field.split(" "), strict=True)) for field in listed.split(",")]
    domain = {
        "name": DOMAIN.name,
        "version": "1",
        "chainId": DOMAIN.chain_id,
        "verifyingContract": f"0x{CONTRACT.hex()}",
    }
    message = dict(zip((field["name"] for field in types), values.values(), strict=True))
    return bytes(_hash_eip191_message(encode_typed_data(domain, {name: types}, message)))


@pytest.mark.parametrize("batch", [BATCH, REPLACING], ids=["anchor", "replace"])
@pytest.mark.parametrize("role", Role)
def test_the_digest_of_a_batch_is_what_others_compute(batch: BatchToAnchor, role: Role) -> None:
    root = merkle.root(batch.leaves)
    wanted = by_others(
        typed_data.BATCH,
        {
            "registryId": REGISTRY_ID,
            "agency": 3,
            "certificateType": 2,
            "version": 1,
            "root": root,
            "size": 3,
            "replaces": keccak(b"".join(batch.replaces)) if batch.replaces else bytes(32),
            "from": batch.from_hour,
            "role": int(role),
            "deadline": 99,
        },
    )
    assert typed_data.batch_digest(DOMAIN, REGISTRY_ID, batch, root=root, role=role, deadline=99) == wanted


def test_the_digest_of_a_change_of_status_is_what_others_compute() -> None:
    wanted = by_others(
        typed_data.STATUS_CHANGE,
        {
            "registryId": REGISTRY_ID,
            "agency": 3,
            "actor": 1,
            "leaves": keccak(b"".join(CHANGE.leaves)),
            "held": keccak(bytes(32) + (2**200).to_bytes(32)),
            "track": 5,
            "from": 490_000,
            "until": 490_024,
            "decision": CHANGE.decision,
            "deadline": 99,
        },
    )
    assert typed_data.status_digest(DOMAIN, REGISTRY_ID, CHANGE, deadline=99) == wanted


def test_the_digest_of_a_consent_is_what_others_compute() -> None:
    values = {"registryId": REGISTRY_ID, "agency": 3, "action": b"\x08" * 32, "nonce": 4, "deadline": 99}
    told = typed_data.consent_digest(DOMAIN, REGISTRY_ID, agency=3, action=b"\x08" * 32, nonce=4, deadline=99)
    assert told == by_others(typed_data.CONSENT, values)


def told_by_contract(**changed: object) -> tuple[object, ...]:
    told: dict[str, object] = {
        "fields": b"\x0f",
        "name": DOMAIN.name.encode(),
        "version": b"1",
        "chain_id": 31337,
        "contract": CONTRACT,
        "salt": bytes(32),
        "extensions": (),
    }
    return tuple((told | changed).values())


@pytest.mark.parametrize("chain_id", [31337, 0])
def test_the_domain_is_taken_as_the_contract_tells_it(chain_id: int) -> None:
    """FISCO BCOS shows contracts a chain id of 0."""
    told = told_by_contract(chain_id=chain_id)
    domain = typed_data.domain_from_contract(told, name=DOMAIN.name, contract=CONTRACT, chain_id=31337)
    assert domain == Domain(DOMAIN.name, chain_id, CONTRACT)


@pytest.mark.parametrize(
    "changed",
    [
        {"fields": b"\x1f"},
        {"name": b"Yinxin Agencies"},
        {"version": b"2"},
        {"chain_id": 1},
        {"contract": bytes(20)},
        {"salt": b"\x01" * 32},
        {"extensions": (1,)},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_domain_for_another_place_is_a_mismatch(changed: dict[str, object]) -> None:
    with pytest.raises(RegistryMismatch, match="EIP-712 domain"):
        typed_data.domain_from_contract(
            told_by_contract(**changed), name=DOMAIN.name, contract=CONTRACT, chain_id=31337
        )
