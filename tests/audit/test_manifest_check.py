"""An agency's manifest held against the chain: a true one agrees, and each thing changed in it is found and named."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from chain.events import Track
from chain.manifest import Batch, Manifest, Row, RowState
from chain.slots import Held
from tests.audit.manifests import PAPER, signed, true_manifest
from tests.deployed import document_key
from verifier.app import make_app
from verifier.audit import manifest_check, manifest_contents
from verifier.audit.finding import Grade
from verifier.cli import run
from verifier.indexing.models import BlockRow, KeyRow
from verifier.register import opened
from verifier.wording import Language, message, say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.audit.world import World
    from verifier.audit.finding import Finding
    from verifier.audit.manifest_check import Checked
    from verifier.indexing.index import Index
    from verifier.register import Tables


@pytest.fixture(scope="session")
def true(world: World) -> Manifest:
    return true_manifest(world)


def checked(index: Index, manifest: Manifest, *documents: bytes) -> Checked:
    with opened(index) as tables:
        return manifest_check.check(tables, Manifest.parse(manifest.encode()), documents)


def codes(found: Checked) -> list[tuple[Grade, str]]:
    return [(each.grade, each.code) for each in found.findings]


def first_batch(manifest: Manifest, **changes: object) -> Manifest:
    """Return a manifest whose first batch is another."""
    batches = list(manifest.batches)
    batches[0] = replace(batches[0], **changes)  # type: ignore[arg-type]
    return replace(manifest, batches=tuple(batches))


def row_of(manifest: Manifest, leaf: bytes, **changes: object) -> Manifest:
    """Return a manifest in which one row is another."""
    return replace(
        manifest,
        batches=tuple(
            replace(
                batch,
                rows=tuple(
                    replace(row, **changes) if row.leaf == leaf else row  # type: ignore[arg-type]
                    for row in batch.rows
                ),
            )
            for batch in manifest.batches
        ),
    )


def test_a_true_manifest_agrees_with_the_chain(world: World, index: Index, true: Manifest) -> None:
    found = checked(index, signed(world, true))
    assert codes(found) == []
    assert found.agrees
    assert found.is_block_known
    assert (found.batches, found.certificates) == (len(true.batches), sum(len(each.rows) for each in true.batches))
    assert any(row.tracks for batch in true.batches for row in batch.rows)


def test_an_earlier_manifest_agrees_as_of_its_block(world: World, index: Index, true: Manifest) -> None:
    """What happened later is not held against it."""
    writer = world.deployed.writer()
    block = writer.block(world.blocks["revoked"] - 1)
    writer.close()
    early = [
        replace(batch, rows=tuple(replace(row, tracks=()) for row in batch.rows))
        for batch, anchored in zip(
            true.batches, (each for each in world.batches if each.office.agency == true.agency), strict=True
        )
        if anchored.block_number <= block.number
    ]
    manifest = replace(
        true,
        block_number=block.number,
        block_hash=block.hash,
        block_timestamp=block.timestamp,
        sequences=(1, len(early)),
        batches=tuple(early),
    )
    found = checked(index, signed(world, manifest))
    assert codes(found) == []


# One thing changed.


def test_one_state_changed_is_found_and_named(world: World, index: Index, true: Manifest) -> None:
    leaf = world.statuses["revoked"]
    found = checked(index, signed(world, row_of(true, leaf, tracks=())))
    (finding,) = found.findings
    assert (finding.grade, finding.code, finding.leaf) == (Grade.ALARM, "manifest_state_differs", leaf)
    assert finding.block == world.blocks["revoked"]
    assert finding.arguments["got"] == "–"
    assert str(finding.arguments["wanted"]).startswith("REVOKED 2026-")
    assert not found.agrees


def test_a_state_made_up_is_found(world: World, index: Index, true: Manifest) -> None:
    untouched = next(row.leaf for batch in true.batches for row in batch.rows if not row.tracks)
    made_up = (Held(Track.SUSPENSION, 490_000, 490_024, 3),)
    (finding,) = checked(index, signed(world, row_of(true, untouched, tracks=made_up))).findings
    assert (finding.code, finding.leaf, finding.block) == ("manifest_state_differs", untouched, None)
    assert finding.arguments["got"] == "SUSPENSION 2025-11-25T00:00+08:00–2025-11-26T00:00+08:00"


def test_a_batch_left_out_is_found_with_who_signed_it(world: World, index: Index, true: Manifest) -> None:
    left, *kept = true.batches
    (finding,) = checked(index, signed(world, replace(true, batches=tuple(kept)))).findings
    assert (finding.grade, finding.code) == (Grade.ALARM, "manifest_batch_missing")
    assert (finding.arguments["sequence"], finding.arguments["size"]) == (1, len(left.rows))
    county = world.deployed.offices[2]
    for officer in (county.preparer, county.approver):
        assert f"0x{officer.address.hex()}" in str(finding.arguments["officers"])


def test_a_batch_that_the_chain_does_not_hold_is_found(world: World, index: Index, true: Manifest) -> None:
    invented = Batch(b"\5" * 32, len(true.batches) + 1, 1, 1, (Row(b"\6" * 32, RowState.ISSUED),))
    manifest = replace(true, sequences=(1, invented.sequence), batches=(*true.batches, invented))
    assert codes(checked(index, signed(world, manifest))) == [(Grade.ALARM, "manifest_batch_unknown")]


def test_what_is_approved_and_not_anchored_is_a_remark(world: World, index: Index, true: Manifest) -> None:
    waiting = Batch(b"\5" * 32, 0, 1, 1, (Row(b"\6" * 32, RowState.APPROVED),))
    found = checked(index, signed(world, replace(true, batches=(*true.batches, waiting))))
    assert codes(found) == [(Grade.REMARK, "manifest_waiting")]
    assert found.agrees


def test_what_is_long_anchored_and_only_approved_in_the_books_is_a_fault(
    world: World, index: Index, true: Manifest
) -> None:
    rows = tuple(replace(row, state=RowState.APPROVED) for row in true.batches[0].rows)
    assert codes(checked(index, signed(world, first_batch(true, rows=rows)))) == [(Grade.FAULT, "manifest_behind")]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"certificate_type": 9}, "manifest_type_differs"),
        ({"version": 9}, "manifest_version_differs"),
    ],
)
def test_a_batch_of_another_kind_is_found(
    world: World, index: Index, true: Manifest, change: dict[str, object], code: str
) -> None:
    assert codes(checked(index, signed(world, first_batch(true, **change)))) == [(Grade.ALARM, code)]


def test_another_sequence_number_is_found(world: World, index: Index, true: Manifest) -> None:
    last = replace(true.batches[-1], sequence=len(true.batches) + 1)
    manifest = replace(true, sequences=(1, last.sequence), batches=(*true.batches[:-1], last))
    assert codes(checked(index, signed(world, manifest))) == [(Grade.ALARM, "manifest_sequence_differs")]


def test_a_leaf_left_out_and_one_put_in_its_place_are_found(world: World, index: Index, true: Manifest) -> None:
    rows = true.batches[0].rows
    other = (replace(rows[0], leaf=b"\7" * 32, tracks=()), *rows[1:])
    found = checked(index, signed(world, first_batch(true, rows=other)))
    assert codes(found) == [(Grade.ALARM, "manifest_leaf_missing"), (Grade.ALARM, "manifest_leaf_unknown")]
    assert [each.leaf for each in found.findings] == [rows[0].leaf, b"\7" * 32]


def test_many_leaves_are_named_up_to_a_number(
    world: World, index: Index, true: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifest_contents, "MOST_LEAVES_NAMED", 1)
    found = checked(index, signed(world, first_batch(true, rows=true.batches[0].rows[:1])))
    assert [code for _, code in codes(found)] == ["manifest_size_differs", "manifest_leaf_missing", "manifest_more"]
    assert found.findings[-1].arguments["count"] == len(true.batches[0].rows) - 2
    held = [row.leaf for batch in true.batches for row in batch.rows if row.tracks]
    bare = true
    for leaf in held:
        bare = row_of(bare, leaf, tracks=())
    found = checked(index, signed(world, bare))
    assert found.findings[-1].arguments["count"] == len(held) - 1


# Who signed.


def test_anything_changed_after_signing_is_found(world: World, index: Index, true: Manifest) -> None:
    whole = signed(world, true)
    changed = replace(whole, made_at=whole.made_at + 1)
    assert codes(checked(index, changed)) == [(Grade.ALARM, "manifest_signature_wrong")]


def test_a_key_that_is_not_the_agencys_is_found(world: World, index: Index, true: Manifest) -> None:
    for key in (document_key("a stranger"), world.deployed.offices[0].key):
        assert codes(checked(index, signed(world, true, key))) == [(Grade.ALARM, "manifest_key_not_agencys")]


def test_an_agency_that_is_none_is_found(world: World, index: Index, true: Manifest) -> None:
    found = checked(index, signed(world, replace(true, agency=99, sequences=(0, 0), batches=())))
    assert codes(found) == [(Grade.ALARM, "manifest_agency_unknown")]


def test_a_key_that_had_not_begun_to_count_is_found(world: World, index: Index, true: Manifest) -> None:
    with opened(index) as tables:
        key_of(tables, true).valid_from = true.block_timestamp + 1
        found = manifest_check.check(tables, signed(world, true))
        tables.session.rollback()
    assert codes(found) == [(Grade.FAULT, "manifest_key_not_counting")]


def key_of(tables: Tables, manifest: Manifest) -> KeyRow:
    """Return the agency's key as the index has it; what a test changes in it is not stored."""
    return tables.session.exec(select(KeyRow).where(KeyRow.agency == manifest.agency)).one()


