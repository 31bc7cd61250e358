"""Tricks of form for whoever makes an evidence package: ZIP, JSON, CBOR and text that say two things at once.

The forger has one attester's key, signs whatever he likes with it, and has no key of the council's.
"""

from __future__ import annotations

import io
import json
import struct
import sys
import zipfile
import zlib
from hashlib import sha256
from typing import TYPE_CHECKING, NoReturn

import pytest

from chain import cbor, certificate_types, envelope, strict_json
from chain.checkpoint import Checkpoint
from tests import sealed
from tests.audit.packaged import (
    Maker,
    checked,
    contents_of,
    failed,
    outcomes,
    retold,
    run,
    said,
    signed_again,
    told,
)
from verifier.audit import handed_in
from verifier.audit.completeness import OneCertificate
from verifier.audit.package import zipped

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import ModuleType

    from tests.audit.world import World

LOCAL, CENTRAL, END = b"PK\3\4", b"PK\1\2", b"PK\5\6"


@pytest.fixture(scope="module")
def whole(maker: Maker, world: World) -> bytes:
    """Return a package about a certificate, with the document that carries it."""
    first = world.papers[0]
    return maker.package(OneCertificate(first.leaf), documents=handed_in.read([first.sd_jwt.encode()]))


def archived(package: bytes, change: Callable[[zipfile.ZipInfo], None]) -> bytes:
    """Return the same files in another ZIP file, after each entry was changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in contents_of(package).items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            change(entry)
            archive.writestr(entry, data)
    return out.getvalue()


def overlapping(count: int) -> bytes:
    """Return a ZIP file of which each file holds all that follow it: few bytes that unpack to very many."""
    names = [b"%06d" % place for place in range(count)]
    body, listed = bytes(1000), []
    for name in reversed(names):
        described = struct.pack("<HHHHHIII", 20, 0, 0, 0, 33, zlib.crc32(body), len(body), len(body))
        listed.append((name, described))
        body = LOCAL + described + struct.pack("<HH", len(name), 0) + name + body
    end = len(body)
    at, directory = 0, b""
    for name, described in reversed(listed):
        directory += CENTRAL + b"\x14\x03" + described + struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, at) + name
        at += 30 + len(name)
    return body + directory + END + struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), end, 0)


class TestZip:
    @pytest.mark.parametrize(
        "change",
        [
            pytest.param(lambda entry: setattr(entry, "external_attr", 0o120777 << 16), id="symlinks"),
            pytest.param(lambda entry: setattr(entry, "compress_type", zipfile.ZIP_DEFLATED), id="compressed"),
            pytest.param(lambda entry: setattr(entry, "comment", b"all is well"), id="comments"),
            pytest.param(lambda entry: setattr(entry, "extra", b"\1\2\0\0"), id="extra fields"),
            pytest.param(lambda entry: setattr(entry, "date_time", (2026, 1, 1, 0, 0, 0)), id="dates"),
            pytest.param(lambda entry: setattr(entry, "filename", entry.filename + "/"), id="folders"),
            pytest.param(lambda entry: setattr(entry, "filename", "\uff4d" + entry.filename), id="look-alikes"),
        ],
    )
    def test_entries_that_are_not_plain_files_are_refused(
        self, *, whole: bytes, module: ModuleType, tmp_path: Path, change: Callable[[zipfile.ZipInfo], None]
    ) -> None:
        assert failed(checked(module, archived(whole, lambda _: None), tmp_path)) == []
        assert failed(checked(module, archived(whole, change), tmp_path)) == ["container"]

    def test_so_are_bytes_before_behind_and_in_the_comment(
        self, whole: bytes, module: ModuleType, tmp_path: Path
    ) -> None:
        commented = whole[:-2] + b"\1\0!"
        for changed in (b"#!/bin/sh\n" + whole, whole + b"\0", whole + whole, commented, whole[:-1]):
            assert failed(checked(module, changed, tmp_path)) == ["container"]

    def test_so_is_a_name_that_is_there_twice(self, whole: bytes, module: ModuleType, tmp_path: Path) -> None:
        name = "tables/leaves.csv"
        other = name[:-1] + "w"
        twice = zipped(contents_of(whole) | {other: b"agency\r\n"}).replace(other.encode(), name.encode())
        lines = checked(module, twice, tmp_path)
        assert failed(lines) == ["container"]
        assert "twice" in said(lines, "container")

    def test_files_that_overlap_are_not_unpacked(self, module: ModuleType, tmp_path: Path) -> None:
        bomb = overlapping(300)
        with zipfile.ZipFile(io.BytesIO(bomb)) as archive:
            assert sum(each.file_size for each in archive.infolist()) > 30 * len(bomb)
        lines = checked(module, bomb, tmp_path)
        assert failed(lines) == ["container"]
        assert said(lines, "container").startswith("got files of ")

    def test_nor_is_one_that_says_to_be_huge(self, whole: bytes, module: ModuleType, tmp_path: Path) -> None:
        at = whole.index(CENTRAL) + 20
        huge = whole[:at] + struct.pack("<II", *(2 * [0xFFFFFFFE])) + whole[at + 8 :]
        lines = checked(module, huge, tmp_path)
        assert failed(lines) == ["container"]
        assert said(lines, "container").startswith("got files of ")

    def test_files_in_another_order_are_another_package(self, whole: bytes, module: ModuleType, tmp_path: Path) -> None:
        contents = contents_of(whole)
        lines = checked(module, zipped(dict(sorted(contents.items(), reverse=True))), tmp_path)
        assert failed(lines) == ["files"]
        assert "order" in said(lines, "files")

    def test_names_that_differ_in_case_alone_do_not_stand_beside_each_other(
        self, whole: bytes, module: ModuleType, tmp_path: Path
    ) -> None:
        """On many disks one of them would take the other's place."""
        lines = checked(module, signed_again(whole, {"report.EN.pdf": b"%PDF-", "report.en.pdf": b"%PDF-"}), tmp_path)
        assert failed(lines) == ["files"]


