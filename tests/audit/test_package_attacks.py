"""What whoever makes an evidence package could try with one attester's key; the stand-alone checker passes none of it.

The forger here signs manifests and checkpoints as he likes, and seals whatever nobody but him would seal only where a
test says so; he has no key of the council's.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from chain import cbor, history, strict_json
from chain.checkpoint import Checkpoint
from chain.errors import InvalidInput
from chain.history import History
from chain.seals import SealScheme
from chain.steps import List
from tests import sealed
from tests.audit.packaged import (
    KEY,
    VALIDATORS,
    Maker,
    attested,
    checked,
    contents_of,
    failed,
    outcomes,
    retold,
    run,
    said,
    signed_again,
)
from verifier.audit import handed_in
from verifier.audit.completeness import Complete, OneBatch, OneCertificate, Period
from verifier.audit.package import NotBelieved, make, zipped
from verifier.audit.tabulating import Table, batch_of, tables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import ModuleType

    from chain.events import Record
    from tests.audit.world import World
    from verifier.audit.completeness import Subject
    from verifier.indexing.index import Index

FIRST, LAST = date(2026, 1, 1), date(2026, 5, 31)
UNUSED_TYPE = 7
"""The county holds it and never issued it: a period of it is empty, honestly."""


@pytest.fixture(scope="module")
def county(world: World) -> int:
    return world.offices[2].agency


@pytest.fixture(scope="module")
def whole(maker: Maker, county: int) -> bytes:
    return maker.package(Period(county, None, FIRST, LAST))


@dataclass(frozen=True, slots=True)
class Forger:
    """Makes packages of a history of his own, on a chain that nobody seals: his signature alone vouches for it."""

    maker: Maker

    def package(
        self, subject: Subject, change: Callable[[list[Record]], None], leaves: dict[tuple[int, bytes], list[bytes]]
    ) -> bytes:
        """Return a package about the batches whose leaves are given, after the history's records were changed."""
        found = self.maker.complete(subject)
        kept = History.parse(found.checkpoint.history)
        records = [record for which in List for record in kept.records(which)]
        change(records)
        records.sort(key=lambda record: (record.block_number, record.log_index))
        data = history.encode(map(history.Step.of, records))
        forged = History.parse(data)
        cut = replace(found.checkpoint, history=data, heads=forged.heads(), state=None, attestations=())
        listed = {key: tuple(those) for key, those in leaves.items()}
        batches = tuple(r for r in forged.records(List.ANCHORS) if (batch_of(r).agency, batch_of(r).root) in listed)
        complete = Complete(
            subject=subject,
            checkpoint=attested(cut),
            history=forged,
            test=found.test,
            batches=batches,
            leaves=listed,
            status_hour=found.status_hour,
            tables=tables(forged, batches, listed, agencies=(), status_hour=found.status_hour),
        )
        return make(complete, self.maker.means(prove=None), self.maker.world.now)


@pytest.fixture
def forger(world: World, cut_index: Index) -> Forger:
    return Forger(Maker(world, cut_index, SealScheme.NONE))


