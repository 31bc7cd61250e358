"""Evidence packages, and the checker that knows nothing but one of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import cryptography
import pytest

from chain import history, strict_json
from chain.checkpoint import Checkpoint, verify
from chain.errors import InvalidInput
from chain.history import History
from chain.seals import SealScheme
from chain.steps import List
from chain.trust_list import TrustList
from chain.validity import Validity
from tests import sealed
from tests.audit.packaged import (
    CHECKER,
    VALIDATORS,
    Maker,
    attested,
    checked,
    checker,
    contents_of,
    failed,
    outcomes,
    signed_again,
)
from tests.issuer.papers import squeezed, text_of
from tests.verifier.book import CLAIMS, TYPE
from tests.verifier.printed import print_document
from verifier.attesting import make_attester
from verifier.audit import handed_in
from verifier.audit.completeness import OneBatch, OneCertificate, Period
from verifier.audit.package import NotBelieved, zipped
from verifier.audit.package_report import Typesetter
from verifier.audit.tabulating import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from tests.audit.world import World
    from verifier.indexing.index import Index

FIRST, LAST = date(2026, 1, 1), date(2026, 5, 31)
NEVER_RUN = {"reports": "NOT RUN"}
"""What no check compares rests on the maker's word, in every package."""
NEVER_RUN_HERE = NEVER_RUN | {"documents": "NOT RUN"}


@pytest.fixture(scope="module")
def period(world: World) -> Period:
    return Period(world.offices[2].agency, None, FIRST, LAST)


@pytest.fixture(scope="module")
def whole(maker: Maker, world: World, period: Period) -> bytes:
    """Return a package with everything: documents, proofs and reports."""
    first, second = world.papers[0], world.papers[1]
    pdf = print_document(first, TYPE, dict(CLAIMS), Validity(date(2026, 1, 1), date(2028, 12, 31)))
    documents = handed_in.read([pdf, second.sd_jwt.encode()])
    return maker.package(period, documents=documents, typesetter=Typesetter())


