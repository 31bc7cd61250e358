"""Spreadsheets to drafts, beside reading the file and checking bare rows against the type's JSON Schema.

Run: python benchmarks/imports.py [rows …]
"""

from __future__ import annotations

import csv
import io
import logging
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import perf_counter
from typing import TYPE_CHECKING

import structlog
from openpyxl import Workbook, load_workbook

sys.path.insert(0, str(Path(__file__).parents[1]))

from issuer import working
from issuer.audit_log import Occasion
from issuer.draft import drafting, imports, uploads
from issuer.draft.drafting import Reading
from issuer.draft.drafts import Clerk
from issuer.tables.models import DataKey
from tests.issuer.desks import LOW, PERMIT
from tests.issuer.offices import make_world, permit_number, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.issuer.offices import World

ROWS = (1_000, 20_000)


def main() -> None:
    """Print one block for each number of rows."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    for count in map(int, sys.argv[1:]) if len(sys.argv) > 1 else ROWS:
        text = _table(count)
        for name, data in (("CSV", text), ("XLSX", _workbook(text))):
            _measure(count, name, data)


def _measure(count: int, name: str, data: bytes) -> None:
    with TemporaryDirectory() as folder:
        world = make_world(Path(folder))
        print(f"== {count:,} rows of {name}, {len(data) / 1e6:.1f} MB")
        yardstick = _timed("yardstick: read the file, JSON Schema alone", lambda: _yardstick(name, data))
        clerk = Clerk(LOW, "uyun", Occasion(world.office.now(), "10.0.0.1"))
        began = perf_counter()
        upload = imports.receive(world.office, data, PERMIT, clerk, name="list")
        _say("uploaded, looked at, stored encrypted", perf_counter() - began)
        with world.office.store.reading() as work:
            known = uploads.columns(uploads.opened(world.office, work, upload, agency=LOW), PERMIT)
        choices = {each.header: each.claim or "" for each in known.columns}
        worker = working.Worker(world.office)
        imports.check(world.office, upload, choices, PERMIT, clerk)
        checked = _timed("judged as a task: faults, numbers, duplicates", worker.step)
        imports.draft_good_rows(world.office, upload, clerk)
        with _watched(world) as waits:
            drafted = _timed("drafted as a task: encrypted, inserted", worker.step)
        whole = checked + drafted
        print(f"   judged and drafted: {whole:.2f} s, {whole / yardstick:.1f} times the yardstick")
        longest, usual = max(waits) * 1000, _median(waits) * 1000
        print(f"   another writer had to wait at most {longest:.0f} ms meanwhile (median {usual:.1f} ms)")
        began = perf_counter()
        again = drafting.draft(world.office, data, PERMIT, agency=LOW, reading=Reading())
        _say(f"the same file again: {again.rows} rows, made anew: {not again.repeated}", perf_counter() - began)
        world.office.store.close()


@contextmanager
def _watched(world: World) -> Iterator[list[float]]:
    """Write something small all the time, and note how long each time takes: so long the lock is held by others."""
    waits, over = [0.0], Event()

    def write() -> None:
        while not over.wait(0.05):
            began = perf_counter()
            with world.office.store.writing() as work:
                held = work.data_key(LOW)
                if isinstance(held, DataKey):
                    work.add(held)
            waits.append(perf_counter() - began)

    thread = Thread(target=write)
    thread.start()
    yield waits
    over.set()
    thread.join()


def _yardstick(name: str, data: bytes) -> None:
    """Read plainly and check rows against the JSON Schema; no days, amounts or check characters, nothing in words."""
    if name == "CSV":
        rows = list(csv.DictReader(io.StringIO(data.decode(), newline="")))
    else:
        sheet = load_workbook(io.BytesIO(data), read_only=True).active
        head, *body = sheet.iter_rows(values_only=True)
        rows = [dict(zip(head, line, strict=True)) for line in body]
    for row in rows:
        claims = {key: value for key, value in row.items() if value}
        claims["items"], claims["supervisors"] = claims["items"].split("、"), claims["supervisors"].split("、")
        list(PERMIT.schema.violations(claims))


def _table(count: int) -> bytes:
    return table(PERMIT.identifier, *({"number": permit_number(serial)} for serial in range(1, count + 1)))


def _workbook(text: bytes) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("名单")
    for row in csv.reader(io.StringIO(text.decode(), newline="")):
        sheet.append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _timed(what: str, do: Callable[[], object]) -> float:
    began = perf_counter()
    do()
    took = perf_counter() - began
    _say(what, took)
    return took


def _median(times: list[float]) -> float:
    return sorted(times)[len(times) // 2]


def _say(what: str, took: float) -> None:
    print(f"   {what:56} {took:8.2f} s")


if __name__ == "__main__":
    main()
