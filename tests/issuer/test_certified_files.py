"""An existing file certified as it is: from the clerk's hands into the credential and onto the page."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chain import certificate
from chain.errors import InvalidInput
from issuer import in_one_go, records
from issuer.delivery import handing_out, previews
from issuer.document import certified_files
from issuer.draft import drafting, drafts, replacing
from issuer.draft.drafting import Reading
from issuer.errors import Erased, FileRefused
from issuer.tables.models import Purpose
from tests.issuer.desks import LOW, PERMIT, clerk, make, opened, permit
from tests.issuer.offices import permits
from tests.issuer.papers import renderer, squeezed, text_of

if TYPE_CHECKING:
    from issuer.tables.models import Certificate
    from tests.issuer.offices import World

PDF, OFD = b"%PDF-1.7\nan existing file\n", b"PK\x03\x04 and then OFD.xml and so on"
DIGEST = hashlib.sha256(PDF).digest()


def issue(world: World, number: int) -> list[Certificate]:
    preparer, approver = world.officer("low-preparer"), world.officer("low-approver")
    in_one_go.bring_to_approval(world.office, number, preparer, [approver])
    in_one_go.seal(world.office, world.lane(), [number])
    with world.office.store.reading() as work:
        return work.certificates(number)


def credential(world: World, held: Certificate) -> certificate.Certificate:
    with world.office.store.reading() as work:
        return certificate.parse(world.office.records.signed(work, held)[0])


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PDF, "application/pdf"),
        (OFD, "application/ofd"),
        (b"PK\x03\x04 something", "application/zip"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"anything", "application/octet-stream"),
    ],
)
def test_kind_of_a_file_is_told_by_its_bytes(data: bytes, kind: str) -> None:
    file = certified_files.of_bytes(data)
    assert (file.media_type, file.digest, file.size) == (kind, hashlib.sha256(data).digest(), len(data))
    assert file.resource.id == f"urn:yinxin:file:{file.digest.hex()}"


def test_empty_and_too_large_files_are_refused() -> None:
    for data in (b"", bytes(certified_files.MAX_FILE + 1)):
        with pytest.raises(InvalidInput):
            certified_files.of_bytes(data)


def test_digest_goes_into_the_credential_and_onto_preview_and_document(world: World) -> None:
    files = (certified_files.of_bytes(PDF), certified_files.of_bytes(OFD))
    row = make(world, permit(1), files=files)
    draft = opened(world, row)
    with world.office.store.reading() as work:
        shown = previews.document_of(world.office, work, world.office.directory(), draft.batch, draft.certificate)
    assert squeezed(DIGEST.hex()) in text_of(renderer().preview(shown))
    (held,) = issue(world, draft.batch.id or 0)
    said = credential(world, held).credential.related_resources
    assert [(each.digest, each.media_type) for each in said] == [(each.digest, each.media_type) for each in files]
    out = world.folder / "out"
    (printed,) = handing_out.hand_out(world.office, renderer(), draft.batch.id or 0, out, done=lambda: None)
    assert f"SHA-256{DIGEST.hex()}" in text_of((out / printed.pdf).read_bytes())


def test_certificate_without_a_file_says_nothing_of_files(world: World) -> None:
    (held,) = issue(world, opened(world, make(world, permit(1))).batch.id or 0)
    assert credential(world, held).credential.related_resources == ()


def test_file_itself_is_not_kept_and_its_digest_not_in_clear(world: World) -> None:
    make(world, permit(1), files=(certified_files.of_bytes(PDF),))
    world.office.store.forget()
    stored = (world.folder / "issuer.db").read_bytes()
    assert PDF not in stored
    assert DIGEST not in stored
    assert DIGEST.hex().encode() not in stored


def test_files_are_changed_with_the_draft_and_the_same_one_counts_once(world: World) -> None:
    file, other = certified_files.of_bytes(PDF), certified_files.of_bytes(OFD)
    row = make(world, permit(1), files=(file, file))
    assert opened(world, row).content.files == (file,)
    draft = opened(world, row)
    drafts.change(world.office, row, replace(draft.content, files=(other,)), clerk(world), seen=draft.seen)
    assert opened(world, row).content.files == (other,)
    draft = opened(world, row)
    drafts.change(world.office, row, replace(draft.content, files=()), clerk(world), seen=draft.seen)
    assert opened(world, row).content.files == ()


def test_more_files_than_a_credential_has_room_for_are_refused(world: World) -> None:
    with pytest.raises(InvalidInput):
        make(world, permit(1), files=tuple(certified_files.of_bytes(bytes([n])) for n in range(1, 18)))


def test_new_version_vouches_for_the_same_file(world: World) -> None:
    row = make(world, permit(1), files=(certified_files.of_bytes(PDF),))
    (old,) = issue(world, opened(world, row).batch.id or 0)
    changes = replacing.Changes({"hotline": "12345"})
    number = replacing.draft(world.office, old, changes, purpose=Purpose.REPLACE)
    (new,) = issue(world, number)
    assert [each.digest for each in credential(world, new).credential.related_resources] == [DIGEST]


def test_spreadsheet_of_one_row_can_have_a_file_of_two_none(world: World) -> None:
    reading = Reading(files=(certified_files.of_bytes(PDF),))
    with pytest.raises(FileRefused):
        drafting.draft(world.office, permits(1, 2), PERMIT, agency=LOW, reading=reading)
    (number,) = drafting.draft(world.office, permits(1), PERMIT, agency=LOW, reading=reading).batches
    (held,) = issue(world, number)
    assert [each.digest for each in credential(world, held).credential.related_resources] == [DIGEST]


def test_erased_certificate_tells_of_no_file_any_more(world: World) -> None:
    row = make(world, permit(1), files=(certified_files.of_bytes(PDF),))
    with world.office.store.writing() as work:
        records.erase(work.certificate(row))
    with world.office.store.reading() as work, pytest.raises(Erased):
        certified_files.of(world.office.records, work, work.certificate(row))
