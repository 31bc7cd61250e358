"""Proofs are made when an anchor is final, or later, and go with each certificate."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pikepdf
import pytest
from alembic import command

from chain import merkle, proof
from chain.certificate_types import by_identifier
from chain.errors import RegistryUnavailable
from chain.proof import Proof
from issuer import approvals, in_one_go, issuing, proofs
from issuer.delivery import handing_out
from issuer.document.face import PROOF_MEDIA_TYPE, PROOF_NAME
from issuer.draft import drafting
from issuer.errors import NotReady
from issuer.tables.database import alembic_config, rebuilding
from issuer.tables.models import State
from tests.issuer.offices import make_office, permit_number, permits
from tests.issuer.papers import renderer
from tests.issuer.test_sealing import Killed, killer

if TYPE_CHECKING:
    from pathlib import Path

    from issuer.delivery.handing_out import HandedOut
    from issuer.tables.models import Batch
    from tests.issuer.offices import World

PERMIT = by_identifier("food-operation-permit")
LOW = 2


def approved(world: World, *serials: int) -> int:
    (batch,) = drafting.draft(world.office, permits(*serials), PERMIT, agency=LOW).batches
    issuing.prepare(world.office, batch, world.officer("low-preparer"))
    approvals.approve(world.office, batch, world.officer("low-approver"))
    return batch


def issued(world: World, *serials: int) -> int:
    batch = approved(world, *serials)
    in_one_go.seal(world.office, world.lane(), [batch])
    return batch


def batch_of(world: World, number: int) -> Batch:
    with world.office.store.reading() as work:
        return work.batch(number)


def history_of(world: World, number: int) -> list[str]:
    with world.office.store.reading() as work:
        return [line.what for line in work.history(batch_id=number)]


def history_details(world: World, number: int) -> list[str]:
    with world.office.store.reading() as work:
        return [line.detail for line in work.history(batch_id=number)]


def headers_in(batch: Batch) -> int:
    """Return how many headers a batch's evidence has."""
    return len(proof.decode_evidence(batch.evidence or b"").headers)


def missing(world: World, *numbers: int) -> dict[int, str]:
    with world.office.store.reading() as work:
        return proofs.missing(work, numbers)


def waiting(world: World, *, again: bool = False) -> list[int]:
    with world.office.store.reading() as work:
        return proofs.waiting(work, again=again)


def handed_out(world: World, batch: int, folder: Path) -> list[HandedOut]:
    return handing_out.hand_out(world.office, renderer(), batch, folder, done=lambda: None)


def listed(folder: Path) -> list[dict[str, str]]:
    with (folder / handing_out.INDEX).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def attached(pdf: Path) -> bytes | None:
    """Return the proof within a document."""
    with pikepdf.open(io.BytesIO(pdf.read_bytes())) as opened:
        if PROOF_NAME not in opened.attachments:
            return None
        file = opened.attachments[PROOF_NAME].get_file()
        assert file.mime_type == PROOF_MEDIA_TYPE
        return bytes(file.read_bytes())


def test_every_certificate_gets_the_path_from_its_own_leaf(world: World, tmp_path: Path) -> None:
    world.registry.has_proofs = True
    number = issued(world, 1, 2, 3)
    batch = batch_of(world, number)
    assert batch.evidence is not None
    folder = tmp_path / "out"
    handed_out(world, number, folder)
    with world.office.store.reading() as work:
        certificates = work.certificates(number)
    for certificate, row in zip(certificates, listed(folder), strict=True):
        file = (folder / row["proof"]).read_bytes()
        assert row["proof"] == f"{row['number']}.proof"
        assert attached(folder / row["pdf"]) == file
        read = Proof.parse(file)
        assert (read.registry_id, read.evidence) == (world.registry.registry_id, proof.decode_evidence(batch.evidence))
        leads_to = merkle.root_from_path(
            certificate.leaf or b"", index=read.path.index, size=read.path.size, path=read.path.hashes
        )
        assert leads_to == batch.root


def test_same_proof_makes_the_same_document(world: World, tmp_path: Path) -> None:
    world.registry.has_proofs = True
    number = issued(world, 1)
    for folder in ("one", "two"):
        handed_out(world, number, tmp_path / folder)
    one, two = ({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "two"))
    assert one == two


