"""Whether a PDF's objects lie in its bytes so that every reader of PDF finds the same ones.

Readers differ in what they make of a file that can be understood in two ways: of an object that is there twice, of a
table that leads elsewhere, of a reference to another generation of an object, of a stream longer than it says. So a
forger shows one thing to us, and another to people. Here every byte is accounted for: objects one behind the other, a
table that has exactly these, and references to nothing else. A signature adds another such part behind, and so does its
evidence.

Runs in the confined child (`verifier.uploads.decoding`).
"""

from __future__ import annotations

import re

_MOST_PARTS = 33
"""The document, and two for each signature that is looked at: its own, and one with its evidence."""

_BLANK, _PLAIN = rb"[\0\t\n\f\r ]", rb"[^\0\t\n\f\r ()<>\[\]{}/%#]"
_END = rb"(?=[\0\t\n\f\r ()<>\[\]{}/%])"
"""Behind a number or a word: anything that cannot be more of it."""
_IN_STRING = rb"(?:[^()\\]|\\[\0-\xff])"
_STRING = rb"\((?:" + _IN_STRING + rb"|\((?:" + _IN_STRING + rb"|\(" + _IN_STRING + rb"*+\))*+\))*+\)"
_NAME = rb"/(?:" + _PLAIN + rb"|#(?:20|2[BbFf]))*+"
"""Blanks and slashes are written with a number sign, as typst and qpdf do; nothing else has to be."""
_WORD = rb"(?:[1-9][0-9]{0,6} 0 R|[+-]?(?:[0-9]++\.?[0-9]*+|\.[0-9]++)|true|false)" + _END
_THINGS = rb"((?:" + rb"|".join((_BLANK, _STRING, _NAME, rb"<<|>>|[\[\]]|<[0-9A-Fa-f]*+>", _WORD)) + rb")*+)"
_LINE = rb"(?:\r\n|\n)"
_ROW = rb"[0-9]{10} [0-9]{5} [nf](?: \r| \n|\r\n)"
_ROWS = rb"([0-9]{1,7}) ([0-9]{1,7}) ?" + _LINE + rb"((?:" + _ROW + rb")++)"

_HEAD = re.compile(rb"%PDF-[12]\.[0-9]" + _BLANK + rb"++(?:%[\x80-\xff]{1,8}" + _BLANK + rb"++)?")
_OBJECT = re.compile(
    rb"([1-9][0-9]{0,6}) 0 obj" + _END + _THINGS + rb"(?:endobj|stream(" + _LINE + rb"))" + _BLANK + rb"*+"
)
_STREAM_END = re.compile(rb"(?:\r\n|\n|\r)?endstream" + _BLANK + rb"++endobj" + _BLANK + rb"*+")
_TABLE = re.compile(rb"xref" + _LINE + rb"((?:" + _ROWS + rb")++)")
_TRAILER = re.compile(
    rb"trailer" + _THINGS + rb"startxref" + _BLANK + rb"++([0-9]{1,9})" + _BLANK + rb"++%%EOF" + _BLANK + rb"*+"
)
_IN_TABLE, _TEXT = re.compile(_ROWS), re.compile(_STRING)
_REFERENCE = re.compile(rb"([1-9][0-9]{0,6}) 0 R" + _END)
_LENGTH, _BEFORE, _SIZE = (
    re.compile(key + rb" ([0-9]{1,9})" + _END + rb"(?! 0 R)") for key in (rb"/Length", rb"/Prev", rb"/Size")
)
_ENTRY = 20
"""Bytes of a table's row."""


def is_plain(data: bytes, *, is_signed: bool) -> bool:
    """Whether nothing of a file can be understood in two ways; only a signed one has more than one part."""
    head = _HEAD.match(data)
    if head is None:
        return False
    read = _Read(data, head.end())
    parts = 0
    while read.at < len(data):
        parts += 1
        if parts > (_MOST_PARTS if is_signed else 1) or not read.takes_part():
            return False
    return parts > 0 and read.is_whole()


class _Read:
    """How far a file was read."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data, self.at = data, at
        self._before: int | None = None
        """Where the table of the part before begins."""
        self._numbers: set[int] = set()
        self._referred: set[int] = set()

    def is_whole(self) -> bool:
        """Whether all references lead to something."""
        return self._referred <= self._numbers

    def takes_part(self) -> bool:
        """Read objects and the table behind them; false where anything else stands there."""
        places: dict[int, int] = {}
        while (found := _OBJECT.match(self._data, self.at)) is not None:
            number = int(found[1])
            if number in places:
                return False
            places[number] = self.at
            self.at = found.end()
            if found[3] is not None and not self._takes_stream(found):
                return False
            self._refer(found[2])
        self._numbers |= places.keys()
        return self._takes_table(places)

    def _takes_stream(self, found: re.Match[bytes]) -> bool:
        """Read what a stream says it has, and its end right behind that."""
        said = _TEXT.sub(b"", found[2])
        length = _LENGTH.findall(said)
        if len(length) != 1 or said.count(b"/Length ") != 1:
            return False
        end = _STREAM_END.match(self._data, found.end(3) + int(length[0]))
        self.at = -1 if end is None else end.end()
        return end is not None

    def _takes_table(self, places: dict[int, int]) -> bool:
        table = _TABLE.match(self._data, self.at)
        trailer = None if table is None else _TRAILER.match(self._data, table.end())
        if table is None or trailer is None or int(trailer[2]) != self.at:
            return False
        about = _TEXT.sub(b"", trailer[1])
        before, sizes = _BEFORE.findall(about), _SIZE.findall(about)
        if [int(place) for place in before] != ([] if self._before is None else [self._before]):
            return False
        if about.count(b"/Prev") != len(before) or b"/XRefStm" in about or b"#" in about:
            return False
        if [int(size) for size in sizes] != [max(self._numbers, default=0) + 1]:
            return False
        self._refer(trailer[1])
        self._before, self.at = self.at, trailer.end()
        return _in_use(table[1]) == places

    def _refer(self, said: bytes) -> None:
        self._referred |= {int(number) for number in _REFERENCE.findall(_TEXT.sub(b"", said))}


def _in_use(table: bytes) -> dict[int, int] | None:
    """Return where a table says that objects are; None for one that says it of an object twice, or of a generation."""
    places: dict[int, int] = {}
    seen: set[int] = set()
    for first, count, rows in _IN_TABLE.findall(table):
        if len(rows) != int(count) * _ENTRY:
            return None
        for at in range(int(count)):
            number, row = int(first) + at, rows[at * _ENTRY : (at + 1) * _ENTRY]
            is_used = row[17:18] == b"n"
            if number in seen or (is_used and row[11:16] != b"00000"):
                return None
            seen.add(number)
            if is_used:
                places[number] = int(row[:10])
    return places
