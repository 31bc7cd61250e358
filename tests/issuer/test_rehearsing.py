"""The rehearsal: what it finds, what it does not, and that nothing is signed by it."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from chain.certificate_types import Validity, by_identifier
from issuer import in_one_go, issuing, rehearsals, tasks, working
from issuer.draft import cautions
from issuer.errors import NotReady, VerifierAway
from issuer.pending import kid_of, salts_of
from issuer.rehearsal import rehearsing, verifying
from issuer.rehearsal.verifying import Verifier
from issuer.rehearsals import Kind
from issuer.tables.models import State
from tests.issuer.rehearsed import LOW, drafted, held, rehearse

if TYPE_CHECKING:
    from pathlib import Path

    from issuer.office import Office
    from tests.issuer.offices import World

LONG_HOST = f"{'verify-here.' * 19}example.gov.cn"
"""So long that no code that names it fits version 16."""


def test_every_document_is_valid_to_a_stranger(world: World) -> None:
    batch = drafted(world, 1, 2, 3)
    outcome = rehearse(world, batch)
    assert (outcome.rows, outcome.whole, outcome.bad) == (3, 3, {})
    assert held(world, batch).root == outcome.root


def test_nothing_is_signed_by_a_rehearsal(world: World) -> None:
    batch = drafted(world, 1)
    rehearse(world, batch)
    with world.office.store.reading() as work:
        assert work.signatures(batch) == []
        assert work.batch(batch).state == State.DRAFT
        assert [(each.credential, each.code) for each in work.certificates(batch)] == [(None, None)]


def test_what_is_not_handed_over_whole_is_verified_by_what_it_carries(world: World) -> None:
    outcome = rehearse(world, drafted(world, 1, 2, 3), whole=1)
    assert (outcome.whole, outcome.bad) == (1, {})


def test_batch_rehearsed_again_keeps_its_leaves(world: World) -> None:
    batch = drafted(world, 1)
    assert rehearse(world, batch).root == rehearse(world, batch).root


def test_row_that_cannot_be_printed_is_bad_and_the_others_are_not(world: World) -> None:
    batch = drafted(world, 1, 2)
    change(world, batch, 1, operator_name="𠮷野家餐饮有限公司")
    outcome = rehearse(world, batch)
    assert [each.kind for each in outcome.bad[1]] == [Kind.UNPRINTABLE]
    assert list(outcome.bad) == [1]


def test_code_that_is_too_large_is_bad(world: World) -> None:
    world.office = with_host(world.office, LONG_HOST)
    outcome = rehearse(world, drafted(world, 1))
    assert [each.kind for each in outcome.bad[0]] == [Kind.CODE_TOO_LARGE]


def test_claim_that_was_changed_behind_the_leaf_is_found(world: World) -> None:
    batch = drafted(world, 1, 2)
    issuing.fix(world.office, batch)
    change(world, batch, 0, operator_name="呼和浩特市假冒餐饮有限公司")
    outcome = rehearse(world, batch)
    assert Kind.CLAIMS in [each.kind for each in outcome.bad[0]]
    assert list(outcome.bad) == [0]


@pytest.mark.parametrize("claim", ["hotline", "operator_name"])
def test_claim_that_was_taken_out_behind_the_leaf_is_found(world: World, claim: str) -> None:
    batch = drafted(world, 1)
    issuing.fix(world.office, batch)
    with world.office.store.writing() as work:
        (certificate,) = work.certificates(batch)
        claims = world.office.records.claims(work, certificate)
        claims.pop(claim)
        world.office.records.put_claims(work, certificate, claims)
    assert Kind.CLAIMS in [each.kind for each in rehearse(world, batch).bad[0]]


def test_leaf_of_another_key_is_found(world: World) -> None:
    batch = drafted(world, 1, 2)
    issuing.fix(world.office, batch)
    with world.office.store.writing() as work:
        first, _ = work.certificates(batch)
        fixed = world.office.records.prepared(work, first)
        stranger = fixed.signing_input.replace(fixed.signing_input.partition(b".")[0], other_header(), 1)
        world.office.records.put_prepared(work, first, replace(fixed, signing_input=stranger))
    outcome = rehearse(world, batch)
    assert [each.kind for each in outcome.bad[0]] == [Kind.KEY]


def test_leaves_that_do_not_make_the_root_are_refused(world: World) -> None:
    batch = drafted(world, 1)
    issuing.fix(world.office, batch)
    with world.office.store.writing() as work:
        work.batch(batch).root = bytes(32)
    with pytest.raises(NotReady, match="do not make the root"):
        rehearse(world, batch)


def test_host_that_the_council_never_listed_makes_every_row_bad_in_both_languages(world: World) -> None:
    world.registry.govern("set_verifying_host", "official.example.gov.cn", True, council=True)  # noqa: FBT003 — the model's order
    outcome = rehearse(world, drafted(world, 1))
    (finding,) = outcome.bad[0]
    assert finding.kind == Kind.VERDICT
    assert set(finding.said) == {"en", "zh-CN"}
    assert all("official.example.gov.cn" in said for said in finding.said.values())


def test_certificate_of_the_future_is_rehearsed_as_not_valid_yet(world: World) -> None:
    batch = drafted(world, 1, issue_date="2190-01-31", valid_until="2195-01-30")
    assert rehearse(world, batch).bad == {}


def test_verifier_that_is_killed_leaves_the_batch_not_rehearsed(world: World, tmp_path: Path) -> None:
    batch = drafted(world, 1)
    rehearse(world, batch)
    with pytest.raises(VerifierAway, match="ended with -9"):
        rehearse(world, batch, verifier=Verifier(command=program(tmp_path, f"kill -{signal.SIGKILL:d} $$")))
    assert not is_rehearsed(world, batch)


def test_verifier_that_takes_too_long_is_ended(world: World, tmp_path: Path) -> None:
    verifier = Verifier(command=program(tmp_path, "exec sleep 60"), start_s=0.2, each_s=0.0)
    with pytest.raises(VerifierAway, match="took more than"):
        rehearse(world, drafted(world, 1), verifier=verifier)


@pytest.mark.parametrize("answer", ["nothing", '{"reports": []}', '{"reports": [{"verdict": "VALID"}]}', "[]"])
def test_verifier_that_answers_nonsense_is_not_believed(world: World, tmp_path: Path, answer: str) -> None:
    with pytest.raises(VerifierAway):
        rehearse(world, drafted(world, 1), verifier=Verifier(command=program(tmp_path, f"echo '{answer}'")))


def test_verifier_that_is_not_there_is_said(world: World) -> None:
    with pytest.raises(VerifierAway, match="did not start"):
        rehearse(world, drafted(world, 1), verifier=Verifier(command=("/nowhere/yinxin-verifier",)))


def test_verifier_gets_none_of_the_services_own_environment(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YINXIN_KEYSTORE_PASSWORD_FILE", "/secret")
    seen = tmp_path / "seen"
    with pytest.raises(VerifierAway):
        rehearse(world, drafted(world, 1), verifier=Verifier(command=program(tmp_path, f"env > {seen}; exit 3")))
    assert "YINXIN" not in seen.read_text()


def test_nothing_is_left_in_the_temporary_folder(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    rehearse(world, drafted(world, 1))
    with pytest.raises(VerifierAway):
        rehearse(world, drafted(world, 2), verifier=Verifier(command=program(tmp_path, "exit 9")))
    assert os.listdir(folder) == []  # noqa: PTH208 — names are enough


def test_cancelled_rehearsal_counts_as_none(world: World) -> None:
    batch = drafted(world, 1, 2)
    rehearse(world, batch)

    def cancelled(_done: int, _total: int) -> None:
        raise tasks.Cancelled("not wanted any more")

    with pytest.raises(tasks.Cancelled):
        rehearse(world, batch, progress=cancelled)
    assert not is_rehearsed(world, batch)


def test_rehearsal_is_done_by_a_worker(world: World) -> None:
    batch = drafted(world, 1)
    with world.office.store.writing() as work:
        number = tasks.submit(world.office, work, rehearsing.KIND, agency=LOW, login="uyun", subject=str(batch))
    worker = working.Worker(world.office)
    while worker.step():
        pass
    with world.office.store.reading() as work:
        task = tasks.find(work, number, LOW)
        assert tasks.result_of(world.office, work, task) == {"rows": 1, "bad": 0, "warned": 0}
    assert is_rehearsed(world, batch)


def test_odd_rows_are_told_but_not_bad(world: World) -> None:
    batch = drafted(world, 1, 2, issue_date="2025-12-01", valid_until="2030-11-30")
    outcome = rehearse(world, batch)
    assert outcome.bad == {}
    assert {each.kind for each in outcome.warned[0]} == {Kind.BEGUN, Kind.SAME_HOLDER}


def test_findings_are_kept_encrypted(world: World) -> None:
    batch = drafted(world, 1)
    world.office = with_host(world.office, LONG_HOST)
    outcome = rehearse(world, batch)
    with world.office.store.reading() as work:
        found = held(world, batch)
        stored = rehearsals.last(work, found)
        assert stored is not None
        assert b"CODE" not in stored.findings
        assert rehearsals.opened(world.office, work, found) == outcome


def test_rehearsal_of_what_was_then_changed_does_not_count(world: World) -> None:
    batch = drafted(world, 1)
    rehearse(world, batch)
    with world.office.store.writing() as work:
        work.batch(batch).root = bytes(32)
    assert not is_rehearsed(world, batch)


def test_one_go_rehearses_first_and_stops_at_bad_rows(world: World) -> None:
    batch = drafted(world, 1)
    world.office = with_host(world.office, LONG_HOST)
    with pytest.raises(NotReady, match="1 bad rows"):
        in_one_go.bring_to_approval(world.office, batch, world.officer("low-preparer"), [world.officer("low-approver")])
    assert held(world, batch).state == State.DRAFT


def test_long_names_and_mixed_scripts_are_cautioned_about() -> None:
    kind = by_identifier("food-operation-permit")
    longest = next(claim for claim in kind.claims if claim.key == "operator_name").max_length
    claims = {"operator_name": "中" * (longest - 1) + "A"}
    found = cautions.of(kind, claims, Validity(date(2026, 1, 1), None), position=4, today=date(2026, 1, 1))
    assert [(each.position, each.kind, each.said[""]) for each in found] == [
        (4, Kind.LONG, f"{longest}/{longest}"),
        (4, Kind.MIXED_SCRIPTS, "CJK, LATIN"),
    ]


def test_same_salts_make_the_same_certificate_but_for_the_key(world: World) -> None:
    batch = drafted(world, 1)
    issuing.fix(world.office, batch)
    with world.office.store.reading() as work:
        (certificate,) = work.certificates(batch)
        fixed = world.office.records.prepared(work, certificate)
    assert kid_of(fixed) == held(world, batch).kid
    assert len(salts_of(fixed)(16 * (1 + len(fixed.disclosures)))) == 16 * (1 + len(fixed.disclosures))


def test_verifier_is_the_one_beside_this_python(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (beside,) = verifying.program()
    assert beside.endswith("/yinxin-verifier")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(VerifierAway, match="wanted it to rehearse with"):
        verifying.program()


def change(world: World, batch: int, position: int, **claims: str) -> None:
    """Change what is stored of a row, behind everybody's back."""
    with world.office.store.writing() as work:
        certificate = work.certificates(batch)[position]
        stored = world.office.records.claims(work, certificate)
        world.office.records.put_claims(work, certificate, {**stored, **claims})


def with_host(office: Office, host: str) -> Office:
    """Return an office whose codes name another verifying host."""
    return replace(office, verifying_host=host)


def program(folder: Path, script: str) -> tuple[str, ...]:
    """Return a command that is no verifier."""
    path = folder / "program"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)
    return (str(path),)


def is_rehearsed(world: World, batch: int) -> bool:
    """Whether a batch counts as rehearsed."""
    with world.office.store.reading() as work:
        return rehearsals.last(work, work.batch(batch)) is not None


def other_header() -> bytes:
    """Return a header that names a key of nobody."""
    from chain import base64url  # noqa: PLC0415 — for this alone

    kid = base64url.encode(bytes(32))
    return base64url.encode(f'{{"alg":"ES256","kid":"{kid}","typ":"vc+sd-jwt"}}'.encode()).encode()
