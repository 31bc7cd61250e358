"""Documents are made once, read back, put away, and are the same bytes for ever."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest

from chain.certificate_types import by_identifier
from issuer import approvals, in_one_go, issuing
from issuer.delivery import document_making, handing_out, zipping
from issuer.delivery.document_making import DocumentMaker
from issuer.document import document_archive
from issuer.draft import drafting
from issuer.erasure import erasing
from issuer.errors import Erased, NotReady, Unprintable
from issuer.tables.document_models import StoredDocument
from tests.issuer.offices import permits
from tests.issuer.papers import renderer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from issuer.document.documents import Renderer
    from issuer.document.face import Document
    from issuer.tables.models import Batch, Certificate
    from tests.issuer.offices import World

PERMIT = by_identifier("food-operation-permit")
LOW = 2


class Counting:
    """A renderer that counts, and that makes another page each time it is asked to."""

    def __init__(self, *, fail: int = 0) -> None:
        self.made = 0
        self.fail = fail

    def __call__(self) -> Counting:
        return self

    def render(self, document: Document) -> bytes:
        self.made += 1
        if self.made <= self.fail:
            raise Unprintable("no glyph")
        return b"%PDF of " + document.number.encode() + b" made as number " + str(self.made).encode()


def counting(*, fail: int = 0) -> Callable[[], Renderer]:
    return Counting(fail=fail)  # type: ignore[return-value]


def issued(world: World, *serials: int) -> int:
    (batch,) = drafting.draft(world.office, permits(*serials), PERMIT, agency=LOW).batches
    issuing.prepare(world.office, batch, world.officer("low-preparer"))
    approvals.approve(world.office, batch, world.officer("low-approver"))
    in_one_go.seal(world.office, world.lane(), [batch])
    return batch


def batch_of(world: World, number: int) -> Batch:
    with world.office.store.reading() as work:
        return work.batch(number)


def certificates(world: World, batch: int) -> list[Certificate]:
    with world.office.store.reading() as work:
        return work.certificates(batch)


def stored(world: World, certificate: Certificate) -> bytes | None:
    with world.office.store.reading() as work:
        return document_archive.held(world.office.records, work, certificate)


def test_maker_makes_every_document_once_and_says_when_all_are_there(world: World) -> None:
    batch = issued(world, *range(1, document_making.PORTION + 3))
    make = counting()
    maker = DocumentMaker(world.office, make)
    assert maker.step()
    assert batch_of(world, batch).documents_at is None
    assert maker.step()
    assert batch_of(world, batch).documents_at == world.office.now()
    assert not maker.step()
    assert make().made == document_making.PORTION + 2  # type: ignore[attr-defined]


def test_document_is_the_same_bytes_though_the_typesetter_changed(world: World, tmp_path: Path) -> None:
    batch = issued(world, 1)
    (certificate,) = certificates(world, batch)
    make = counting()
    first = document_making.pdf_of(world.office, make, certificate.id)
    assert document_making.pdf_of(world.office, make, certificate.id) == first
    (files,) = handing_out.hand_out(world.office, renderer(), batch, tmp_path, done=lambda: None)
    assert (tmp_path / files.pdf).read_bytes() == first
    assert make().made == 1  # type: ignore[attr-defined]


def test_real_document_is_read_back_before_it_is_put_away(world: World) -> None:
    batch = issued(world, 1)
    assert DocumentMaker(world.office, renderer).step()
    (certificate,) = certificates(world, batch)
    pdf = stored(world, certificate)
    assert pdf is not None
    assert pdf.startswith(b"%PDF")


def test_put_away_document_needs_no_chain(world: World) -> None:
    batch = issued(world, 1, 2)
    document_making.make(world.office, counting(), batch)
    world.registry.silent = True
    for certificate in certificates(world, batch):
        assert document_making.pdf_of(world.office, counting(), certificate.id) == stored(world, certificate)
    assert b"".join(zipping.batch_zip(world.office, counting(), batch))


def test_document_is_encrypted_under_the_records_key(world: World) -> None:
    batch = issued(world, 1)
    document_making.make(world.office, counting(), batch)
    (certificate,) = certificates(world, batch)
    with world.office.store.reading() as work:
        row = work.session.get(StoredDocument, certificate.id)
        assert row is not None
        assert b"PDF" not in row.pdf


def test_erasing_a_certificate_takes_its_document_along_and_leaves_the_others(world: World, tmp_path: Path) -> None:
    batch = issued(world, 1, 2)
    document_making.make(world.office, counting(), batch)
    gone, kept = certificates(world, batch)
    erasing.erase(world.office, gone, world.officer("low-preparer"), world.officer("low-approver"))
    with world.office.store.reading() as work:
        assert work.session.get(StoredDocument, gone.id) is None
    with pytest.raises(Erased):
        document_making.pdf_of(world.office, counting(), gone.id)
    assert len(handing_out.hand_out(world.office, renderer(), batch, tmp_path, done=lambda: None)) == 1
    assert stored(world, kept) is not None


def test_erased_certificate_keeps_no_batch_from_being_ready(world: World) -> None:
    batch = issued(world, 1, 2)
    gone, _ = certificates(world, batch)
    erasing.erase(world.office, gone, world.officer("low-preparer"), world.officer("low-approver"))
    DocumentMaker(world.office, counting()).step()
    assert batch_of(world, batch).documents_at is not None


def test_nothing_is_made_before_the_batch_is_signed(world: World) -> None:
    (batch,) = drafting.draft(world.office, permits(1), PERMIT, agency=LOW).batches
    with pytest.raises(NotReady, match="is DRAFT"):
        document_making.make(world.office, counting(), batch)
    (certificate,) = certificates(world, batch)
    with pytest.raises(NotReady):
        document_making.pdf_of(world.office, counting(), certificate.id)


def test_batch_whose_documents_cannot_be_made_is_parked_and_the_next_one_made(world: World) -> None:
    bad = issued(world, 1)
    maker = DocumentMaker(world.office, counting(fail=3))
    for _ in range(3):
        assert maker.step()
    assert batch_of(world, bad).failure == "its documents cannot be made (Unprintable)"
    good = issued(world, 2)
    assert maker.step()
    assert not maker.step()
    assert batch_of(world, good).documents_at is not None
    assert batch_of(world, bad).documents_at is None


def test_passing_failure_of_the_typesetter_parks_nothing(world: World) -> None:
    batch = issued(world, 1)
    maker = DocumentMaker(world.office, counting(fail=2))
    while maker.step():
        pass
    assert (batch_of(world, batch).failure, batch_of(world, batch).documents_at) == ("", world.office.now())


def test_documents_wait_for_proofs_that_the_node_cannot_show_yet(world: World) -> None:
    world.registry.has_proofs = world.registry.forgetful = True
    batch = issued(world, 1)
    maker = DocumentMaker(world.office, counting())
    assert not maker.step()
    world.registry.now += int(document_making.PROOF_PATIENCE.total_seconds())
    assert maker.step()
    assert batch_of(world, batch).documents_at is not None


def test_another_worker_at_the_same_batch_is_left_alone(world: World) -> None:
    batch = issued(world, 1)
    with world.office.store.lane(b"documents" + bytes([batch % 8]), wait=lambda: False):
        assert not DocumentMaker(world.office, counting()).step()
    assert DocumentMaker(world.office, counting()).step()


def test_zip_has_every_file_and_is_the_same_bytes_again(world: World) -> None:
    batch = issued(world, 1, 2)
    make = counting()
    packed = b"".join(zipping.batch_zip(world.office, make, batch))
    assert b"".join(zipping.batch_zip(world.office, make, batch)) == packed
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
    assert names[0] == handing_out.INDEX
    assert sorted(name.rpartition(".")[2] for name in names[1:]) == ["pdf", "pdf", "sd-jwt", "sd-jwt", "txt", "txt"]


def test_zip_of_a_selection_over_several_batches(world: World) -> None:
    one, two = issued(world, 1, 2), issued(world, 3)
    chosen = [certificates(world, one)[1].id, certificates(world, two)[0].id]
    packed = b"".join(zipping.selection_zip(world.office, counting(), chosen))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert len(archive.namelist()) == 7
