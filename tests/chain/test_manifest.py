"""Manifests of reconciliations: one content has one form, one signature, and anything else is refused."""

from __future__ import annotations

import zlib
from dataclasses import replace
from hashlib import sha256

import pytest

from chain import cbor, envelope, keys, manifest
from chain.errors import EvidenceMalformed, EvidenceUnsupported, SignatureInvalid
from chain.events import Track
from chain.keys import ORDER, PublicKey
from chain.manifest import Batch, Manifest, Row, RowState
from chain.slots import Held
from tests.deployed import document_key

KEY = document_key("manifest")
KID = PublicKey.of(KEY).kid


def digest(name: str) -> bytes:
    return sha256(name.encode()).digest()


def row(name: str, state: RowState = RowState.ISSUED, *tracks: Held) -> Row:
    documents = (digest(f"{name}.pdf"),) if state is RowState.ISSUED else ()
    return Row(digest(name), state, tracks, documents)


REVOKED = Held(Track.REVOKED, 480_000, 0, 2)
SUSPENDED = Held(Track.SUSPENSION, 470_000, 470_720, 1)
FIRST = Batch(digest("root 1"), 1, 1, 1, (row("a"), row("b", RowState.ISSUED, REVOKED, SUSPENDED), row("c")))
SECOND = Batch(digest("root 2"), 2, 3, 2, (row("d", RowState.ERASED), row("e", RowState.ANCHORED)))
WAITING = Batch(digest("root 3"), 0, 1, 1, (row("f", RowState.APPROVED),))
BARE = Manifest(
    registry_id=digest("registry"),
    chain_id=31337,
    agency=7,
    block_number=500,
    block_hash=digest("block"),
    block_timestamp=1_767_225_600,
    made_at=1_767_225_660,
    sequences=(1, 2),
    batches=(FIRST, SECOND, WAITING),
)
SIGNED = BARE.signed(KID, keys.signer(KEY))


def made(body: cbor.CBOR) -> bytes:
    return envelope.wrap(envelope.MANIFEST, [cbor.encode(body), SIGNED.kid, SIGNED.signature])


def with_batch(*, at: int | None = None, **changes: cbor.CBOR) -> bytes:
    """Return a manifest of the first batch alone, with one of its members changed."""
    body = cbor.decode(BARE.body)
    assert isinstance(body, list)
    assert isinstance(body[6], list)
    batch = body[6][0]
    assert isinstance(batch, list)
    if at is not None:
        batch[at] = changes["to"]
    body[6] = [batch]
    return made(body)


def test_what_is_written_is_what_is_read() -> None:
    assert Manifest.parse(SIGNED.encode()) == SIGNED
    assert Manifest.parse(SIGNED.encode()).encode() == SIGNED.encode()
    SIGNED.verify(PublicKey.of(KEY))


def test_an_agency_that_has_anchored_nothing_has_a_manifest_too() -> None:
    empty = replace(BARE, sequences=(0, 0), batches=()).signed(KID, keys.signer(KEY))
    assert Manifest.parse(empty.encode()) == empty


def test_each_leaf_is_found_where_it_was_anchored_first() -> None:
    again = replace(WAITING, rows=(replace(WAITING.rows[0], leaf=FIRST.rows[0].leaf),))
    found = manifest.leaves_of(replace(BARE, batches=(FIRST, SECOND, again)))
    assert len(found) == 5
    assert found[digest("a")] == (FIRST, FIRST.rows[0])


def test_another_key_did_not_sign_it() -> None:
    with pytest.raises(SignatureInvalid, match=f"wanted {KID.hex()}"):
        SIGNED.verify(PublicKey.of(document_key("another")))


@pytest.mark.parametrize(
    "changed",
    [
        replace(SIGNED, agency=8),
        replace(SIGNED, block_number=501),
        replace(SIGNED, made_at=SIGNED.made_at + 1),
        replace(SIGNED, sequences=(1, 3)),
        replace(SIGNED, batches=(FIRST, SECOND)),
        replace(SIGNED, batches=(replace(FIRST, rows=(row("a"), row("b"), row("c"))), SECOND, WAITING)),
    ],
)
def test_one_thing_changed_is_not_what_was_signed(changed: Manifest) -> None:
    assert Manifest.parse(changed.encode()) == changed
    with pytest.raises(SignatureInvalid):
        changed.verify(PublicKey.of(KEY))


