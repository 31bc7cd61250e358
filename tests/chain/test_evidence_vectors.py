"""The published vectors of headers, proofs, trust lists and checkpoints, and what becomes of them bit by bit."""

from __future__ import annotations

import importlib
import json
import zlib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chain import cbor, checkpoint, errors, pack, proof, seals
from chain.checkpoint import Checkpoint
from chain.errors import EvidenceMalformed, EvidenceRefused, HistoryIncomplete, SealsInsufficient, YinxinError
from chain.events import CertificateReplaced, StatusChanged, Track
from chain.header import Header
from chain.pack import Pack
from chain.proof import Proof
from chain.seals import SealScheme
from chain.steps import List
from chain.trust_list import TrustList
from tests.vectors.making.drafts import Draft, draft, without
from tests.vectors.making.history import heads
from tests.vectors.making.parts import parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chain.checkpoint import Believed
    from chain.events import Record
    from chain.proof import Anchored
    from chain.seals import Sealing

Vector = dict[str, Any]
FOLDER = Path(__file__).parents[1] / "vectors"
HEADERS, PROOFS, TRUST_LISTS, CHECKPOINTS = (
    json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    for name in ("headers", "proofs", "trust_lists", "checkpoints")
)


def _named(vectors: list[Vector]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("vector", vectors, ids=[vector["name"] for vector in vectors])


def _error(vector: Vector) -> type[YinxinError]:
    """Return the class that a vector is refused as; no subclass will do."""
    found: type[YinxinError] = getattr(errors, vector["refused_as"])
    return found


@cache
def _trusted(text: str) -> TrustList:
    return TrustList.parse(text.encode())


def _refused_exactly(vector: Vector, work: Callable[[Vector], object]) -> None:
    with pytest.raises(_error(vector)) as caught:
        work(vector)
    # Which of its kinds it is, the vectors do not tell.
    kind = SealsInsufficient if isinstance(caught.value, SealsInsufficient) else type(caught.value)
    assert kind is _error(vector), caught.value


# Headers.


def _checked(vector: Vector) -> Sealing | None:
    pinned = frozenset(bytes.fromhex(address) for address in vector["validators"])
    headers = [Header.parse(bytes.fromhex(header)) for header in vector["headers"]]
    return seals.check(headers, SealScheme(vector["scheme"]), lambda _: pinned)


@_named(HEADERS["sealed"])
def test_a_sealed_header_names_its_signers(vector: Vector) -> None:
    sealing = _checked(vector)
    assert sorted(address.hex() for address in (sealing.signers if sealing else ())) == vector["signers"]
    assert bool(sealing and sealing.is_final) is vector["final"]


@_named(HEADERS["sealed"])
def test_a_header_has_these_hashes(vector: Vector) -> None:
    header, scheme = Header.parse(bytes.fromhex(vector["headers"][0])), SealScheme(vector["scheme"])
    assert header.encode().hex() == vector["headers"][0]
    assert seals.block_hash(header, scheme).hex() == vector["block_hash"]
    if vector["commit_hash"] is not None:
        assert seals.commit_hash(header, scheme).hex() == vector["commit_hash"]


@_named(HEADERS["refused"])
def test_a_header_not_sealed_by_enough_is_refused(vector: Vector) -> None:
    _refused_exactly(vector, _checked)


# Proofs.


def _proven(vector: Vector) -> Anchored:
    return proof.verify(
        Proof.parse(bytes.fromhex(vector["proof"])),
        leaf=bytes.fromhex(vector["leaf"]),
        agency=vector["agency"],
        trust=_trusted(PROOFS["trust_lists"][vector["trust_list"]]),
    )


@_named(PROOFS["proofs"])
def test_a_proof_shows_where_a_certificate_was_anchored(vector: Vector) -> None:
    anchored = _proven(vector)
    shown = {name: getattr(anchored, name) for name in vector["anchored"]}
    assert {name: value.hex() if isinstance(value, bytes) else value for name, value in shown.items()} == (
        vector["anchored"]
    )
    assert (len(anchored.sealing.signers) if anchored.sealing else None) == vector["signers"]


@_named(PROOFS["proofs"])
def test_a_proof_has_one_form(vector: Vector) -> None:
    file = bytes.fromhex(vector["proof"])
    assert zlib.decompress(Proof.parse(file).encode()) == zlib.decompress(file)


@_named(PROOFS["refused"])
def test_a_proof_that_does_not_fit_is_refused(vector: Vector) -> None:
    _refused_exactly(vector, _proven)


# Trust lists.


def _accepted(vector: Vector) -> TrustList:
    read = TrustList.parse(vector["text"].encode())
    read.require_current(datetime.fromisoformat(vector["now"]))
    if vector["previous"] is not None:
        read.require_follows(TrustList.parse(vector["previous"].encode()))
    return read


@_named(TRUST_LISTS["lists"])
def test_a_trust_list_signed_by_enough_counts(vector: Vector) -> None:
    signed = json.loads(vector["text"])["signed"]
    accepted = _accepted(vector)
    assert json.loads(accepted.signed_bytes) == signed
    assert accepted.version == signed["version"]
    for pinned in signed["seals"]:
        number = pinned["from_block"]
        assert accepted.scheme_at(number).value == pinned["scheme"]
        assert accepted.validators_at(number) == {bytes.fromhex(each[2:]) for each in pinned["validators"]}
    assert accepted.attester_threshold == signed["attesters"]["threshold"]


@_named(TRUST_LISTS["refused"])
def test_a_trust_list_that_does_not_count_is_refused(vector: Vector) -> None:
    _refused_exactly(vector, _accepted)


# Checkpoints and packs.


def _believed(vector: Vector) -> Believed:
    trust = _trusted(CHECKPOINTS["trust_lists"][vector["trust_list"]])
    file = bytes.fromhex(vector["file"])
    if vector["kind"] == "pack":
        return pack.verify(Pack.parse(file), trust)
    return checkpoint.verify(Checkpoint.parse(file), trust)


def _track(record: Record) -> dict[str, int]:
    event = record.event
    if isinstance(event, CertificateReplaced):
        return {"track": Track.REPLACED, "from": event.from_hour, "until": 0, "block": record.block_number}
    assert isinstance(event, StatusChanged)
    return {"track": event.track, "from": event.from_hour, "until": event.until_hour, "block": record.block_number}


@_named(CHECKPOINTS["checkpoints"])
def test_a_checkpoint_shows_all_that_was_recorded(vector: Vector) -> None:
    believed = _believed(vector)
    cut, history = believed.checkpoint, believed.history
    assert cut.statement.hex() == vector["statement"]
    assert [head.hex() for head in (cut.heads.anchors, cut.heads.statuses, cut.heads.rights)] == vector["heads"]
    assert history.heads() == cut.heads
    assert (cut.block_number, cut.timestamp) == (vector["block_number"], vector["timestamp"])
    for status in vector["statuses"]:
        found = history.statuses(status["agency"], bytes.fromhex(status["leaf"]))
        assert list(map(_track, found)) == status["tracks"]
    assert len(list(history.steps(List.STATUSES))) == sum(len(status["tracks"]) for status in vector["statuses"])


@_named(CHECKPOINTS["checkpoints"])
def test_a_checkpoint_has_one_form(vector: Vector) -> None:
    file = bytes.fromhex(vector["file"])
    read: Checkpoint | Pack = Pack.parse(file) if vector["kind"] == "pack" else Checkpoint.parse(file)
    assert zlib.decompress(read.encode()) == zlib.decompress(file)


@_named(CHECKPOINTS["refused"])
def test_a_checkpoint_that_hides_or_changes_something_is_refused(vector: Vector) -> None:
    _refused_exactly(vector, _believed)


@pytest.mark.parametrize(
    ("hidden", "event", "named"),
    [
        ("one revocation", "StatusChanged", "statuses"),
        ("one key's cut-off", "KeyCutOff", "rights"),
        ("one suspended agency", "AgencySuspended", "rights"),
        ("one anchor", "BatchAnchored", "anchors"),
    ],
)
def test_what_is_hidden_from_a_checkpoint_is_missed_and_its_list_named(hidden: str, event: str, named: str) -> None:
    whole = draft("the whole history", "osaka")
    trust = _trusted(CHECKPOINTS["trust_lists"][whole.trust_list])
    assert checkpoint.verify(Checkpoint.parse(whole.packed()), trust).history.heads()

    without(event)(whole)
    with pytest.raises(HistoryIncomplete, match=f"the heads of {named}:"):
        checkpoint.verify(Checkpoint.parse(whole.packed()), trust)


@pytest.mark.parametrize("name", ["headers", "proofs", "trust_lists", "checkpoints"])
def test_vectors_are_what_their_maker_makes_of_the_raw_material(name: str) -> None:
    """Files are compared unpacked, since another zlib packs otherwise."""
    maker = importlib.import_module(f"tests.vectors.making.{name}")
    stored = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert _unpacked(maker.made()) == _unpacked(stored)


def _unpacked(value: Any) -> Any:  # noqa: ANN401 - JSON
    match value:
        case dict():
            return {key: _unpacked(member) for key, member in value.items()}
        case list():
            return [_unpacked(member) for member in value]
        case str() if value.startswith(_ZLIB):
            stream = zlib.decompressobj()
            return stream.decompress(bytes.fromhex(value)).hex(), stream.unused_data.hex()
        case _:
            return value


_ZLIB = "78da"
"""How a zlib stream of the best packing begins, in hexadecimal (RFC 1950)."""


# Bit by bit.


def _flips(data: bytes, *, every: int = 1) -> Iterator[tuple[int, bytes]]:
    """Yield the data with each bit flipped, or each so manieth."""
    for bit in range(0, 8 * len(data), every):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 0x80 >> bit % 8
        yield bit, bytes(flipped)


def _surviving(flips: Iterator[tuple[int, bytes]], work: Callable[[bytes], object]) -> list[int]:
    """Return the bits without which the work still succeeds; anything but a refusal is let through as an error."""
    surviving: list[int] = []
    for bit, flipped in flips:
        try:
            work(flipped)
        except (EvidenceMalformed, EvidenceRefused):
            continue
        surviving.append(bit)
    return surviving


def _stored(body: bytes) -> bytes:
    """Wrap a body again, as quickly as can be."""
    return zlib.compress(body, 0)


@pytest.mark.parametrize("kind", ["receipt", "slot"])
def test_no_bit_of_a_proof_can_be_changed(kind: str) -> None:
    sound = parts("", "osaka", "two", kind=("receipt", "slot").index(kind))
    trust = _trusted(PROOFS["trust_lists"][sound.trust_list])

    def work(body: bytes) -> None:
        proof.verify(Proof.parse(_stored(body)), leaf=sound.leaf, agency=sound.agency, trust=trust)

    body = zlib.decompress(sound.packed())
    work(body)
    assert _surviving(_flips(body), work) == []


def test_a_bit_of_a_proofs_file_can_be_changed_only_if_it_unpacks_to_the_same() -> None:
    """One content can be packed in many ways (RFC 1951): some copies have equals, and the last byte has spare bits."""
    sound = parts("", "osaka", "two")
    trust = _trusted(PROOFS["trust_lists"][sound.trust_list])
    file = sound.packed()

    def work(changed: bytes) -> None:
        proof.verify(Proof.parse(changed), leaf=sound.leaf, agency=sound.agency, trust=trust)

    surviving = set(_surviving(_flips(file), work))
    assert len(surviving) < len(file) // 8
    for bit, changed in _flips(file):
        assert bit not in surviving or zlib.decompress(changed) == zlib.decompress(file)


@pytest.mark.parametrize("scheme", ["qbft", "ibft2", "clique"])
def test_no_bit_of_a_sealed_header_can_be_changed(scheme: str) -> None:
    vector = next(vector for vector in HEADERS["sealed"] if vector["scheme"] == scheme)
    pinned = frozenset(bytes.fromhex(address) for address in vector["validators"])
    first, *others = [bytes.fromhex(header) for header in vector["headers"]]

    def work(changed: bytes) -> None:
        headers = [Header.parse(header) for header in (changed, *others)]
        seals.check(headers, SealScheme(scheme), lambda _: pinned)

    work(first)
    assert _surviving(_flips(first), work) == []


def _told_in_short(*names: str) -> Draft:
    """Return an attested checkpoint of a few events of the small history."""
    short = draft("", "london", "none", headers=[], state=[])
    short.told = [next(one for one in short.told if one.name == name) for name in names]
    short.heads = heads(short.told)
    return short


def _body_of(file: bytes) -> tuple[bytes, Any]:
    """Return a checkpoint's body and its attestations."""
    whole: Any = cbor.decode(zlib.decompress(file))
    _, _, body, attestations = whole
    return body, attestations


def test_no_bit_of_an_attested_checkpoint_can_be_changed() -> None:
    short = _told_in_short("RegistryCreated", "KeyCutOff", "AgencySuspended", "BatchAnchored", "StatusChanged")
    trust = _trusted(CHECKPOINTS["trust_lists"][short.trust_list])
    body, attestations = _body_of(short.packed())

    def work(changed: bytes) -> None:
        file = _stored(cbor.encode(["yinxin-checkpoint", 1, changed, attestations]))
        checkpoint.verify(Checkpoint.parse(file), trust)

    work(body)
    assert _surviving(_flips(body), work) == []


def test_a_sealed_checkpoint_that_nobody_attests_is_the_word_of_its_cutter_only_for_times_and_log_indices() -> None:
    """The heads bind every argument and block number; times and the order within a block they do not (IHeads)."""
    small = draft("", "london")
    trust = _trusted(CHECKPOINTS["trust_lists"][small.trust_list])
    body, attestations = _body_of(small.packed())

    def work(changed: bytes) -> Believed:
        file = _stored(cbor.encode(["yinxin-checkpoint", 1, changed, attestations]))
        return checkpoint.verify(Checkpoint.parse(file), trust)

    def bound(believed: Believed) -> object:
        steps = [step for which in List for step in believed.history.steps(which)]
        return [(step.kind, step.arguments, step.block_number) for step in steps]

    sound = work(body)
    # A prime, so that every bit of a byte has its turn.
    every = 23
    surviving = set(_surviving(_flips(body, every=every), work))
    assert surviving, "some bits of times were looked for"
    for bit, changed in _flips(body, every=every):
        if bit in surviving:
            assert bound(work(changed)) == bound(sound)
