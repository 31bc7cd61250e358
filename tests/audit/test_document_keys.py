"""Which key signed a batch is not on the chain: of documents handed in, it is told whether their key counted then."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.audit.packaged import checked, checker
from tests.issuer.papers import squeezed, text_of
from tests.verifier.trust import settings_of, trust_list_of
from verifier.audit import document_keys, handed_in
from verifier.audit.completeness import OneCertificate, gather
from verifier.audit.package_report import Typesetter
from verifier.cli import run
from verifier.wiring import attester_of, open_verifier
from verifier.wording import Language, message, say, sentence

if TYPE_CHECKING:
    from pathlib import Path

    from tests.audit.treasury import Treasury
    from verifier.audit.completeness import Complete
    from verifier.indexing.index import Index


@pytest.fixture(scope="module")
def index(treasury: Treasury, tmp_path_factory: pytest.TempPathFactory) -> Index:
    verifier = open_verifier(settings_of(treasury.deployed, tmp_path_factory.mktemp("keys")))
    verifier.index.follow(datetime.now(UTC))
    assert verifier.checkpoints.cut(datetime.now(UTC), at_once=True) is not None
    return verifier.index


def configure(treasury: Treasury, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have commands follow that chain, with a trust list that names their key."""
    settings = settings_of(treasury.deployed, folder, trust_list=str(folder / "trust.json"))
    attesters = [attester_of(settings).public]
    (folder / "trust.json").write_bytes(trust_list_of(treasury.deployed, now=datetime.now(UTC), attesters=attesters))
    monkeypatch.delenv("YINXIN_SETTINGS", raising=False)
    for key, value in settings.model_dump(exclude_defaults=True).items():
        monkeypatch.setenv(f"YINXIN_{key.upper()}", str(value))


def about(treasury: Treasury, index: Index, name: str) -> tuple[Complete, tuple[handed_in.HandedIn, ...]]:
    documents = handed_in.read([(treasury.folder / name).read_bytes()])
    return gather(index, OneCertificate(treasury.leaves[name])), documents


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("BF-1", None),
        ("cut-off", "paper_key_cut_off"),
        ("expired", "paper_key_out_of_date"),
        ("unlisted", "paper_key_not_listed"),
        ("listed-later", "paper_key_listed_later"),
        # Anchored twice before its key was listed, then once more: the earliest batch counts that is in order.
        ("again", None),
    ],
)
def test_a_key_that_did_not_count_beside_one_that_did_is_told_by_its_document(
    treasury: Treasury, index: Index, name: str, code: str | None
) -> None:
    found = document_keys.findings(*about(treasury, index, name))
    assert [each.code for each in found] == [code] * (code is not None)
    for each in found:
        assert each.leaf == treasury.leaves[name]
        for language in Language:
            assert "documents/0001" in say(message(each.key, **each.arguments), language)


def test_a_signature_of_somebody_else_and_a_batch_of_another_agency_are_told(treasury: Treasury, index: Index) -> None:
    complete, documents = about(treasury, index, "BF-1")
    _, (other,) = about(treasury, index, "BF-2")
    assert documents[0].certificate is not None
    assert other.certificate is not None
    head, payload, rest = documents[0].certificate.split(".")
    signature = other.certificate.split(".")[2].partition("~")[0]
    forged = replace(documents[0], certificate=f"{head}.{payload}.{signature}~{rest.partition('~')[2]}")
    (found,) = document_keys.findings(complete, [forged])
    assert (found.code, found.arguments["verdict"]) == ("paper_not_genuine", "ALTERED")
    (found,) = document_keys.findings(replace(complete, batches=()), documents)
    assert (found.code, found.arguments["verdict"]) == ("paper_not_genuine", "NOT_FOUND")
    assert document_keys.findings(complete, handed_in.read([b"a letter"])) == ()


def test_the_command_writes_the_package_and_names_the_key_as_its_checker_does(
    treasury: Treasury, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(treasury, tmp_path, monkeypatch)
    cases = {
        "BF-1": (None, "", ""),
        "again": (None, "", ""),
        "cut-off": ("paper_key_cut_off", "does not count from block", "a key that was cut off"),
        "listed-later": ("paper_key_listed_later", "was listed only in block", "a key that was listed in block"),
    }
    for name, (code, told, by_checker) in cases.items():
        out = tmp_path / f"{name}.zip"
        leaf = treasury.leaves[name].hex()
        arguments = ["audit", "package", *treasury.files(name), "--leaf", leaf, "--out", str(out), "--json"]
        assert run(arguments) == (code is not None)
        said = capsys.readouterr()
        assert [each["code"] for each in json.loads(said.out)["findings"]] == [code] * (code is not None)
        assert told in said.err
        lines = {check: (outcome, why) for check, outcome, why in checked(checker(), out.read_bytes(), tmp_path)}
        assert lines["documents"][0] == ("FAILED" if code else "PASSED")
        assert by_checker in lines["documents"][1]
        assert lines["leaves"][0] == "PASSED"


@pytest.mark.parametrize(
    ("name", "code", "verdict", "outcome"),
    [("GD-2", 0, "WITHDRAWN", "PASSED"), ("letter", 1, "UNREADABLE", "NOT RUN")],
)
def test_one_that_was_withdrawn_is_no_fault_and_one_that_cannot_be_read_is(
    *,
    treasury: Treasury,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    code: int,
    verdict: str,
    outcome: str,
) -> None:
    given = treasury.folder / name
    if name not in treasury.leaves:
        given = tmp_path / name
        given.write_bytes(b"a letter")
    configure(treasury, tmp_path, monkeypatch)
    out, leaf = tmp_path / "it.zip", treasury.leaves["GD-2"].hex()
    assert run(["audit", "package", str(given), "--leaf", leaf, "--out", str(out)]) == code
    assert ("REMARK: documents/0001" in capsys.readouterr().err) == bool(code)
    with zipfile.ZipFile(out) as archive:
        assert json.loads(archive.read("evidence.json"))["documents"][0]["verdict"] == verdict
    lines = {check: said for check, said, _ in checked(checker(), out.read_bytes(), tmp_path)}
    assert lines["documents"] == outcome


def test_the_report_names_it_too(treasury: Treasury, index: Index) -> None:
    complete, documents = about(treasury, index, "expired")
    typesetter = Typesetter()
    for language in Language:
        told = squeezed(sentence("audit.report.fact.documents_wrong", language))
        pdf = typesetter.report(complete, datetime.now(UTC), documents=documents, language=language)
        assert told in text_of(pdf)
        assert "documents/0001" in text_of(pdf)
        assert told not in text_of(typesetter.report(complete, datetime.now(UTC), documents=(), language=language))