@pytest.mark.parametrize("is_known", [True, False])
def test_an_expired_key_does_not_count_whatever_time_the_manifest_gives(
    world: World, index: Index, true: Manifest, *, is_known: bool
) -> None:
    with opened(index) as tables:
        number = tables.session.exec(select(BlockRow.number).where(BlockRow.number < true.block_number)).all()[-1]
        row = tables.session.get_one(BlockRow, number)
        manifest = replace(true, block_number=number, block_hash=row.hash, block_timestamp=row.timestamp)
        before = tables.session.exec(select(BlockRow.timestamp).where(BlockRow.number < number)).all()[-1]
        if not is_known:
            tables.session.delete(row)
        key_of(tables, true).valid_until = before
        tables.session.flush()
        genuine = manifest_check.check(tables, signed(world, manifest))
        early = manifest_check.check(tables, signed(world, replace(manifest, block_timestamp=before - 1)))
        tables.session.rollback()
    assert genuine.is_block_known is is_known
    assert (Grade.ALARM, "manifest_other_time") not in codes(genuine)
    assert (Grade.FAULT, "manifest_key_not_counting") in codes(genuine)
    assert (Grade.ALARM, "manifest_other_time") in codes(early)
    assert (Grade.FAULT, "manifest_key_not_counting") in codes(early)
    assert not early.agrees