def test_a_manifest_to_come_is_told_from_a_broken_one() -> None:
    later = zlib.compress(cbor.encode([envelope.MANIFEST, 2, b""]))
    with pytest.raises(EvidenceUnsupported):
        Manifest.parse(later)
    with pytest.raises(EvidenceMalformed):
        Manifest.parse(SIGNED.encode()[:-1])


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ([], "other than body, kid and signature"),
        ([b"", b"short", SIGNED.signature], "other than body, kid and signature"),
        ([BARE.body, KID, b"short"], "a manifest's signature: got a signature of 5 bytes"),
        (
            [BARE.body, KID, SIGNED.signature[:32] + (ORDER - 1).to_bytes(32)],
            "a manifest's signature: got a signature with high s",
        ),
        ([b"\xff", KID, SIGNED.signature], "a manifest's body: "),
        ([cbor.encode([1]), KID, SIGNED.signature], "a manifest's body other than registry"),
    ],
)
def test_what_is_no_manifest_is_refused(members: list[cbor.CBOR], why: str) -> None:
    with pytest.raises(EvidenceMalformed, match=why):
        Manifest.parse(envelope.wrap(envelope.MANIFEST, members))


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        (replace(SIGNED, registry_id=b"short"), "a manifest's body other"),
        (replace(SIGNED, agency=0), "a manifest's body other"),
        (replace(SIGNED, chain_id=1 << 63), "a manifest's body other"),
        (replace(SIGNED, sequences=(2, 1)), "the sequence numbers 2 to 1"),
        (replace(SIGNED, sequences=(0, 1)), "the sequence numbers 0 to 1"),
        (replace(SIGNED, sequences=(2, 9)), "the sequence numbers 2 to 9 with batches 1 to 2"),
        (replace(SIGNED, batches=(SECOND, FIRST)), "another order"),
        (replace(SIGNED, batches=(FIRST, FIRST)), "batches twice"),
        (replace(SIGNED, batches=(FIRST, replace(SECOND, sequence=1))), "one sequence number for several"),
        (replace(SIGNED, batches=(FIRST, replace(FIRST, sequence=2))), "the batch [0-9a-f]{64} twice"),
        (replace(SIGNED, batches=(replace(FIRST, rows=()),)), "0 bytes of leaves, 0 states"),
        (
            replace(SIGNED, batches=(replace(FIRST, rows=tuple(row(str(number)) for number in range(1025))),)),
            "1025 states",
        ),
        (replace(SIGNED, batches=(replace(FIRST, root=b"short"),)), "a manifest's batch other"),
        (replace(SIGNED, batches=(replace(FIRST, version=1 << 32),)), "a manifest's batch other"),
    ],
)
def test_what_cannot_be_is_refused(changed: Manifest, why: str) -> None:
    with pytest.raises(EvidenceMalformed, match=why):
        Manifest.parse(changed.encode())


@pytest.mark.parametrize(
    ("member", "value", "why"),
    [
        (4, b"\0" * 95, "95 bytes of leaves, 3 states and 3 counts"),
        (5, bytes([3, 3, 5]), "a certificate in state 5, wanted 1 to 4"),
        (5, bytes([3, 3, 0]), "a certificate in state 0"),
        (6, bytes([1, 1]), "3 states and 2 counts"),
        (6, bytes([1, 1, 2]), "96 bytes of digests, wanted 32 for each of 4"),
        (7, b"\0" * 64, "64 bytes of digests"),
        (8, [[0, 1, 2, 3, 4], [0, 1, 2, 3, 4]], "statuses twice"),
        (8, [[1, 1, 2, 3, 4], [0, 1, 2, 3, 4]], "another order"),
        (8, [[3, 1, 2, 3, 4]], "a manifest's status other"),
        (8, [[0, 8, 2, 3, 4]], "a manifest's status other"),
        (8, [[0, 1, 1 << 24, 3, 4]], "a manifest's status other"),
        (8, [[0, 1, 2, -1, 4]], "a manifest's status other"),
        (8, [[0, 1, 2, 3, 8]], "a manifest's status other"),
        (8, [[0, 1, 2, 3]], "a manifest's status other"),
    ],
)
def test_a_batch_out_of_form_is_refused(member: int, value: cbor.CBOR, why: str) -> None:
    Manifest.parse(with_batch())
    with pytest.raises(EvidenceMalformed, match=why):
        Manifest.parse(with_batch(at=member, to=value))


def test_nothing_about_a_holder_is_in_it() -> None:
    """A manifest has hashes and numbers; its only text is its own kind."""

    def texts(value: cbor.CBOR) -> list[str]:
        match value:
            case str():
                return [value]
            case list():
                return [text for each in value for text in texts(each)]
            case _:
                return []

    assert texts(cbor.decode(SIGNED.body)) == []
    assert texts(cbor.decode(SIGNED.statement())) == [envelope.MANIFEST]


def test_a_hundred_thousand_certificates_are_read_within_the_limits() -> None:
    batches = tuple(
        Batch(digest(f"root {number}"), number, 1, 1, tuple(row(f"{number} {each}") for each in range(1000)))
        for number in range(1, 101)
    )
    large = replace(BARE, sequences=(1, 100), batches=batches).signed(KID, keys.signer(KEY))
    encoded = large.encode()
    assert len(encoded) < 8_000_000
    assert len(manifest.leaves_of(Manifest.parse(encoded))) == 100_000
