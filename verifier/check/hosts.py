"""To which host an address leads, and whether that host imitates an official one.

Pure. An address in a stranger's code is never opened; its host is told so that people recognise the trap.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_AUTHORITY = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[/\\]{2,}([^/\\?#\s]+)")
_MOST = 80
_FEWEST_LETTERS, _FEW_SLIPS = 8, 2
"""Names of so many letters that differ in so few are taken for one another."""
_ALIKE = str.maketrans(
    "аеорсухѕіјһԁԛԝткмнвαεικνορτυχıɡ10",
    "aeopcyxsijhdqwtkmhbaeikvoptuxiglo",
)
"""Cyrillic and Greek letters, and digits, that look like Latin letters."""
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))


def host_of(address: str) -> str:
    """Return the host of an address as the network writes it, without a name or port; empty if it has none."""
    found = _AUTHORITY.match(address.strip())
    if found is None:
        return ""
    # What stands before @ is no host, however much it looks like one.
    host = found[1].rpartition("@")[2].lower().strip(".")
    host = re.sub(r":[0-9]*$", "", unicodedata.normalize("NFKC", host).replace("\u3002", "."))
    return ".".join(map(_on_the_wire, host.split(".")))[:_MOST]


def imitated(host: str, official: Iterable[str]) -> str | None:
    """Return the official host that a host imitates; None if it is one itself, or imitates none."""
    official = tuple(re.sub(r":[0-9]*$", "", each.lower()) for each in official)
    if host in official:
        return None
    return next((each for each in official if _imitates(host, each)), None)


def _imitates(host: str, official: str) -> bool:
    seen, wanted = _as_seen(host), _as_seen(official)
    if wanted in seen:
        return True
    long_enough = min(len(seen), len(wanted)) >= _FEWEST_LETTERS
    return long_enough and _differs_little(seen, wanted)


def _as_seen(host: str) -> str:
    """Return what a hasty reader sees: letters of all alphabets as Latin ones, dots and hyphens left out."""
    labels = "".join(map(_in_letters, host.split(".")))
    marks_off = unicodedata.normalize("NFKD", labels.lower())
    seen = "".join(each for each in marks_off if each.isalnum() and not unicodedata.combining(each)).translate(_ALIKE)
    for pair, single in _PAIRS:
        seen = seen.replace(pair, single)
    return seen


def _on_the_wire(label: str) -> str:
    if label.isascii():
        return "".join(each for each in label if each.isprintable())
    return "xn--" + label.encode("punycode", "replace").decode("ascii")


def _in_letters(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label.removeprefix("xn--").encode("ascii").decode("punycode")
    except (UnicodeError, ValueError, OverflowError):
        return label


def _differs_little(one: str, other: str) -> bool:
    """Whether no more than a few letters were put in, left out or changed."""
    if abs(len(one) - len(other)) > _FEW_SLIPS:
        return False
    row: Sequence[int] = range(len(other) + 1)
    for place, letter in enumerate(one, 1):
        following = [place]
        for at, wanted in enumerate(other):
            following.append(min(row[at] + (letter != wanted), row[at + 1] + 1, following[at] + 1))
        row = following
    return row[-1] <= _FEW_SLIPS