def test_a_block_before_all_that_the_index_has_is_not_run(world: World, index: Index, true: Manifest) -> None:
    found = checked(index, signed(world, replace(true, block_number=0, sequences=(0, 0), batches=())))
    assert found.not_run is not None
    assert not found.agrees


def test_a_key_that_was_cut_off_is_found(world: World, index: Index, true: Manifest) -> None:
    town = world.deployed.offices[3]
    manifest = replace(true, agency=town.agency, sequences=(0, 0), batches=())
    found = checked(index, signed(world, manifest, town.key))
    assert (Grade.FAULT, "manifest_key_not_counting") in codes(found)
    assert (Grade.ALARM, "manifest_signature_wrong") not in codes(found)


def test_another_registry_or_chain_is_found(world: World, index: Index, true: Manifest) -> None:
    for other in (replace(true, registry_id=b"\1" * 32), replace(true, chain_id=1)):
        assert codes(checked(index, signed(world, other))) == [(Grade.ALARM, "manifest_other_registry")]


def test_another_block_of_the_same_height_is_found(world: World, index: Index, true: Manifest) -> None:
    found = checked(index, signed(world, replace(true, block_hash=b"\1" * 32)))
    assert codes(found) == [(Grade.ALARM, "manifest_other_block")]


# Not run.


def test_a_manifest_newer_than_the_index_is_not_run(world: World, index: Index, true: Manifest) -> None:
    found = checked(index, signed(world, replace(true, block_number=true.block_number + 1)))
    assert found.not_run is not None
    assert not found.agrees
    for language in Language:
        assert str(true.block_number + 1) in say(found.not_run, language)


# Documents.


def test_documents_are_compared_with_their_digests(world: World, index: Index, true: Manifest) -> None:
    leaf = world.papers[0].leaf
    found = checked(index, signed(world, true), PAPER + leaf)
    assert (codes(found), found.documents) == ([], (leaf,))


