"""What an examination of this service found, in sentences that can be said in either language."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Outcome(StrEnum):
    """What became of one examination."""

    WELL = "WELL"
    WARNING = "WARNING"
    """It works now, and will not for long, or only in part."""
    TROUBLE = "TROUBLE"
    NOT_RUN = "NOT_RUN"
    """Its source could not be asked, so that nothing is known. Never the same as well."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """An English sentence with places for values; catalogues have it in other languages."""

    text: str
    values: Mapping[str, str | int] = field(default_factory=dict)

    def said(self, translate: Callable[[str], str] = str) -> str:
        """Return the sentence in the language of `translate`, with its values."""
        return translate(self.text) % self.values


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    about: Sentence
    outcome: Outcome
    got: Sentence
    mend: Sentence | None = None
    """What to do; none where all is well."""


def say(text: str, **values: str | int) -> Sentence:
    """Return a sentence; a test holds that every text given here is translated."""
    return Sentence(text, values)


def well(about: Sentence, got: Sentence) -> Finding:
    """Return that something is as it should be."""
    return Finding(about, Outcome.WELL, got)


def warning(about: Sentence, got: Sentence, mend: Sentence) -> Finding:
    """Return that something will not do for long."""
    return Finding(about, Outcome.WARNING, got, mend)


def trouble(about: Sentence, got: Sentence, mend: Sentence) -> Finding:
    """Return that something is wrong."""
    return Finding(about, Outcome.TROUBLE, got, mend)


def not_run(about: Sentence, why: Sentence, mend: Sentence) -> Finding:
    """Return that something could not be asked."""
    return Finding(about, Outcome.NOT_RUN, why, mend)
