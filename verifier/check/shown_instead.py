"""What a page shows in the place of what was signed: a guess by the labels, for whoever compares the two. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifier.check.folding import fold

if TYPE_CHECKING:
    from collections.abc import Collection

    from verifier.check.layout import Languages, Said

_LEAST = 60
"""So much is quoted at least, and twice as much as was signed."""
_TELLING = 3
"""Letters that a fixed word must have to be taken for the end of a value."""


def shown_instead(said: Said, languages: Languages, text: str, ends: Collection[str]) -> str:
    """Quote what stands behind the label, up to the next label or fixed words; empty if the label is not there.

    Mostly both labels stand before the value; that of the number has the small one behind it.
    """
    main, small = (fold(said.labels[each]) if each else "" for each in (languages.main, languages.small))
    place = text.find(main + small)
    if place >= 0:
        return _up_to_next(text[place + len(main + small) :], ends, said)
    place = text.find(main)
    return _up_to_next(text[place + len(main) :], [*ends, small], said) if place >= 0 else ""


def _up_to_next(rest: str, ends: Collection[str], said: Said) -> str:
    places = (place for end in ends if len(end) >= _TELLING and (place := rest.find(end)) >= 0)
    whole = rest[: min(places, default=len(rest))]
    room = max(_LEAST, 2 * len(said.shown))
    return whole if len(whole) <= room else whole[:room] + "…"