class TestJson:
    @pytest.mark.parametrize(
        "changes",
        [
            {"is_over": 1},
            {"format": True},
            {"registry": {"test": 1}},
            {"documents": [{"note": "genuine"}]},
            {"proofs": [{"note": "genuine"}]},
        ],
        ids=str,
    )
    def test_what_only_python_takes_for_the_same_and_what_nobody_asked_for_fail(
        self, *, whole: bytes, module: ModuleType, tmp_path: Path, changes: dict[str, object]
    ) -> None:
        now = told(whole)
        for name, value in changes.items():
            before = now[name]
            if isinstance(before, dict):
                assert isinstance(value, dict)
                changes = changes | {name: before | value}
            elif isinstance(before, list) and value:
                assert isinstance(value, list)
                changes = changes | {name: [each | value[0] for each in before]}
        assert failed(checked(module, retold(whole, **changes), tmp_path)) == ["selection"]

    def test_nor_is_another_empty_thing_an_empty_list(self, whole: bytes, module: ModuleType, tmp_path: Path) -> None:
        contents = {name: data for name, data in contents_of(whole).items() if not name.startswith("documents/")}
        for nothing, wanted in (([], []), ({}, ["selection"]), ("", ["selection"])):
            lines = checked(module, retold(zipped(contents), documents=nothing), tmp_path)
            assert failed(lines) == wanted

    def test_a_member_of_the_manifest_that_nobody_asked_for_fails(
        self, whole: bytes, module: ModuleType, tmp_path: Path
    ) -> None:
        manifest = json.loads(contents_of(whole)["MANIFEST.json"]) | {"verdict": "all is well"}
        lines = checked(module, signed_again(whole, {"MANIFEST.json": strict_json.serialise(manifest)}), tmp_path)
        assert failed(lines) == ["files"]

    def test_a_number_that_is_none_is_not_written_as_one(self, module: ModuleType) -> None:
        for text in (b'{"a":NaN}', b'{"a":Infinity}', b'{"a":1.5}', b'{"a":1,"a":2}'):
            with pytest.raises(module.Fault):
                module.strict_json(text, "it")


