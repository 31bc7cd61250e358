"""What a person prefers on the pages: the language, and whether the first tour is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from issuer.tables.preference_models import Preference

if TYPE_CHECKING:
    from datetime import datetime

    from issuer.tables.store import Work


def of(work: Work, person_id: int) -> Preference:
    """Return a person's preferences; where there are none yet, those of the beginning, which are not stored."""
    return work.session.get(Preference, person_id) or Preference(person_id=person_id)


def set_language(work: Work, person_id: int, language: str) -> None:
    """Remember a language for a person."""
    held = of(work, person_id)
    held.language = language
    work.add(held)


def end_tour(work: Work, person_id: int, now: datetime) -> None:
    """Remember that a person has seen, or put away, the first tour."""
    held = of(work, person_id)
    held.toured_at = now
    work.add(held)


def begin_tour(work: Work, person_id: int) -> None:
    """Show a person the tour again."""
    held = of(work, person_id)
    held.toured_at = None
    work.add(held)
