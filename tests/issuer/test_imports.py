"""A spreadsheet on its way over pages: brought, its columns named, judged and drafted in the background."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlmodel import select

from issuer import tasks, working
from issuer.draft import drafting, imports, uploads
from issuer.errors import FileRefused, NotFound, NotReady, RowFault
from issuer.spreadsheet import importing, mapping, returned
from issuer.tables import account_rows
from issuer.tables.draft_models import RememberedColumns, Upload, UploadState
from issuer.tables.task_models import Task, TaskState
from tests.issuer.desks import LOW, OTHER, PERMIT, clerk, make, permit
from tests.issuer.offices import permit_number, permits, table
from tests.issuer.workbooks import workbook

if TYPE_CHECKING:
    from issuer.draft.uploads import Opened
    from issuer.spreadsheet.judgements import Judgement
    from issuer.spreadsheet.rows import Judged
    from tests.issuer.offices import World


def receive(world: World, data: bytes, name: str = "许可证.csv") -> str:
    return imports.receive(world.office, data, PERMIT, clerk(world), name=name)


def at(world: World, upload_id: str, agency: int = LOW) -> Opened:
    with world.office.store.reading() as work:
        return uploads.opened(world.office, work, upload_id, agency=agency)


def work_off(world: World) -> None:
    worker = working.Worker(world.office)
    while worker.step():
        pass


def check(world: World, upload_id: str, **choices: str) -> Judgement:
    """Have an upload judged; headers that are not named mean what is guessed."""
    known = uploads.columns(at(world, upload_id), PERMIT)
    said = {each.header: each.claim or mapping.SKIP for each in known.columns}
    imports.check(world.office, upload_id, said | choices, PERMIT, clerk(world))
    work_off(world)
    with world.office.store.reading() as work:
        return uploads.judgement(world.office, work, uploads.own(work, upload_id, LOW))


def draft(world: World, upload_id: str) -> Opened:
    imports.draft_good_rows(world.office, upload_id, clerk(world))
    work_off(world)
    return at(world, upload_id)


def drafted(world: World) -> int:
    with world.office.store.reading() as work:
        return len(work.all_certificates(agency=LOW))


def mixed() -> bytes:
    """Return a file with a bad row between two good ones."""
    rows = [{"number": permit_number(n)} for n in (1, 2, 3)]
    rows[1]["credit_code"] = "123"
    return table(PERMIT.identifier, *rows)


@pytest.mark.parametrize(("encoding", "shown"), [("utf-8-sig", "UTF-8"), ("gb18030", "GB18030"), ("utf-16", "UTF-16")])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_what_was_recognised_of_a_text_is_shown(world: World, encoding: str, shown: str, separator: str) -> None:
    look = at(world, receive(world, table(PERMIT.identifier, {}, separator=separator, encoding=encoding))).look
    assert (look.encoding, look.separator, look.sheet, look.rows) == (shown, separator, "", 1)
    assert look.samples[look.headers.index("operator_name")] == ("呼和浩特市演示草原餐饮有限公司",)


def test_sheets_of_a_workbook_are_shown_and_another_can_be_chosen(world: World) -> None:
    head, row = (line.split(",") for line in permits(1).decode().strip().split("\r\n"))

    def more(book) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        sheet = book.create_sheet("名单")
        sheet.append(head)
        sheet.append(row)

    upload = receive(world, workbook(["nothing"], ["at all"], change=more))
    assert at(world, upload).look.other_sheets == ("名单",)
    imports.choose_sheet(world.office, upload, "名单", clerk(world))
    found = at(world, upload)
    assert (found.look.sheet, found.sheet, found.look.headers) == ("名单", "名单", tuple(head))
    assert check(world, upload).good == 1
    assert draft(world, upload).upload.rows == 1


def test_file_that_cannot_be_read_is_refused_before_it_is_kept(world: World) -> None:
    with pytest.raises(FileRefused):
        receive(world, b"%PDF-1.7 and so on")
    for empty in (b"", b"\xef\xbb\xbf\r\n\r\n", b" , ,\n", workbook([])):
        with pytest.raises(FileRefused) as refused:
            receive(world, empty)
        assert refused.value.faults == (RowFault(0, "", "an empty file", "one row for each certificate"),)
    with world.office.store.reading() as work:
        assert work.session.exec(select(Upload)).all() == []


def test_good_rows_become_drafts_and_bad_ones_come_back_with_what_is_wrong(world: World) -> None:
    upload = receive(world, mixed())
    found = check(world, upload)
    assert (found.good, found.rows, [line.row for line in found.judged.bad]) == (2, 3, [3])
    assert [fault.column for fault in found.judged.faults] == ["credit_code"]
    assert drafted(world) == 0
    done = draft(world, upload)
    assert (done.state, done.upload.rows, drafted(world)) == (UploadState.DRAFTED, 2, 2)
    with world.office.store.reading() as work:
        kept = uploads.judgement(world.office, work, uploads.own(work, upload, LOW))
    back = returned.as_csv(kept.judged, language="en").replace(b'"123"', b'"91150102MA0XXXX156"')
    mended = receive(world, back)
    assert check(world, mended).good == 1
    assert draft(world, mended).upload.rows == 1
    assert drafted(world) == 3


@pytest.mark.parametrize("write", [returned.as_csv, returned.as_workbook])
def test_bad_rows_are_the_same_file_whether_kept_or_fresh(world: World, write) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    found = check(world, receive(world, mixed()))
    fresh = drafting.draft(world.office, mixed(), PERMIT, agency=LOW, reading=drafting.Reading(good_rows=True)).judged
    assert fresh is not None
    if write is returned.as_csv:
        assert write(found.judged, language="zh-CN") == write(fresh, language="zh-CN")
    else:
        assert write(found.judged, language="zh-CN")[:4] == b"PK\x03\x04"


def test_file_without_a_good_row_makes_nothing(world: World) -> None:
    upload = receive(world, permits(1, credit_code="123"))
    assert check(world, upload).good == 0
    assert draft(world, upload).upload.rows == 0
    assert drafted(world) == 0


def test_headers_without_a_row_are_said_on_the_page_and_another_file_is_wanted(world: World) -> None:
    head = permits(1).split(b"\r\n")[0] + b"\r\n"
    found = check(world, receive(world, head))
    assert (found.good, found.judged.bad) == (0, ())
    assert [fault.got for fault in found.judged.faults] == ["headers without a row under them"]


def test_same_file_twice_is_the_same_batches(world: World) -> None:
    first = receive(world, mixed())
    check(world, first)
    made = uploads.batches(draft(world, first).upload)
    second = receive(world, mixed())
    assert imports.before(world.office, at(world, second)) == made
    found = check(world, second)
    assert (found.good, len(found.judged.bad)) == (2, 1)
    assert uploads.batches(draft(world, second).upload) == made
    assert drafted(world) == 2


def test_columns_that_nobody_knows_are_asked_about_and_remembered(world: World) -> None:
    data = permits(1).replace(b"operator_name", "店名".encode(), 1)
    upload = receive(world, data)
    known = uploads.columns(at(world, upload), PERMIT)
    assert [each.header for each in known.open] == ["店名"]
    with pytest.raises(FileRefused):
        check(world, upload)
    assert check(world, upload, 店名="operator_name").good == 1
    again = at(world, receive(world, data.replace(permit_number(1).encode(), permit_number(2).encode())))
    assert again.remembered
    assert uploads.columns(again, PERMIT).open == ()


def test_columns_of_a_file_that_was_handed_back_are_known(world: World) -> None:
    data = permits(1, credit_code="123").replace(b"operator_name", "店名".encode(), 1)
    found = check(world, receive(world, data), 店名="operator_name")
    for back in (returned.as_csv(found.judged, language="zh-CN"), returned.as_workbook(found.judged, language="en")):
        again = at(world, receive(world, back))
        assert again.remembered
        assert uploads.columns(again, PERMIT).open == ()


def test_what_columns_mean_is_remembered_for_the_agency_and_the_very_headers_alone(world: World) -> None:
    data = permits(1).replace(b"operator_name", "店名".encode(), 1)
    check(world, receive(world, data), 店名="operator_name")
    other = imports.receive(world.office, data, PERMIT, clerk(world, 1), name="")
    assert not at(world, other, 1).remembered
    assert not at(world, receive(world, data.replace(b"hotline", b"phone", 1))).remembered


def test_nothing_of_a_file_stands_in_the_database_in_clear(world: World) -> None:
    upload = receive(world, mixed(), name="巴特尔.csv")
    check(world, upload)
    world.office.store.forget()
    stored = (world.folder / "issuer.db").read_bytes()
    for secret in ("巴特尔", "呼和浩特市演示草原餐饮有限公司", permit_number(1), "91150102MA0XXXX156"):
        assert secret.encode() not in stored
    with world.office.store.reading() as work:
        held = work.session.exec(select(RememberedColumns)).one()
    assert b"number" not in held.choices


def test_file_goes_when_its_rows_are_drafts_and_everything_after_a_week(world: World) -> None:
    upload = receive(world, mixed())
    check(world, upload)
    assert draft(world, upload).upload.file is None
    later = receive(world, permits(5))
    world.registry.now += int(timedelta(days=8).total_seconds())
    with pytest.raises(NotFound):
        at(world, upload)
    newest = receive(world, permits(6))
    with world.office.store.reading() as work:
        assert [each.id for each in work.session.exec(select(Upload))] == [newest]
    assert later != newest


def test_import_that_is_given_up_leaves_nothing(world: World) -> None:
    upload = receive(world, mixed())
    check(world, upload)
    imports.give_up(world.office, upload, clerk(world))
    with pytest.raises(NotFound):
        at(world, upload)
    assert drafted(world) == 0


def test_import_of_another_agency_is_not_there(world: World) -> None:
    upload = receive(world, mixed())
    check(world, upload)
    for attempt in (
        lambda: at(world, upload, OTHER),
        lambda: imports.draft_good_rows(world.office, upload, clerk(world, OTHER)),
        lambda: imports.give_up(world.office, upload, clerk(world, OTHER)),
        lambda: imports.choose_sheet(world.office, upload, "", clerk(world, OTHER)),
        lambda: imports.cancel(world.office, upload, clerk(world, OTHER)),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_import_that_waits_can_be_stopped_and_begun_again(world: World) -> None:
    upload = receive(world, mixed())
    check(world, upload)
    imports.draft_good_rows(world.office, upload, clerk(world))
    imports.cancel(world.office, upload, clerk(world))
    work_off(world)
    assert (at(world, upload).state, drafted(world)) == (UploadState.CHECKED, 0)
    assert draft(world, upload).upload.rows == 2


def test_import_that_is_running_stops_at_its_next_step_and_leaves_nothing(world: World) -> None:
    upload = receive(world, permits(*range(1, 251)))
    check(world, upload)
    number = imports.draft_good_rows(world.office, upload, clerk(world))

    def stop(office, task, progress):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        imports.cancel(office, upload, clerk(world))
        return imports.run(office, task, progress)

    working.Worker(world.office, {imports.KIND: stop}).step()
    with world.office.store.reading() as work:
        task = tasks.find(work, number, LOW)
    assert task.state == TaskState.CANCELLED
    assert (at(world, upload).state, drafted(world)) == (UploadState.CHECKED, 0)


def test_worker_that_died_after_drafting_is_followed_by_one_that_finds_the_same_batches(world: World) -> None:
    upload = receive(world, mixed())
    check(world, upload)
    drafting.draft(world.office, mixed(), PERMIT, agency=LOW, reading=drafting.Reading(good_rows=True))
    done = draft(world, upload)
    assert (done.state, len(uploads.batches(done.upload)), drafted(world)) == (UploadState.DRAFTED, 1, 2)


def test_number_given_out_between_judging_and_drafting_makes_a_bad_row(world: World) -> None:
    upload = receive(world, permits(1, 2))
    assert check(world, upload).good == 2
    make(world, permit(1))
    done = draft(world, upload)
    assert done.upload.rows == 1
    with world.office.store.reading() as work:
        kept = uploads.judgement(world.office, work, done.upload)
    assert [fault.row for fault in kept.judged.faults] == [2]


def test_import_in_hand_is_neither_begun_twice_nor_given_up(world: World) -> None:
    upload = receive(world, mixed())
    known = {header: header for header in at(world, upload).look.headers}
    imports.check(world.office, upload, known, PERMIT, clerk(world))
    for attempt in (
        lambda: imports.check(world.office, upload, known, PERMIT, clerk(world)),
        lambda: imports.draft_good_rows(world.office, upload, clerk(world)),
        lambda: imports.give_up(world.office, upload, clerk(world)),
    ):
        with pytest.raises(NotReady):
            attempt()


def test_progress_of_both_steps_is_told_from_nothing_to_everything(world: World) -> None:
    upload = receive(world, permits(*range(1, 251)))
    known = {header: header for header in at(world, upload).look.headers}
    imports.check(world.office, upload, known, PERMIT, clerk(world))
    told: list[tuple[int, int]] = []

    def watched(office, task, progress):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        return imports.run(office, task, lambda done, total: told.append((done, total)) or progress(done, total))

    worker = working.Worker(world.office, {imports.KIND: watched})
    worker.step()
    assert told[0] == (0, 500)
    assert told[-1] == (500, 500)
    with world.office.store.reading() as work:
        task = work.session.exec(select(Task)).one()
        assert tasks.result_of(world.office, work, task) == {"good": 250, "bad": 0}


def test_what_was_done_with_a_file_is_in_the_log_without_its_content(world: World) -> None:
    upload = receive(world, mixed(), name="巴特尔.csv")
    check(world, upload)
    draft(world, upload)
    imports.give_up(world.office, upload, clerk(world))
    with world.office.store.reading() as work:
        lines = [line for line in account_rows.lines(work) if line.subject == f"import {upload}"]
    assert [line.what for line in lines] == [
        "spreadsheet uploaded",
        "import judged",
        "import drafted",
        "drafts imported",
        "import put away",
    ]
    said = json.dumps([(line.what, line.subject, line.detail) for line in lines])
    assert not any(secret in said for secret in ("巴特尔", permit_number(1), "credit_code"))


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that has one entry for each time that rows were judged."""
    judge, times = importing.judge, []

    def spy(*args: Any, **options: Any) -> Judged:  # noqa: ANN401 — whatever it is called with
        times.append(1)
        return judge(*args, **options)

    monkeypatch.setattr(importing, "judge", spy)
    return times


