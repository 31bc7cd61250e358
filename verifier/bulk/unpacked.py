"""Has a child process take apart what holds many (`bulk.unpacking`), and believes of its answer only the form."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING

from verifier.bulk import unpacking
from verifier.wording import Language, keys, message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verifier.wording import Message

WALL_CLOCK_S = 60.0
_LENGTHS = 8
_MOST = 2**31


@dataclass(frozen=True, slots=True)
class File:
    """A file of an archive."""

    name: str
    """As it can be shown; nothing is ever written by it."""
    of: int
    """How many files the archive has."""
    data: bytes
    fault: Message | None
    """Why it is refused; then there are no bytes."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table that is not empty."""

    number: int
    """As spreadsheet programs count, from 1."""
    cells: tuple[str, ...]
    sheet: str = ""
    """The name of a workbook's sheet, but for the first that shows."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a PDF, as a PDF of its own."""

    number: int
    data: bytes


class IsWorkbook(Exception):
    """An archive is a workbook: it has rows, not files."""


class NotTakenApart(Exception):
    """Why an upload as a whole cannot be taken apart."""

    def __init__(self, why: Message) -> None:
        super().__init__(why.key)
        self.why = why


def files(upload: bytes) -> Iterator[File]:
    """Yield the files of an archive in its order; raises `NotTakenApart`, before the first or after the last.

    Raises `IsWorkbook` for one that is a workbook.
    """
    for header, data in _frames(unpacking.ZIP, upload):
        match header:
            case {"workbook": True}:
                raise IsWorkbook
            case {"name": str() as name, "of": int() as count, "fault": str() as fault} if fault in keys(
                Language.ENGLISH
            ):
                yield File(name, count, b"", message(fault))
            case {"name": str() as name, "of": int() as count, **others} if not others:
                yield File(name, count, data, None)
            case _:
                raise _nonsense()


def rows(upload: bytes) -> Iterator[Row]:
    """Yield the rows of a workbook, sheet by sheet, or of a table as text; raises `NotTakenApart` as `files` does."""
    for header, _ in _frames(unpacking.SHEET, upload):
        match header:
            case {"sheet": str() as sheet, "row": int() as number, "cells": [*cells]}:
                yield Row(number, tuple(cell for cell in cells if isinstance(cell, str)), sheet)
            case _:
                raise _nonsense()


def pages(upload: bytes) -> Iterator[Page]:
    """Yield the pages of a PDF; raises `NotTakenApart` as `files` does."""
    for header, data in _frames(unpacking.PAGES, upload):
        match header:
            case {"page": int() as number}:
                yield Page(number, data)
            case _:
                raise _nonsense()


def _frames(kind: str, upload: bytes) -> Iterator[tuple[object, bytes]]:
    """Yield what the child found, one at a time: together that may be much more than the upload."""
    with _memory_file() as given, _memory_file() as answered:
        given.write(upload)
        given.seek(0)
        _run(kind, given, answered)
        answered.seek(0)
        while True:
            header, data = _frame(answered)
            match header:
                case {"end": True}:
                    return
                case {"refused": str() as key, "arguments": dict() as arguments} if key in keys(Language.ENGLISH):
                    numbers = {name: value for name, value in arguments.items() if isinstance(value, int)}
                    raise NotTakenApart(message(key, **numbers))
                case _:
                    yield header, data


def _frame(answered: IO[bytes]) -> tuple[object, bytes]:
    lengths = answered.read(_LENGTHS)
    if len(lengths) != _LENGTHS:
        # It was ended, or ended itself, before it was through.
        raise _nonsense()
    of_text, of_data = struct.unpack(">II", lengths)
    if of_text + of_data > _MOST:
        raise _nonsense()
    text, data = answered.read(of_text), answered.read(of_data)
    try:
        return json.loads(text), data
    except ValueError as exc:
        raise _nonsense() from exc


def _run(kind: str, given: IO[bytes], answered: IO[bytes]) -> None:
    child = subprocess.Popen(
        [sys.executable, "-I", str(Path(unpacking.__file__).resolve()), kind],
        stdin=given,
        stdout=answered,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={"LANG": "C.UTF-8"},
        start_new_session=True,
    )
    try:
        child.wait(WALL_CLOCK_S)
    except subprocess.TimeoutExpired:
        # What it found until then is there; that it did not come to an end is seen at the last frame.
        pass
    finally:
        child.kill()
        child.wait()


def _nonsense() -> NotTakenApart:
    return NotTakenApart(message("read.limits"))


def _memory_file() -> IO[bytes]:
    """Return a file that never touches a disk, where the system has such: uploads hold personal data."""
    if sys.platform == "linux":
        return os.fdopen(os.memfd_create("upload"), "w+b")
    return TemporaryFile()