class TestWhole:
    @pytest.mark.parametrize(
        ("language", "said"),
        [
            ("zh-CN", ("类型授权", "密钥登记", "2 食品经营许可证", "暂扣（解除）", "理事会", "已无权限")),
            ("en", ("Type granted", "Key listed", "2 Food operation permit", "(lifted)", "Council", "none any more")),
        ],
    )
    def test_the_report_says_in_words_what_the_tables_name(
        self, whole: bytes, language: str, said: tuple[str, ...]
    ) -> None:
        text = text_of(contents_of(whole)[f"report.{language}.pdf"])
        assert [each for each in said if squeezed(each) not in text] == []
        assert "TypeGranted" not in text

    def test_every_check_passes_on_a_period_with_documents(
        self, whole: bytes, module: ModuleType, tmp_path: Path
    ) -> None:
        found = outcomes(checked(module, whole, tmp_path))
        assert found == dict.fromkeys(found, "PASSED") | NEVER_RUN

    @pytest.mark.parametrize("scheme", [SealScheme.QBFT, SealScheme.IBFT2, SealScheme.CLIQUE])
    def test_a_certificate_is_proven_under_every_scheme(
        self, world: World, cut_index: Index, module: ModuleType, tmp_path: Path, scheme: SealScheme
    ) -> None:
        maker = Maker(world, cut_index, scheme)
        lines = checked(module, maker.package(OneCertificate(world.papers[3].leaf)), tmp_path)
        assert outcomes(lines) == dict.fromkeys(outcomes(lines), "PASSED") | NEVER_RUN_HERE

    def test_ones_own_trust_list_may_be_spelled_as_one_likes(
        self, whole: bytes, module: ModuleType, tmp_path: Path, maker: Maker
    ) -> None:
        own = tmp_path / "own.json"
        own.write_text(json.dumps(json.loads(maker.trust_list()), indent=2))
        lines = checked(module, whole, tmp_path, own)
        assert outcomes(lines) == dict.fromkeys(outcomes(lines), "PASSED") | NEVER_RUN
        assert "the same as the package's" in {name: said for name, _, said in lines}["trust list"]

    def test_on_a_chain_without_seals_attesters_vouch_and_receipts_prove_nothing(
        self, world: World, cut_index: Index, module: ModuleType, tmp_path: Path
    ) -> None:
        maker = Maker(world, cut_index, SealScheme.NONE)
        batch = world.batches[0]
        lines = checked(module, maker.package(OneBatch(batch.office.agency, batch.root)), tmp_path)
        assert failed(lines) == []
        assert outcomes(lines)["block"] == "PASSED"
        assert outcomes(lines)["proofs"] == "NOT RUN"

    def test_sealed_but_not_attested_times_are_nobodys_word(
        self, maker: Maker, module: ModuleType, tmp_path: Path, period: Period
    ) -> None:
        package = maker.package(period, bend=lambda found: maker.sealed(found, is_attested=False))
        lines = checked(module, package, tmp_path)
        assert failed(lines) == []
        assert outcomes(lines)["times"] == "NOT RUN"
        assert outcomes(lines)["proofs"] == "PASSED"

    def test_the_same_question_at_the_same_time_makes_the_same_bytes(self, maker: Maker, period: Period) -> None:
        found = maker.complete(period)
        first, second = (
            contents_of(maker.package(period, bend=lambda _: found, typesetter=Typesetter())) for _ in range(2)
        )
        # A signature is another one each time.
        del first["MANIFEST.sig"], second["MANIFEST.sig"]
        assert first == second

    def test_names_of_documents_are_not_kept(self, whole: bytes) -> None:
        names = contents_of(whole)
        assert {name for name in names if name.startswith("documents/")} == {
            "documents/0001.pdf",
            "documents/0001.sd-jwt",
            "documents/0002.txt",
            "documents/0002.sd-jwt",
        }

    def test_what_carries_no_certificate_is_kept_and_not_passed(
        self, maker: Maker, module: ModuleType, tmp_path: Path, period: Period
    ) -> None:
        documents = handed_in.read([b"a letter"])
        lines = checked(module, maker.package(period, documents=documents), tmp_path)
        assert outcomes(lines)["documents"] == "NOT RUN"
        assert failed(lines) == []

    def test_a_certificate_of_another_subject_is_refused(self, maker: Maker, world: World) -> None:
        other = OneBatch(world.batches[3].office.agency, world.batches[3].root)
        documents = handed_in.read([world.papers[0].sd_jwt.encode()])
        with pytest.raises(InvalidInput, match="document 1"):
            maker.package(other, documents=documents)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the interpreter of a fresh virtual environment that has `cryptography` and nothing else of ours."""
    folder = tmp_path_factory.mktemp("fresh")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    installed = Path(cryptography.__file__).parents[1]
    for name in ("cryptography", "cffi", "pycparser", *(each.name for each in installed.glob("_cffi_backend*"))):
        if (installed / name).exists():
            (packages / name).symlink_to(installed / name)
    # Where no network can be taken away from a process, at least none of its sockets opens.
    (packages / "sitecustomize.py").write_text(
        "import socket\n\ndef _refuse(*_, **__):\n    raise OSError('no network here')\n\nsocket.socket = _refuse\n"
    )
    return folder / "bin" / "python"


class TestAlone:
    def _run(self, python: Path, folder: Path, package: bytes, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the package's own checker in a folder that has nothing but the package."""
        folder.mkdir()
        (folder / "package.zip").write_bytes(package)
        (folder / "check_evidence.py").write_bytes(CHECKER.read_bytes())
        command = [str(python), "check_evidence.py", "package.zip", *arguments]
        if subprocess.run(["unshare", "-rn", "true"], check=False, capture_output=True).returncode == 0:
            command = ["unshare", "-rn", *command]
        return subprocess.run(
            command, cwd=folder, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False
        )

    def test_the_checker_needs_neither_this_software_nor_a_network(
        self, python: Path, whole: bytes, tmp_path: Path
    ) -> None:
        trust = tmp_path / "the council's.json"
        trust.write_bytes(contents_of(whole)["trust-list.json"])
        done = self._run(python, tmp_path / "empty", whole, "--trust-list", str(trust))
        assert done.stderr == ""
        assert done.returncode == 0, done.stdout
        assert done.stdout.splitlines()[-1] == "RESULT   PASSED"
        assert "TEST" in done.stdout

    def test_it_says_so_in_json_and_fails_with_another_trust_list(
        self, python: Path, whole: bytes, tmp_path: Path, maker: Maker
    ) -> None:
        trust = tmp_path / "mine.json"
        trust.write_bytes(maker.trust_list(attesters=(sealed.attester("another"),)))
        done = self._run(python, tmp_path / "empty", whole, "--trust-list", str(trust), "--json")
        assert done.returncode == 1
        said = json.loads(done.stdout)
        assert said["result"] == "FAILED"
        assert {each["check"] for each in said["checks"] if each["outcome"] == "FAILED"} == {"manifest"}

    def test_without_its_one_library_nothing_is_called_passed(self, whole: bytes, tmp_path: Path) -> None:
        module = checker()
        module.ec = None  # type: ignore[attr-defined]
        lines = checked(module, whole, tmp_path)
        assert outcomes(lines)["manifest"] == "NOT RUN"
        assert outcomes(lines)["leaves"] == "NOT RUN"
        assert module.main([str(tmp_path / "package.zip")]) == 1


