"""What the doctor finds, on a service that is well and on one whose parts fail, each by itself."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

import pytest

from chain.errors import RegistryUnavailable
from issuer import approvals, doctor, issuing
from issuer.doctor import Patient
from issuer.document.documents import Renderer
from issuer.draft import drafting
from issuer.errors import VerifierAway
from issuer.findings import Outcome
from issuer.rehearsal.stranger import Heard, Stranger
from issuer.tables.store import Store
from tests.issuer.offices import HOST, permits
from verifier.indexing.store import Store as TheirStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from chain.registry import RegistryWriter
    from issuer.office import Office
    from tests.issuer.offices import World

RENDERER = cache(Renderer)


class Passerby(Stranger):
    """Somebody who has been told what the verifying host would say."""

    def __init__(self, verdict: str = "VALID", registry_id: str = "", why: str | None = None) -> None:
        super().__init__(HOST)
        self._verdict, self._registry_id, self._why = verdict, registry_id, why

    def doubt(self) -> str | None:
        return self._why

    def verdict(self, document: bytes) -> Heard:
        assert document.startswith(b"%PDF")
        return Heard(self._verdict, self._registry_id)


def patient_of(world: World, stranger: Stranger | None = None) -> Patient:
    @contextmanager
    def store() -> Iterator[Store]:
        yield world.office.store

    @contextmanager
    def node() -> Iterator[RegistryWriter]:
        yield world.registry

    def office(_store: Store, _writer: RegistryWriter) -> Office:
        return world.office

    registry_id = world.registry.identity().registry_id.hex()
    return Patient(
        keystore=world.office.keystore,
        store=store,
        nodes={"http://node-1": node},
        office=office,
        renderer=RENDERER,
        stranger=lambda: stranger or Passerby(registry_id=f"0x{registry_id}"),
        sender="issuer",
        max_head_age_s=36,
        now=lambda: datetime.fromtimestamp(world.registry.now, UTC),
    )


def found(patient: Patient, about: str) -> list[tuple[Outcome, str]]:
    return [(each.outcome, each.got.said()) for each in doctor.examine(patient) if each.about.said().startswith(about)]


@pytest.fixture
def issued(world: World) -> World:
    made = drafting.draft(
        world.office,
        permits(1, issue_date="2026-01-01", valid_until="2030-12-31"),
        world.office.type("food-operation-permit"),
        agency=2,
    )
    issuing.prepare(world.office, made.batches[0], world.officer("low-preparer"))
    approvals.approve(world.office, made.batches[0], world.officer("low-approver"))
    world.lane().run(made.batches)
    issuing.sign(world.office, made.batches[0])
    return world


def test_a_service_that_is_well_has_nothing_but_well(issued: World) -> None:
    findings = doctor.examine(patient_of(issued))
    # The fake registry is one for tests, and its verifying host is listed nowhere.
    ill = [(each.about.said(), each.got.said()) for each in findings if each.outcome is not Outcome.WELL]
    assert {about for about, _ in ill} <= {"Registry"}, ill
    assert doctor.worst(findings) in {Outcome.WARNING, Outcome.WELL}


def test_every_trouble_names_its_mend(issued: World) -> None:
    patient = replace(patient_of(issued), sender="nobody", nodes={})
    for each in doctor.examine(patient):
        assert (each.mend is None) == (each.outcome is Outcome.WELL), each


def test_a_silent_node_leaves_the_rest_not_run_and_never_well(issued: World) -> None:
    @contextmanager
    def silent() -> Iterator[RegistryWriter]:
        raise RegistryUnavailable("http://node-1 does not answer")
        yield

    patient = replace(patient_of(issued), nodes={"http://user:secret@node-1": silent})
    assert found(patient, "Node http://…@node-1")[0][0] is Outcome.TROUBLE
    for about in ("Registry", "Clock", "Agencies", "Queue", "Documents", "A certificate"):
        assert found(patient, about)[0][0] is Outcome.NOT_RUN, about


def test_a_database_that_does_not_open_is_said_and_the_nodes_are_asked_all_the_same(
    issued: World, tmp_path: Path
) -> None:
    @contextmanager
    def closed() -> Iterator[Store]:
        raise OSError("no space left on device")
        yield

    patient = replace(patient_of(issued), store=closed)
    assert found(patient, "Database") == [(Outcome.TROUBLE, "no space left on device")]
    assert found(patient, "Log of actions")[0][0] is Outcome.NOT_RUN
    assert found(patient, "Node http")[0][0] is Outcome.WELL


def test_the_verifiers_database_is_trouble_and_left_as_it_is(issued: World, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/verifier.db"
    TheirStore(url).close()
    before = (tmp_path / "verifier.db").read_bytes()

    @contextmanager
    def theirs() -> Iterator[Store]:
        with closing(Store(url, locks=tmp_path / "locks")) as opened:
            yield opened

    ((outcome, got),) = found(replace(patient_of(issued), store=theirs), "Database")
    assert outcome is Outcome.TROUBLE
    assert "another program's database" in got
    assert "YINXIN_DATABASE_URL" in got
    assert (tmp_path / "verifier.db").read_bytes() == before


def test_a_head_that_is_too_old_is_trouble(issued: World) -> None:
    patient = replace(
        patient_of(issued), now=lambda: datetime.fromtimestamp(issued.registry.now, UTC) + timedelta(minutes=5)
    )
    assert found(patient, "Node http")[0][0] is Outcome.TROUBLE


def test_a_clock_behind_the_chain_is_trouble(issued: World) -> None:
    patient = replace(
        patient_of(issued), now=lambda: datetime.fromtimestamp(issued.registry.now, UTC) - timedelta(minutes=5)
    )
    assert found(patient, "Clock")[0][0] is Outcome.TROUBLE


def test_a_wrong_password_is_trouble_with_the_keys(issued: World) -> None:
    (issued.folder / "keystore" / "password").write_text("another one\n", encoding="utf-8")
    assert found(patient_of(issued), "Keys")[0][0] is Outcome.TROUBLE


def test_a_foreign_transaction_of_the_sender_is_trouble_in_the_queue(
    issued: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    nonce = issued.registry.next_nonce
    monkeypatch.setattr(issued.registry, "next_nonce", lambda address: nonce(address) + 7)
    outcome, got = found(patient_of(issued), "Queue")[0]
    assert outcome is Outcome.TROUBLE
    assert "somebody else" in got


def test_a_batch_that_waits_for_long_is_trouble_in_the_queue(issued: World) -> None:
    made = drafting.draft(issued.office, permits(2), issued.office.type("food-operation-permit"), agency=2)
    issuing.prepare(issued.office, made.batches[0], issued.officer("low-preparer"))
    approvals.approve(issued.office, made.batches[0], issued.officer("low-approver"))
    patient = patient_of(issued)
    assert found(patient, "Queue")[0][0] is Outcome.WELL
    issued.registry.now += 3600
    outcome, got = found(patient, "Queue")[0]
    assert outcome is Outcome.TROUBLE
    assert str(made.batches[0]) in got


@pytest.mark.parametrize("verdict", ["NOT_FOUND", "ALTERED", "CANNOT_CHECK", "EXPIRED"])
def test_a_stranger_who_hears_anything_but_valid_of_what_is_in_force_is_trouble(issued: World, verdict: str) -> None:
    registry_id = issued.registry.identity().registry_id.hex()
    outcome, got = found(patient_of(issued, Passerby(verdict, registry_id)), "A certificate")[0]
    assert outcome is Outcome.TROUBLE
    assert verdict in got


def test_a_verifier_of_another_registry_is_trouble(issued: World) -> None:
    assert found(patient_of(issued, Passerby("VALID", "00" * 32)), "A certificate")[0][0] is Outcome.TROUBLE


def test_a_verifying_host_that_is_away_is_trouble_and_the_sample_not_run(issued: World) -> None:
    # Nobody listens on port 1.
    away = Stranger("127.0.0.1:1", timeout_s=2)
    with pytest.raises(VerifierAway):
        away.doubt()
    patient = replace(patient_of(issued), stranger=lambda: Stranger("127.0.0.1:1", timeout_s=2))
    assert found(patient, "Public verifying")[0][0] is Outcome.TROUBLE
    assert found(patient, "A certificate")[0][0] is Outcome.NOT_RUN


def test_nothing_was_left_in_the_database_by_trying_it(issued: World) -> None:
    for _ in range(2):
        assert found(patient_of(issued), "Database")[0][0] is Outcome.WELL
