"""How each family of checks came out: passed, failed, or not run and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, cast

from verifier.audit.rules import Family

if TYPE_CHECKING:
    from collections.abc import Mapping

    from verifier.audit.finding import Argument


class State(StrEnum):
    """How a family came out. Its name is `audit.state.<value>`, in small letters."""

    PASSED = "PASSED"
    """All of it was looked at, and nothing was found of grade FAULT or ALARM."""
    FAILED = "FAILED"
    """Something was found, by this run or an earlier one."""
    NOT_RUN = "NOT_RUN"
    """Not all of it could be looked at, and nothing was found in what could."""


@dataclass(frozen=True, slots=True)
class FamilyResult:
    """One family's outcome."""

    family: Family
    state: State
    reason: str = ""
    """Why it was not run, or only in part: the sentence `audit.not_run.<reason>`; empty if all of it was."""
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    """What that sentence names."""

    def as_json(self) -> dict[str, object]:
        """Return it as JSON holds it."""
        return {
            "family": self.family.value,
            "state": self.state.value,
            "reason": self.reason,
            "arguments": dict(self.arguments),
        }

    @classmethod
    def of_json(cls, told: Mapping[str, object]) -> FamilyResult:
        """Return what `as_json` wrote."""
        return cls(
            Family(str(told["family"])),
            State(str(told["state"])),
            str(told["reason"]),
            cast("Mapping[str, Argument]", told["arguments"]),
        )