class TestTrustList:
    def test_an_empty_name_of_a_list_is_not_the_packages_own(
        self, whole: bytes, module: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """So a script would call it whose variable is not set."""
        assert run(module, whole, tmp_path, "--trust-list", "") == 1
        assert capsys.readouterr().out.splitlines()[-1] == "RESULT   FAILED"

    def test_one_key_in_two_spellings_is_not_two_attesters(
        self, maker: Maker, whole: bytes, module: ModuleType, tmp_path: Path
    ) -> None:
        signed = json.loads(maker.trust_list())["signed"]
        (key,) = signed["attesters"]["keys"]
        x = module.base64url(b"\0" + module.from_base64url(key["x"]))
        for other in (key | {"x": x}, key):
            signed["attesters"] = {"threshold": 2, "keys": [key, other]}
            listed = sealed.trust_list(signed).encode()
            assert failed(checked(module, signed_again(whole, {"trust-list.json": listed}), tmp_path)) == ["trust list"]

    def test_a_scheme_that_needs_validators_has_some_and_another_has_none(
        self, maker: Maker, module: ModuleType
    ) -> None:
        signed = json.loads(maker.trust_list())["signed"]
        (sealed_by,) = signed["seals"]
        module.read_trust_list(sealed.trust_list(signed).encode())
        for odd in ({"validators": []}, {"scheme": "none"}):
            listed = sealed.trust_list(signed | {"seals": [sealed_by | odd]}).encode()
            with pytest.raises(module.Fault, match="validators under"):
                module.read_trust_list(listed)

    def test_a_registry_for_tests_does_not_pass_for_another(
        self, maker: Maker, whole: bytes, module: ModuleType, tmp_path: Path
    ) -> None:
        """Its first event says what it is, and the heads bind that."""
        signed = json.loads(maker.trust_list())["signed"]
        registry = told(whole)["registry"]
        assert isinstance(registry, dict)
        assert registry["test"]
        changes = {
            "trust-list.json": sealed.trust_list(signed | {"test": False}).encode(),
            "evidence.json": strict_json.serialise(told(whole) | {"registry": registry | {"test": False}}),
        }
        assert failed(checked(module, signed_again(whole, changes), tmp_path)) == ["history"]


class TestCheckpoint:
    @pytest.mark.parametrize("heads", [[], [bytes(32)] * 2, [bytes(32)] * 4, [bytes(31)] * 3, [0, 0, 0]])
    def test_one_of_other_heads_than_three_is_none(
        self, *, whole: bytes, module: ModuleType, tmp_path: Path, heads: list[cbor.CBOR]
    ) -> None:
        cut = Checkpoint.parse(contents_of(whole)["checkpoint.bin"])
        data, *attestations = cut.members
        assert isinstance(data, bytes)
        body = cbor.decode(data)
        assert isinstance(body, list)
        body[4] = heads
        forged = envelope.wrap(envelope.CHECKPOINT, [cbor.encode(body), *attestations])
        lines = checked(module, signed_again(whole, {"checkpoint.bin": forged}), tmp_path)
        assert failed(lines) == ["block"]
        assert said(lines, "block") == "a checkpoint of another form"

    def test_a_signature_is_not_spelled_in_another_way(self, whole: bytes, module: ModuleType, tmp_path: Path) -> None:
        cut = Checkpoint.parse(contents_of(whole)["checkpoint.bin"])
        ((kid, signature),) = cut.attestations
        forged = envelope.wrap(envelope.CHECKPOINT, [cut.members[0], [[kid, list(signature)]]])
        assert failed(checked(module, signed_again(whole, {"checkpoint.bin": forged}), tmp_path)) == ["block"]

    def test_no_event_is_later_than_its_block_though_it_is_of_an_earlier_one(
        self, whole: bytes, module: ModuleType
    ) -> None:
        data = Checkpoint.parse(contents_of(whole)["checkpoint.bin"]).history
        (numbers, times), *_ = module.cbor_decode(data)
        number, time = (int.from_bytes(column[-8:]) for column in (numbers, times))
        module.read_history(data, number, time)
        module.read_history(data, number + 1, time)
        for block, at in ((number + 1, time - 1), (number, time + 1), (number - 1, time)):
            with pytest.raises(module.Fault):
                module.read_history(data, block, at)

    @pytest.mark.parametrize("place", [0, 1, 2])
    def test_of_an_event_nothing_is_left_over(self, whole: bytes, module: ModuleType, place: int) -> None:
        """A kind, a block or a place in it that has no event would be carried, and bound by nothing."""
        data = Checkpoint.parse(contents_of(whole)["checkpoint.bin"]).history
        members = module.cbor_decode(data)
        module.read_history(data, 2**63, 2**63)
        column = members[2][place]
        for odd in (column + bytes(1 if place == 0 else 4), list(column)):
            members[2][place] = odd
            with pytest.raises(module.Fault):
                module.read_history(module.cbor_encode(members), 2**63, 2**63)

    def test_few_bytes_that_unpack_to_very_many_are_not_read(
        self, module: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        many = cbor.encode([0] * (module.MAX_ITEMS + 1))
        with pytest.raises(module.Fault, match="items"):
            module.cbor_decode(many)
        monkeypatch.setattr(module, "MAX_UNPACKED", 1000)
        with pytest.raises(module.Fault, match="zlib"):
            module.unwrapped(zlib.compress(cbor.encode(["yinxin-proof", 1, bytes(1000)])), "yinxin-proof")

    @pytest.mark.parametrize("rule", ["OwnApprovalsSet", "ApprovalsDemanded"])
    def test_the_greater_of_two_rules_of_approvals_counts(self, module: ModuleType, rule: str) -> None:
        people = {"preparer": b"a", "approvers": (b"b",)}
        batch = {"agency": 1, "root": bytes(32), "certificate_type": 1, "version": 1} | people
        event = module.Event
        rights = [
            event("TypeRegistered", 1, 1, 0, {"certificate_type": 1, "version": 1}),
            event("TypeGranted", 1, 1, 1, {"agency": 1, "certificate_type": 1}),
            event("OfficerSet", 1, 1, 2, {"agency": 1, "officer": b"a", "capabilities": 1}),
            event("OfficerSet", 1, 1, 3, {"agency": 1, "officer": b"b", "capabilities": 2}),
        ]
        anchor = event("BatchAnchored", 3, 3, 0, batch)
        assert module.replayed(rights, [anchor], {}) == []
        two = event(rule, 2, 2, 0, {"agency": 1, "approvals": 2})
        (fault,) = module.replayed([*rights, two], [anchor], {})
        assert fault.endswith("approved by 1, wanted 2")

    def test_an_agency_that_is_its_own_superior_does_not_stop_the_checker(self, module: ModuleType) -> None:
        values = {"agency": 1, "root": bytes(32), "certificate_type": 1, "version": 1, "preparer": b"", "approvers": ()}
        anchor = module.Event("BatchAnchored", 1, 1, 0, values)
        assert "agency 2" in "".join(module.replayed([], [anchor], {1: 2, 2: 1}))


class Uncopied(bytes):
    """Bytes of which no part is copied: the rest of a long document, at each of many places, would take for ever."""

    __slots__ = ()

    def __getitem__(self, place: object) -> NoReturn:
        raise AssertionError(place)


class TestDocuments:
    def test_one_that_could_not_be_checked_leaves_the_result_open(
        self, *, maker: Maker, world: World, module: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A forged paper beside a genuine certificate, of which the package just does not say what it carries."""
        first = world.papers[0]
        papers = handed_in.read([first.sd_jwt.encode(), b"%PDF-1.7 a forged certificate"])
        package = maker.package(OneCertificate(first.leaf), documents=papers)
        assert run(module, package, tmp_path) == 1
        printed = capsys.readouterr().out.splitlines()
        assert printed[-1] == "RESULT   NOT RUN"
        assert any("NOT RUN" in line and "of 1 the package names none" in line for line in printed)

    def test_nor_has_such_a_one_a_leaf(self, whole: bytes, module: ModuleType, tmp_path: Path) -> None:
        documents = told(whole)["documents"]
        assert isinstance(documents, list)
        (one,) = documents
        second = one | {"file": "documents/0002.pdf", "certificate": None}
        evidence = strict_json.serialise(told(whole) | {"documents": [one, second]})
        changes = {"evidence.json": evidence, "documents/0002.pdf": b"%PDF-"}
        assert failed(checked(module, signed_again(whole, changes), tmp_path)) == ["documents"]

    def test_a_claim_is_not_disclosed_twice(self, whole: bytes, module: ModuleType, tmp_path: Path) -> None:
        text = contents_of(whole)["documents/0001.sd-jwt"].decode()
        again = f"{text}{text.split('~')[1]}~".encode()
        changes = {"documents/0001.sd-jwt": again, "documents/0001.txt": again}
        assert failed(checked(module, signed_again(whole, changes), tmp_path)) == ["documents"]

    def test_a_certificate_does_not_say_two_things_under_one_name(self, module: ModuleType) -> None:
        header = module.base64url(b'{"alg":"none","alg":"ES256","kid":""}')
        with pytest.raises(module.Fault, match="twice"):
            module.Package("").certificate(f"{header}.{module.base64url(b'{}')}.~", "it")

    def test_a_document_that_says_very_often_that_a_stream_begins_is_read_to_its_end(self, module: ModuleType) -> None:
        certificate = b"eyJ" * 500
        document = b"stream\n" * 100
        assert not module.carries(Uncopied(document), certificate)
        for data in (zlib.compress(certificate), zlib.compress(certificate, 0)):
            assert module.carries(Uncopied(document + data + document), certificate)

    def test_a_types_file_that_is_withheld_is_named(self, whole: bytes, module: ModuleType, tmp_path: Path) -> None:
        lines = checked(module, whole, tmp_path)
        assert outcomes(lines)["types"] == "PASSED"
        contents = contents_of(whole)
        (name,) = (name for name in contents if name.startswith("types/"))
        del contents[name]
        for file in list(certificate_types.shipped_files())[:2]:
            other = f"types/{sha256(file).hexdigest()}.json"
            lines = checked(module, signed_again(zipped(contents), {} if other == name else {other: file}), tmp_path)
            assert failed(lines) == []
            assert outcomes(lines)["types"] == "NOT RUN"
            assert name[6:-5] in said(lines, "types") or other == name


class TestWhatIsPrinted:
    def test_no_text_turns_the_line_at_the_edge_of_a_terminal(self, module: ModuleType) -> None:
        assert module.printable("a" + " " * 70 + "RESULT   PASSED") == "a RESULT PASSED"

    def test_an_output_that_lacks_letters_gets_the_result_all_the_same(
        self, whole: bytes, module: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        changed = whole + b"\0"
        (tmp_path / "package.zip").write_bytes(changed)
        for arguments in ((), ("--json",)):
            out = io.BytesIO()
            written = io.TextIOWrapper(out, encoding="ascii", write_through=True)
            with monkeypatch.context() as patch:
                patch.setattr(sys, "stdout", written)
                assert module.main([str(tmp_path / "package.zip"), *arguments]) == 1
            printed = out.getvalue().decode("ascii")
            written.close()
            if arguments:
                assert "«container»" in json.loads(printed)["checks"][1]["said"]
            else:
                assert printed.splitlines()[-1] == "RESULT   FAILED"