def test_an_altered_document_is_found_and_named_by_its_certificate(world: World, index: Index, true: Manifest) -> None:
    paper = world.papers[0]
    found = checked(index, signed(world, true), paper.sd_jwt.encode(), b"nothing of ours")
    altered, unlisted = found.findings
    assert (altered.grade, altered.code, altered.leaf) == (Grade.ALARM, "manifest_document_differs", paper.leaf)
    assert altered.arguments["wanted"] == f"0x{sha256(PAPER + paper.leaf).hexdigest()}"
    assert (unlisted.grade, unlisted.code) == (Grade.FAULT, "manifest_document_unlisted")


# Words.


def test_every_finding_is_said_in_both_languages(world: World, index: Index, true: Manifest) -> None:
    found: list[Finding] = []
    for manifest in (
        replace(true, batches=true.batches[1:]),
        first_batch(true, rows=true.batches[0].rows[:2]),
        row_of(true, world.statuses["revoked"], tracks=()),
    ):
        found += checked(index, signed(world, manifest), b"x").findings
    assert len({each.code for each in found}) >= 5
    for each in found:
        for language in Language:
            assert say(message(each.key, **each.arguments), language)
            assert say(message(f"{each.key}.why"), language)


# The page and the command.


@pytest.fixture(scope="module")
def client(world: World, index: Index, folder: Path) -> Iterator[TestClient]:
    with TestClient(make_app(index, world.settings(folder, poll_s=60), clock=lambda: world.now)) as made:
        yield made


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_the_page_takes_a_manifest_and_says_what_differs(
    client: TestClient, world: World, true: Manifest, lang: str
) -> None:
    assert 'enctype="multipart/form-data"' in client.get("/audit/manifests", params={"lang": lang}).text
    whole = signed(world, true).encode()
    answer = client.post("/audit/manifests", params={"lang": lang}, files={"file": ("m.yxm", whole)})
    assert answer.status_code == 200
    assert say(message("audit.manifest.agrees"), Language(lang)) in answer.text
    leaf = world.statuses["revoked"]
    other = signed(world, row_of(true, leaf, tracks=())).encode()
    files = {"file": ("m.yxm", other), "certified_file": ("paper.pdf", PAPER + leaf)}
    answer = client.post("/audit/manifests", params={"lang": lang}, files=files)
    assert say(message("audit.manifest.differs"), Language(lang)) in answer.text
    assert "manifest_state_differs" in answer.text
    assert say(message("audit.manifest.documents", documents=1), Language(lang)) in answer.text
    late = signed(world, replace(true, block_number=true.block_number + 9)).encode()
    answer = client.post("/audit/manifests", params={"lang": lang}, files={"file": ("m.yxm", late)})
    assert "NOT RUN" in answer.text
    assert say(message("audit.manifest.agrees"), Language(lang)) not in answer.text


def test_the_page_says_what_is_no_manifest(client: TestClient) -> None:
    for data in (b"", b"no manifest at all"):
        answer = client.post("/audit/manifests", files={"file": ("m.yxm", data)})
        assert answer.status_code == 422


@pytest.fixture
def file(world: World, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where a manifest is to lie, for the command of a verifier that has read the world."""
    changed = world.settings(folder).model_dump(exclude_defaults=True)
    for name, value in changed.items():
        monkeypatch.setenv(f"YINXIN_{name.upper()}", str(value))
    return tmp_path / "manifest.yxm"


def test_the_command_says_by_its_exit_code_whether_they_agree(
    world: World, file: Path, true: Manifest, capsys: pytest.CaptureFixture[str]
) -> None:
    paper = file.parent / "paper.pdf"
    leaf = world.papers[0].leaf
    paper.write_bytes(PAPER + leaf)
    for manifest, code, outcome in (
        (true, 0, "AGREES"),
        (row_of(true, world.statuses["revoked"], tracks=()), 1, "DIFFERS"),
        (replace(true, block_number=true.block_number + 9), 3, "NOT_RUN"),
    ):
        file.write_bytes(signed(world, manifest).encode())
        assert run(["audit", "manifest", str(file), "--document", str(paper), "--json"]) == code
        assert json.loads(capsys.readouterr().out)["outcome"] == outcome
        assert run(["audit", "manifest", str(file), "--document", str(paper), "--lang", "zh-CN"]) == code
        assert "）的对账清单" in capsys.readouterr().out
    file.write_bytes(b"nothing")
    assert run(["audit", "manifest", str(file)]) == 3