class TestWhoVouches:
    def test_one_attester_who_signs_twice_is_not_two(
        self, *, world: World, cut_index: Index, county: int, module: ModuleType, tmp_path: Path
    ) -> None:
        maker = Maker(world, cut_index, SealScheme.NONE)
        package = maker.package(OneBatch(county, world.batches[0].root))
        cut = Checkpoint.parse(contents_of(package)["checkpoint.bin"])
        twice = replace(cut, attestations=cut.attestations * 2)
        two = maker.trust_list(attesters=(KEY, sealed.attester("another")), attester_threshold=2)
        lines = checked(
            module, signed_again(package, {"checkpoint.bin": twice.encode(), "trust-list.json": two}), tmp_path
        )
        assert failed(lines) == ["block"]
        assert "two signatures of one attester" in said(lines, "block")

    def test_a_scheme_that_nobody_knows_does_not_make_seals_needless(
        self, maker: Maker, whole: bytes, module: ModuleType, tmp_path: Path
    ) -> None:
        cut = Checkpoint.parse(contents_of(whole)["checkpoint.bin"])
        changes = {
            "trust-list.json": Maker(maker.world, maker.index).trust_list(scheme="poa"),
            "checkpoint.bin": replace(cut, attestations=()).encode(),
        }
        lines = checked(module, signed_again(whole, changes), tmp_path)
        assert failed(lines) == ["trust list"]
        assert "'poa'" in said(lines, "trust list")

    def test_ranges_of_blocks_do_not_overlap(
        self, maker: Maker, whole: bytes, module: ModuleType, tmp_path: Path
    ) -> None:
        strangers = sealed.addresses(sealed.validators(4, "stranger"))
        listed = maker.trust_list(sets=[(0, None, sealed.addresses(VALIDATORS)), (50, None, strangers)])
        lines = checked(module, signed_again(whole, {"trust-list.json": listed}), tmp_path)
        assert failed(lines) == ["trust list"]

    def test_a_list_that_had_expired_at_the_checkpoint_is_not_believed(
        self, *, maker: Maker, county: int, whole: bytes, module: ModuleType, tmp_path: Path
    ) -> None:
        ended = maker.trust_list(expires=f"{maker.world.now - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}")
        lines = checked(module, signed_again(whole, {"trust-list.json": ended}), tmp_path)
        assert failed(lines) == ["block"]
        assert "expired" in said(lines, "block")
        with pytest.raises(NotBelieved, match="expired"):
            maker.package(Period(county, None, FIRST, LAST), trust_list=ended)

    def test_a_list_that_was_issued_later_still_tells_of_old_blocks(
        self, maker: Maker, whole: bytes, module: ModuleType, tmp_path: Path
    ) -> None:
        later = tmp_path / "later.json"
        later.write_bytes(maker.trust_list(issued=f"{maker.world.now + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"))
        lines = checked(module, whole, tmp_path, later)
        assert failed(lines) == []
        assert "issued later" in said(lines, "block")