def test_rows_are_judged_once(world: World, judged: list[int]) -> None:
    upload = receive(world, permits(1))
    assert check(world, upload).good == 1
    assert draft(world, upload).upload.rows == 1
    assert len(judged) == 1
    with world.office.store.reading() as work:
        (certificate,) = work.all_certificates(agency=LOW)
        assert world.office.records.claims(work, certificate)["number"] == permit_number(1)
        assert uploads.own(work, upload, LOW).good is None


def test_rows_are_judged_again_by_another_version_of_their_type(world: World, judged: list[int]) -> None:
    upload, office = receive(world, permits(1)), world.office
    others = [replace(each, digest=bytes(32)) for each in office.types]
    world.office = replace(office, types=others)
    check(world, upload)
    world.office = office
    assert draft(world, upload).upload.rows == 1
    assert len(judged) == 2


def test_rows_are_judged_again_when_columns_mean_something_else(world: World, judged: list[int]) -> None:
    upload = receive(world, permits(1))
    check(world, upload)
    with world.office.store.writing() as work:
        held = uploads.own(work, upload, LOW)
        said = json.loads(uploads.unlock(world.office, work, held, "choices", held.choices or b""))
        (hotline,) = (header for header, claim in said["columns"].items() if claim == "hotline")
        said["columns"][hotline] = mapping.SKIP
        held.choices = uploads.lock(world.office, work, held, "choices", uploads.dumps(said))
    assert draft(world, upload).upload.rows == 1
    assert len(judged) == 2


def test_rows_are_judged_again_after_an_upgrade(
    world: World, judged: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = receive(world, permits(1))
    check(world, upload)
    monkeypatch.setattr(imports.metadata, "version", lambda name: f"the {name} after this one")
    assert draft(world, upload).upload.rows == 1
    assert len(judged) == 2
