"""The folder that a holder's documents are handed out in."""

from __future__ import annotations

import csv
import stat
from typing import TYPE_CHECKING

import pytest

from chain import certificate, code
from chain.certificate_types import by_identifier
from issuer import approvals, in_one_go, issuing
from issuer.delivery import handing_out
from issuer.draft import drafting, replacing
from issuer.draft.replacing import Changes
from issuer.tables.models import Purpose
from tests.issuer.offices import permit_number, permits
from tests.issuer.papers import renderer

if TYPE_CHECKING:
    from pathlib import Path

    from issuer.delivery.handing_out import HandedOut
    from tests.issuer.offices import World

PERMIT = by_identifier("food-operation-permit")
LOW = 2


def sealed(world: World, batch: int) -> int:
    issuing.prepare(world.office, batch, world.officer("low-preparer"))
    approvals.approve(world.office, batch, world.officer("low-approver"))
    in_one_go.seal(world.office, world.lane(), [batch])
    return batch


def issued(world: World, data: bytes) -> int:
    (batch,) = drafting.draft(world.office, data, PERMIT, agency=LOW).batches
    return sealed(world, batch)


def handed_out(world: World, batch: int, folder: Path) -> list[HandedOut]:
    return handing_out.hand_out(world.office, renderer(), batch, folder, done=lambda: None)


def listed(folder: Path) -> list[dict[str, str]]:
    with (folder / handing_out.INDEX).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_old_and_new_version_do_not_share_a_file(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    first = issued(world, permits(1))
    with world.office.store.reading() as work:
        (old,) = work.certificates(first)
    again = sealed(world, replacing.draft(world.office, old, Changes({"hotline": "12345"}), purpose=Purpose.REPLACE))
    (before,), (after,) = handed_out(world, first, folder), handed_out(world, again, folder)
    assert before.pdf == f"{permit_number(1)}.pdf"
    assert after.pdf == f"{permit_number(1)}-{after.short_number}.pdf"
    assert [row["short_number"] for row in listed(folder)] == [before.short_number, after.short_number]
    for row in listed(folder):
        parsed = certificate.parse((folder / row["sd_jwt"]).read_text("ascii"))
        assert code.short_number(parsed.leaf) == row["short_number"]


@pytest.mark.parametrize("numbers", [("蒙 A/1", "蒙 A 1"), ("a1", "A1")])
def test_names_that_would_be_the_same_file_get_the_short_number(
    world: World, tmp_path: Path, numbers: tuple[str, str]
) -> None:
    batch = issued(world, permits(1, 2))
    with world.office.store.writing() as work:
        for row, number in zip(work.certificates(batch), numbers, strict=True):
            claims = world.office.records.claims(work, row)
            world.office.records.put_claims(work, row, {**claims, "number": number})
    folder = tmp_path / "out"
    one, two = handed_out(world, batch, folder)
    assert one.pdf == f"{handing_out.file_name(numbers[0])}.pdf"
    assert two.pdf == f"{handing_out.file_name(numbers[1])}-{two.short_number}.pdf"
    made = bytes_of(folder)
    assert len(made) == 7
    assert handed_out(world, batch, folder) == [one, two]
    assert bytes_of(folder) == made


def test_what_is_handed_out_is_for_its_owner_only(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "made" / "out"
    batch = issued(world, permits(1))
    handed_out(world, batch, folder)
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert {stat.S_IMODE(each.stat().st_mode) for each in (folder, folder.parent)} == {0o700}


def test_folder_that_was_there_keeps_its_mode(world: World, tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    handed_out(world, issued(world, permits(1)), tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o750
