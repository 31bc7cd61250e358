"""What an audit found: how grave it is, where it stands on the chain, and what its sentence is to say."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Argument = str | int
"""What a sentence may name: a text (hexadecimal digits with 0x for what is binary), or a number."""


class Grade(StrEnum):
    """How grave a finding is. The value is also what exports say."""

    ALARM = "ALARM"
    """The record is not what the chain holds, or somebody acted outside the rules: to be cleared up now."""
    FAULT = "FAULT"
    """A rule was broken that leaves the record itself believable."""
    REMARK = "REMARK"
    """Out of the ordinary, and perhaps rightly so."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. Its words are `audit.finding.<code>` in the locales, with these arguments."""

    grade: Grade
    code: str
    """Small letters and underscores; one for each thing that can be wrong."""
    block: int | None = None
    log_index: int | None = None
    agency: int | None = None
    leaf: bytes | None = None
    arguments: Mapping[str, Argument] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The sentence's key in the locales."""
        return f"audit.finding.{self.code}"