class TestOneChangedByte:
    def test_in_any_file_fails(self, whole: bytes, module: ModuleType, tmp_path: Path) -> None:
        contents = contents_of(whole)
        for name, data in contents.items():
            at = len(data) // 2
            changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            (tmp_path / "package.zip").write_bytes(zipped(contents | {name: changed}))
            assert first_fault(module, tmp_path / "package.zip"), name

    def test_in_what_the_zip_file_puts_around_them_fails(
        self, maker: Maker, world: World, module: ModuleType, tmp_path: Path
    ) -> None:
        package = maker.package(OneCertificate(world.papers[0].leaf))
        directory = package.rindex(b"PK\1\2")
        for at in (*range(30), *range(directory, len(package))):
            changed = package[:at] + bytes([package[at] ^ 1]) + package[at + 1 :]
            (tmp_path / "package.zip").write_bytes(changed)
            assert first_fault(module, tmp_path / "package.zip"), at

    def test_a_file_that_is_missing_or_added_fails(self, whole: bytes, module: ModuleType, tmp_path: Path) -> None:
        contents = contents_of(whole)
        added = contents | {"more.txt": b"more"}
        missing = {name: data for name, data in contents.items() if name != "tables/statuses.csv"}
        for changed in (added, missing):
            assert "files" in failed(checked(module, zipped(changed), tmp_path))


def first_fault(module: ModuleType, path: Path) -> str:
    """Return what the checker finds wrong first; empty if nothing. The rest would take as long again for each byte."""
    package = module.Package(str(path), None)
    for _, method, _, _ in module.CHECKS:
        try:
            getattr(package, method)()
        except module.NotRun:
            continue
        except Exception as exc:  # noqa: BLE001 - whatever it is, the checker calls it failed
            return repr(exc)
    return ""


