"""An independent COSE implementation verifies our codes."""

from __future__ import annotations

from hashlib import sha256

import cbor2
from hypothesis import given, settings
from hypothesis import strategies as st
from pycose.algorithms import Es256
from pycose.headers import Algorithm
from pycose.keys.curves import P256
from pycose.keys.ec2 import EC2Key
from pycose.messages.sign1message import Sign1Message

from chain import cbor, digits
from chain.code import InclusionPath, make, parse, verify
from tests.chain.specimens import FACTS, KEY, OTHER_KEY, PRIVATE_KEY, REGISTRY_ID, SIGNING_INPUT_HASH, sign

_FACTS = FACTS.encode()
_KEY = EC2Key(crv=P256, x=KEY.x, y=KEY.y)
_OTHER_KEY = EC2Key(crv=P256, x=OTHER_KEY.x, y=OTHER_KEY.y)


def _read(cose: bytes, *, key: EC2Key = _KEY, registry_id: bytes = REGISTRY_ID) -> Sign1Message:
    # Its `decode` wants a tag, which ours save, and stumbles over the tuples that cbor2 6 reads within tags.
    message = Sign1Message.from_cose_obj(cbor2.loads(cose), allow_unknown_attributes=True)
    message.key = key
    message.external_aad = registry_id  # type: ignore[misc]  # Its setter escapes mypy.
    return message


def test_pycose_verifies_a_code() -> None:
    message = _read(make(_FACTS, SIGNING_INPUT_HASH, registry_id=REGISTRY_ID, sign=sign))
    assert message.verify_signature()
    assert message.phdr == {Algorithm: Es256}
    assert message.payload is not None
    assert cbor.decode(message.payload) == [_FACTS, SIGNING_INPUT_HASH]


def test_pycose_verifies_a_code_with_its_path() -> None:
    path = InclusionPath(size=2, index=1, hashes=(sha256(b"sibling").digest(),))
    message = _read(make(_FACTS, SIGNING_INPUT_HASH, registry_id=REGISTRY_ID, sign=sign, path=path))
    assert message.verify_signature()
    assert list(message.uhdr.values()) == [[2, 1, [sha256(b"sibling").digest()]]]


def test_pycose_refuses_another_key_registry_or_payload() -> None:
    cose = make(_FACTS, SIGNING_INPUT_HASH, registry_id=REGISTRY_ID, sign=sign)
    assert not _read(cose, key=_OTHER_KEY).verify_signature()
    assert not _read(cose, registry_id=bytes(32)).verify_signature()
    assert not _read(cose.replace(SIGNING_INPUT_HASH, bytes(32))).verify_signature()


@settings(max_examples=40, deadline=None)
@given(salt=st.binary(min_size=16, max_size=16), registry_id=st.binary(min_size=32, max_size=32))
def test_both_verify_what_either_signs(salt: bytes, registry_id: bytes) -> None:
    facts_bytes = _FACTS[:-16] + salt
    assert _read(
        make(facts_bytes, SIGNING_INPUT_HASH, registry_id=registry_id, sign=sign), registry_id=registry_id
    ).verify_signature()

    def sign_by_pycose(message: bytes) -> bytes:
        context, _, aad, payload = cbor2.loads(message)
        assert context == "Signature1"
        theirs = Sign1Message(phdr={Algorithm: Es256}, payload=payload, external_aad=aad)
        theirs.key = EC2Key(crv=P256, d=PRIVATE_KEY.private_numbers().private_value.to_bytes(32), x=KEY.x, y=KEY.y)
        signature: bytes = theirs.compute_signature()
        return signature

    code = parse(digits.encode(make(facts_bytes, SIGNING_INPUT_HASH, registry_id=registry_id, sign=sign_by_pycose)))
    verify(code, KEY, registry_id)