def test_node_that_cannot_show_it_does_not_hold_up_issuing(world: World, tmp_path: Path) -> None:
    world.registry.has_proofs, world.registry.forgetful = True, True
    number = issued(world, 1)
    assert batch_of(world, number).state == State.ISSUED
    assert history_of(world, number)[-2:] == ["no proofs yet", "issued"]
    assert "more than the node can show" in missing(world, number)[number]
    folder = tmp_path / "out"
    (before,) = handed_out(world, number, folder)
    assert before.proof == ""
    assert attached(folder / before.pdf) is None
    world.registry.forgetful = False
    assert waiting(world) == [number]
    assert proofs.make(world.office, number)
    assert (missing(world, number), waiting(world)) == ({}, [])
    assert history_of(world, number)[-1] == "proofs made"
    (after,) = handed_out(world, number, folder)
    assert (after.pdf, after.proof) == (before.pdf, f"{permit_number(1)}.proof")
    # A document stays what it was when it was made; its proof comes beside it.
    assert attached(folder / after.pdf) is None
    assert (folder / after.proof).read_bytes()
    assert [row["proof"] for row in listed(folder)] == [after.proof]


def test_killed_between_final_and_proof_the_next_run_makes_it(world: World) -> None:
    world.registry.has_proofs = True
    number = approved(world, 1)
    with pytest.raises(Killed):
        in_one_go.seal(world.office, world.lane(at=killer("after_final")), [number])
    killed = batch_of(world, number)
    assert (killed.state, killed.evidence) == (State.FINAL, None)
    in_one_go.seal(world.office, world.lane(), [number])
    done = batch_of(world, number)
    assert done.state == State.ISSUED
    assert headers_in(done) == 1


def test_evidence_is_kept_unless_it_is_to_be_made_again(world: World) -> None:
    world.registry.has_proofs = True
    number = issued(world, 1)
    world.registry.successors = 1
    assert proofs.make(world.office, number)
    assert headers_in(batch_of(world, number)) == 1
    assert (waiting(world), waiting(world, again=True)) == ([], [number])
    assert proofs.make(world.office, number, again=True)
    assert headers_in(batch_of(world, number)) == 2


def test_failing_to_make_it_again_keeps_what_there_is(world: World) -> None:
    world.registry.has_proofs = True
    number = issued(world, 1)
    world.registry.has_proofs = False
    assert not proofs.make(world.office, number, again=True)
    assert headers_in(batch_of(world, number)) == 1


def test_evidence_of_another_block_is_not_kept(world: World) -> None:
    world.registry.has_proofs = True
    number = issued(world, 1)
    kept = batch_of(world, number).evidence
    world.registry.shown_block = 1
    with pytest.raises(RegistryUnavailable, match="what the node shows does not hold"):
        proofs.make(world.office, number, again=True)
    world.registry.shown_block = None
    with world.office.store.writing() as work:
        work.batch(number).block_hash = bytes(32)
    with pytest.raises(RegistryUnavailable, match="evidence of another block than 0x00"):
        proofs.make(world.office, number, again=True)
    assert "evidence of another block" in history_details(world, number)[-1]
    assert batch_of(world, number).evidence == kept


def test_nothing_is_proven_before_its_anchor_is_final(world: World) -> None:
    number = approved(world, 1)
    with pytest.raises(NotReady, match="APPROVED: nothing is proven before its anchor is final"):
        proofs.make(world.office, number)


def test_chain_without_proofs_issues_without_a_word(world: World, tmp_path: Path) -> None:
    number = issued(world, 1)
    assert batch_of(world, number).evidence is None
    assert missing(world, number) == {}
    assert not proofs.make(world.office, number)
    (files,) = handed_out(world, number, tmp_path / "out")
    assert files.proof == ""
    assert not list((tmp_path / "out").glob("*.proof"))


def test_list_from_before_there_were_proofs_keeps_its_names(world: World, tmp_path: Path) -> None:
    number = issued(world, 1)
    folder = tmp_path / "out"
    (before,) = handed_out(world, number, folder)
    index = folder / handing_out.INDEX
    text = index.read_text(encoding="utf-8-sig").replace(",proof", "").replace("code.txt,", "code.txt")
    other = text.splitlines()[1].replace(before.short_number, "0000-0000-0000-00")
    index.write_text("\n".join([*text.splitlines(), other.replace(permit_number(1), "other")]), encoding="utf-8-sig")
    world.registry.has_proofs = True
    assert proofs.make(world.office, number)
    (after,) = handed_out(world, number, folder)
    assert after.pdf == before.pdf
    assert [(row["number"], row["proof"]) for row in listed(folder)] == [
        (permit_number(1), after.proof),
        ("other", ""),
    ]


def test_batches_of_a_database_from_before_there_were_proofs_get_theirs(world: World) -> None:
    number = issued(world, 1)
    store = world.office.store
    with rebuilding(store.database) as connection:
        command.downgrade(alembic_config(connection), "0001")
    store.close()
    office = make_office(world.folder, world.registry, world.office.keystore, world.office.records.master)
    again = replace(world, office=office)
    world.registry.has_proofs = True
    assert waiting(again) == [number]
    assert proofs.make(office, number)
    assert headers_in(batch_of(again, number)) == 1
    office.store.close()