class TestOwnTrustList:
    """The list inside was put there by whoever made the package: it proves nothing by itself."""

    def test_alone_does_not_pass(
        self, whole: bytes, module: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        digest = sha256(sealed.canonical(json.loads(contents_of(whole)["trust-list.json"])["signed"])).hexdigest()
        path = tmp_path / "package.zip"
        path.write_bytes(whole)
        assert module.main([str(path)]) == 1
        wanted = f"RESULT   NOT RUN: PASSED ONLY IF the trust list with SHA-256 {digest} is the council's"
        assert capsys.readouterr().out.splitlines()[-1] == wanted
        assert module.main([str(path), "--json"]) == 1
        told = json.loads(capsys.readouterr().out)
        assert (told["result"], told["passed_only_if_trust_list"]) == ("NOT RUN", digest)
        assert module.main([str(path), "--accept-own-trust-list", digest]) == 0
        assert capsys.readouterr().out.splitlines()[-1] == "RESULT   PASSED"

    def test_with_another_digest_fails(self, whole: bytes, module: ModuleType, tmp_path: Path) -> None:
        (tmp_path / "package.zip").write_bytes(whole)
        lines, _ = module.check(str(tmp_path / "package.zip"), None, "00" * 32)
        assert failed(lines) == ["trust list"]


class TestTimes:
    def test_a_period_by_times_that_nobody_vouches_for_is_not_passed(
        self, *, maker: Maker, county: int, module: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The heads bind no times: a batch could be moved out of the period, and nothing would show it."""
        period = Period(county, None, FIRST, LAST)
        package = maker.package(period, bend=lambda found: maker.sealed(found, is_attested=False))
        assert run(module, package, tmp_path) == 1
        printed = capsys.readouterr().out
        assert printed.splitlines()[-1] == "RESULT   NOT RUN"
        assert "by times that NOBODY vouches for" in printed

    def test_nor_is_a_document_but_a_certificate_is(
        self, *, maker: Maker, world: World, module: ModuleType, tmp_path: Path
    ) -> None:
        subject, documents = OneCertificate(world.papers[0].leaf), handed_in.read([world.papers[0].sd_jwt.encode()])
        bare, with_document = (
            maker.package(subject, documents=those, bend=lambda found: maker.sealed(found, is_attested=False))
            for those in ((), documents)
        )
        assert run(module, with_document, tmp_path) == 1
        assert run(module, bare, tmp_path) == 0

    def test_nothing_was_recorded_after_the_checkpoint(self, whole: bytes, module: ModuleType, tmp_path: Path) -> None:
        cut = Checkpoint.parse(contents_of(whole)["checkpoint.bin"])
        steps = [step for which in List for step in History.parse(cut.history).steps(which)]
        steps.sort(key=lambda step: (step.block_number, step.log_index))
        last = max(step.block_number for step in steps)
        moved = [
            replace(step, timestamp=cut.timestamp + 86400) if step.block_number == last else step for step in steps
        ]
        forged = attested(replace(cut, history=history.encode(moved), attestations=()))
        lines = checked(module, signed_again(whole, {"checkpoint.bin": forged.encode()}), tmp_path)
        assert failed(lines) == ["history"]


class TestSubject:
    @pytest.mark.parametrize("kind", [0, "any", -1, 2**32, "7"])
    def test_an_empty_period_of_a_type_that_is_none_does_not_pass_for_all_types(
        self, *, maker: Maker, county: int, module: ModuleType, tmp_path: Path, kind: object
    ) -> None:
        subject = Period(county, UNUSED_TYPE, FIRST, LAST)
        empty = maker.package(subject)
        assert failed(checked(module, empty, tmp_path)) == []
        lines = checked(module, retold(empty, subject=subject.as_json() | {"certificate_type": kind}), tmp_path)
        assert failed(lines) == ["selection"]

    def test_nor_does_one_of_an_agency_that_there_is_not(
        self, maker: Maker, county: int, module: ModuleType, tmp_path: Path
    ) -> None:
        subject = Period(county, UNUSED_TYPE, FIRST, LAST)
        empty = maker.package(subject)
        changes: dict[str, bytes] = {}
        for name, data in contents_of(empty).items():
            if name.startswith("tables/") and name.endswith(".json"):
                table = Table(name[7:-5], tuple(json.loads(data)["columns"]), ())
                changes |= {name: table.as_json(), name[:-4] + "csv": table.as_csv()}
        told = json.loads(contents_of(empty)["evidence.json"]) | {"subject": subject.as_json() | {"agency": 99}}
        changes["evidence.json"] = strict_json.serialise(told)
        lines = checked(module, signed_again(empty, changes), tmp_path)
        assert failed(lines) == ["selection"]
        assert "agency 99" in said(lines, "selection")

    def test_nor_one_whose_last_day_is_before_its_first(
        self, maker: Maker, county: int, module: ModuleType, tmp_path: Path
    ) -> None:
        subject = Period(county, UNUSED_TYPE, FIRST, LAST)
        day = "2025-12-31"
        package = retold(
            maker.package(subject),
            subject=subject.as_json() | {"last_day": day},
            status_hour=module.day_begins(day, 1) // 3600 - 1,
        )
        assert failed(checked(module, package, tmp_path)) == ["selection"]


class TestOneCertificate:
    def test_a_document_of_another_certificate_of_its_batch_does_not_pass(
        self, maker: Maker, world: World, module: ModuleType, tmp_path: Path
    ) -> None:
        first, second = world.papers[0], world.papers[1]
        subject = OneCertificate(first.leaf)
        with pytest.raises(InvalidInput, match="document 1"):
            maker.package(subject, documents=handed_in.read([second.sd_jwt.encode()]))
        package = maker.package(subject, documents=handed_in.read([first.sd_jwt.encode()]))
        told = json.loads(contents_of(package)["evidence.json"])
        told["documents"][0]["leaf"] = f"0x{second.leaf.hex()}"
        changes = {
            "documents/0001.txt": second.sd_jwt.encode(),
            "documents/0001.sd-jwt": second.sd_jwt.encode(),
            "evidence.json": strict_json.serialise(told),
        }
        lines = checked(module, signed_again(package, changes), tmp_path)
        assert failed(lines) == ["documents"]

    def test_a_copy_of_a_leaf_in_another_agencys_batch_does_not_hide_its_status(
        self, *, forger: Forger, world: World, module: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        leaf, other = world.statuses["revoked"], world.second_county.agency

        def copy(records: list[Record]) -> None:
            """Anchor the leaf alone, as the other agency anchored its last batch: its root is the leaf itself."""
            last = records[[getattr(r.event, "agency", 0) == other for r in records].index(True)]
            for record in records:
                if hasattr(record.event, "root") and batch_of(record).agency == other:
                    last = record
            batch = batch_of(last)
            event = replace(batch, root=leaf, size=1, sequence=batch.sequence + 1)
            records.append(replace(last, event=event, log_index=last.log_index + 100))

        package = forger.package(OneCertificate(leaf), copy, {(other, leaf): [leaf]})
        lines = checked(module, package, tmp_path)
        assert failed(lines) == []
        assert outcomes(lines)["elsewhere"] == "NOT RUN"
        assert f"under agency {world.offices[2].agency}: REVOKED" in said(lines, "elsewhere")
        assert "others are not excluded" in said(lines, "selection")
        assert run(module, package, tmp_path) == 1
        assert capsys.readouterr().out.splitlines()[-1] == "RESULT   NOT RUN"


class TestRights:
    def test_too_few_approvals_for_what_the_parent_demanded_are_named(
        self, *, forger: Forger, world: World, county: int, module: ModuleType, tmp_path: Path
    ) -> None:
        anchored = next(each for each in world.batches if each.block_number > world.blocks["approvals_demanded"])

        def drop(records: list[Record]) -> None:
            for place, record in enumerate(records):
                if hasattr(record.event, "root") and batch_of(record).root == anchored.root:
                    event = replace(batch_of(record), approvers=batch_of(record).approvers[:1])
                    records[place] = replace(record, event=event)

        key = county, anchored.root
        package = forger.package(OneBatch(*key), drop, {key: list(anchored.batch.leaves)})
        lines = checked(module, package, tmp_path)
        assert failed(lines) == ["rights"]
        assert "approved by 1, wanted 2" in said(lines, "rights")

    @pytest.mark.parametrize("is_attested", [True, False])
    def test_an_order_within_a_block_that_nobody_vouches_for_is_not_passed(
        self, *, maker: Maker, county: int, module: ModuleType, tmp_path: Path, is_attested: bool
    ) -> None:
        """Heads bind the order within each list only: whether an officer came before a batch, its log index says."""
        path = tmp_path / "package.zip"
        path.write_bytes(
            maker.package(
                Period(county, None, FIRST, LAST),
                bend=lambda found: maker.sealed(found, is_attested=is_attested),
                prove=None,
            )
        )
        _, package = module.check(str(path))
        anchor = package.selected[-1]
        values = {"agency": county, "officer": bytes(20), "capabilities": 1}
        package.events[module.RIGHTS].append(module.Event("OfficerSet", anchor.block, anchor.time, 0, values))
        if is_attested:
            assert "allowed" in package.rights()
        else:
            with pytest.raises(module.NotRun, match="which came first"):
                package.rights()


class TestCarried:
    """What a package carries is compared with something, or named as what nothing is compared with."""

    @pytest.mark.parametrize(
        ("member", "value"),
        [("hash", "0x" + "00" * 32), ("time", "2026-01-01T00:00:00Z"), ("statuses", "0x" + "11" * 32)],
    )
    def test_another_checkpoint_in_what_is_told_fails(
        self, *, whole: bytes, module: ModuleType, tmp_path: Path, member: str, value: str
    ) -> None:
        told = json.loads(contents_of(whole)["evidence.json"])["checkpoint"]
        package = retold(whole, checkpoint=told | {member: value})
        assert failed(checked(module, package, tmp_path)) == ["selection"]

    def test_reports_and_the_makers_word_are_named_as_not_checked(
        self, whole: bytes, module: ModuleType, tmp_path: Path
    ) -> None:
        lines = checked(module, signed_again(whole, {"report.en.pdf": b"%PDF- all is well"}), tmp_path)
        assert failed(lines) == []
        assert outcomes(lines)["reports"] == "NOT RUN"
        assert "README.md, check_evidence.py, report.en.pdf; in evidence.json made_at" in said(lines, "reports")

    def test_a_proof_that_is_listed_twice_does_not_count_twice(
        self, whole: bytes, module: ModuleType, tmp_path: Path
    ) -> None:
        proofs = json.loads(contents_of(whole)["evidence.json"])["proofs"]
        assert failed(checked(module, retold(whole, proofs=[*proofs, proofs[0]]), tmp_path)) == ["selection"]
        again = dict(proofs[0], file="proofs/9999.bin")
        told = json.loads(contents_of(whole)["evidence.json"]) | {"proofs": [*proofs, again]}
        copied = {again["file"]: contents_of(whole)[proofs[0]["file"]], "evidence.json": strict_json.serialise(told)}
        lines = checked(module, signed_again(whole, copied), tmp_path)
        assert failed(lines) == []
        assert said(lines, "proofs").startswith(f"{len(proofs)} of {len(proofs)} batches")

    def test_a_column_that_is_longer_than_its_list_is_named(
        self, whole: bytes, module: ModuleType, tmp_path: Path
    ) -> None:
        cut = Checkpoint.parse(contents_of(whole)["checkpoint.bin"])
        members: Any = cbor.decode(cut.history)
        kind, columns = members[2][3][0]
        # Of the first column, a batch's agency, one row more than there are batches.
        members[2][3][0] = [kind, [columns[0] + bytes(4), *columns[1:]]]
        forged = attested(replace(cut, history=cbor.encode(members), attestations=()))
        lines = checked(module, signed_again(whole, {"checkpoint.bin": forged.encode()}), tmp_path)
        assert failed(lines) == ["history"]
        assert "unequal length" in said(lines, "history")

    def test_a_file_that_no_check_knows_is_named(self, whole: bytes, module: ModuleType, tmp_path: Path) -> None:
        lines = checked(module, signed_again(whole, {"VERDICT.txt": b"all is well"}), tmp_path)
        assert failed(lines) == ["files"]


class TestStrangersText:
    @pytest.mark.parametrize("name", ["a\nRESULT   PASSED", "../a.txt", "/a.txt", "a//b", "tables/../b", "a\u202eb"])
    def test_a_name_that_misleads_is_refused_and_prints_no_line_of_its_own(
        self, *, whole: bytes, module: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
    ) -> None:
        package = zipped(contents_of(whole) | {name: b""})
        assert failed(checked(module, package, tmp_path)) == ["container"]
        assert run(module, package, tmp_path) == 1
        printed = capsys.readouterr().out
        assert "RESULT   PASSED" not in printed.splitlines()
        assert "\u202e" not in printed

    def test_nor_does_any_text_that_is_told(
        self,
        *,
        whole: bytes,
        module: ModuleType,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def tell(_: object) -> None:
            raise module.Fault("got proofs/0001.bin\nRESULT   PASSED\r\x1b[2K")

        monkeypatch.setattr(module.Package, "proofs", tell)
        assert run(module, whole, tmp_path) == 1
        printed = capsys.readouterr().out
        assert "RESULT   PASSED" not in printed.splitlines()
        assert "\x1b" not in printed
        assert module.printable("a\nb\x1b[2K\u2028\u202e\ud800 张三") == "a\\nb\\x1b[2K\\u2028\\u202e\\ud800 张三"