class TestLyingVerifier:
    """A verifier that signs whatever it likes cannot make the registry say it."""

    def _table(self, package: bytes, name: str, change: Callable[[list[list[object]]], None]) -> dict[str, bytes]:
        written = json.loads(contents_of(package)[f"tables/{name}.json"])
        change(written["rows"])
        table = Table(name, tuple(written["columns"]), tuple(map(tuple, written["rows"])))
        return {f"tables/{name}.json": table.as_json(), f"tables/{name}.csv": table.as_csv()}

    def test_a_withheld_leaf_is_named(self, whole: bytes, module: ModuleType, tmp_path: Path) -> None:
        changes = self._table(whole, "leaves", lambda rows: rows.pop(3))
        lines = checked(module, signed_again(whole, changes), tmp_path)
        assert failed(lines) == ["leaves"]

    def test_a_withheld_batch_is_named(self, whole: bytes, module: ModuleType, tmp_path: Path) -> None:
        def without_first(rows: list[list[object]]) -> None:
            rows[:] = [row for row in rows if row[1] != 1]

        changes = self._table(whole, "leaves", without_first)
        assert failed(checked(module, signed_again(whole, changes), tmp_path)) == ["selection"]

    @pytest.mark.parametrize("table", ["statuses", "keys", "officers", "agencies", "types", "anchors", "batches"])
    def test_a_row_that_is_missing_in_a_table_is_named(
        self, whole: bytes, module: ModuleType, tmp_path: Path, table: str
    ) -> None:
        changes = self._table(whole, table, lambda rows: rows.pop())
        lines = checked(module, signed_again(whole, changes), tmp_path)
        assert failed(lines) == ["tables"]
        assert any(table in said for _, outcome, said in lines if outcome == "FAILED")

    def test_a_status_that_is_told_in_another_way_is_named(
        self, whole: bytes, module: ModuleType, tmp_path: Path
    ) -> None:
        def in_force(rows: list[list[object]]) -> None:
            next(row for row in rows if row[-1] == "REVOKED")[-1] = ""

        lines = checked(module, signed_again(whole, self._table(whole, "leaves", in_force)), tmp_path)
        assert failed(lines) == ["leaves"]

    @pytest.mark.parametrize("which", List)
    def test_a_hidden_event_leaves_a_head_that_nothing_makes(
        self, whole: bytes, module: ModuleType, tmp_path: Path, which: List
    ) -> None:
        cut = Checkpoint.parse(contents_of(whole)["checkpoint.bin"])
        kept = History.parse(cut.history)
        steps = [step for each in List for step in list(kept.steps(each))[: -1 if each is which else None]]
        steps.sort(key=lambda step: (step.block_number, step.log_index))
        forged = attested(replace(cut, history=history.encode(steps), attestations=()))
        lines = checked(module, signed_again(whole, {"checkpoint.bin": forged.encode()}), tmp_path)
        assert failed(lines) == ["history"]
        assert which.name.lower() in {name: said for name, _, said in lines}["history"]

    @pytest.mark.parametrize(
        ("by", "why"),
        [
            (VALIDATORS[:2], "got 2 seals of 4 validators, wanted 3"),
            (sealed.validators(4, "stranger")[:3], "a seal of a stranger"),
            ((*VALIDATORS[:2], VALIDATORS[1]), "two seals"),
        ],
    )
    def test_too_few_foreign_and_repeated_seals_do_not_do(
        self,
        *,
        maker: Maker,
        whole: bytes,
        module: ModuleType,
        tmp_path: Path,
        period: Period,
        by: Sequence[sealed.Validator],
        why: str,
    ) -> None:
        forged = maker.sealed(maker.complete(period), by).checkpoint
        lines = checked(module, signed_again(whole, {"checkpoint.bin": forged.encode()}), tmp_path)
        assert failed(lines) == ["block"]
        assert why in {name: said for name, _, said in lines}["block"]

    def test_enough_seals_do(self, maker: Maker, module: ModuleType, tmp_path: Path, period: Period) -> None:
        package = maker.package(period, bend=lambda found: maker.sealed(found, VALIDATORS))
        assert failed(checked(module, package, tmp_path)) == []

    def test_heads_that_the_state_does_not_have_are_named(
        self, whole: bytes, module: ModuleType, tmp_path: Path
    ) -> None:
        cut = Checkpoint.parse(contents_of(whole)["checkpoint.bin"])
        assert cut.state is not None
        swapped = replace(cut.state, anchors_slot=cut.state.statuses_slot)
        forged = attested(replace(cut, state=swapped, attestations=()))
        lines = checked(module, signed_again(whole, {"checkpoint.bin": forged.encode()}), tmp_path)
        assert failed(lines) == ["state"]

    def test_a_certificate_of_a_strangers_key_is_named(self, whole: bytes, module: ModuleType, tmp_path: Path) -> None:
        contents = contents_of(whole)
        text = contents["documents/0002.sd-jwt"].decode()
        jws, tilde, shown = text.partition("~")
        other = contents["documents/0001.sd-jwt"].decode().partition("~")[0].rpartition(".")[2]
        forged = f"{jws.rpartition('.')[0]}.{other}{tilde}{shown}".encode()
        package = signed_again(whole, {"documents/0002.sd-jwt": forged, "documents/0002.txt": forged})
        lines = checked(module, package, tmp_path)
        assert failed(lines) == ["documents"]

    def test_a_proof_of_another_batch_is_named(self, whole: bytes, module: ModuleType, tmp_path: Path) -> None:
        contents = contents_of(whole)
        package = signed_again(whole, {"proofs/0001.bin": contents["proofs/0002.bin"]})
        assert failed(checked(module, package, tmp_path)) == ["proofs"]

    def test_a_trust_list_that_the_council_did_not_sign_is_named(
        self, whole: bytes, module: ModuleType, tmp_path: Path
    ) -> None:
        listed = json.loads(contents_of(whole)["trust-list.json"])
        listed["signatures"].pop()
        package = signed_again(whole, {"trust-list.json": strict_json.serialise(listed)})
        assert failed(checked(module, package, tmp_path)) == ["trust list"]


class TestBuilder:
    def test_a_verifier_that_the_trust_list_does_not_name_makes_none(
        self, maker: Maker, period: Period, tmp_path: Path
    ) -> None:
        with pytest.raises(NotBelieved, match="this verifier's key"):
            maker.package(period, attester=make_attester(tmp_path))

    def test_a_block_that_is_not_believed_makes_none(self, maker: Maker, period: Period) -> None:
        with pytest.raises(NotBelieved, match="got 2 seals"):
            maker.package(period, bend=lambda found: maker.sealed(found, VALIDATORS[:2]))

    def test_this_software_believes_the_same_checkpoint(self, whole: bytes) -> None:
        contents = contents_of(whole)
        trust = TrustList.parse(contents["trust-list.json"])
        assert verify(Checkpoint.parse(contents["checkpoint.bin"]), trust).sealing is not None
