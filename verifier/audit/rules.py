"""All that an audit can find in a history: each code with its grade, and the family of checks that it belongs to.

The sentences stand in the locales: `audit.finding.<code>` says what was found, `audit.finding.<code>.why` what that
means and what to do. The contracts themselves prevent most of it; so a finding of such a rule says that a node told
something other than what the chain holds, or that another code runs there than ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from verifier.audit.finding import Argument, Finding, Grade

if TYPE_CHECKING:
    from collections.abc import Mapping


class Family(StrEnum):
    """The families of checks, in the order in which they are told. Its name is `audit.family.<value>`."""

    CONTINUITY = "continuity"
    """The last checked block is still there."""
    BLOCKS = "blocks"
    """Every header hashes to its hash and is linked to its parent; every log is of its block, every sender signed."""
    SEALS = "seals"
    """Enough of the believed validators sealed every block, and nobody else."""
    CODE = "code"
    """The deployed code is ours, at every block looked at."""
    ROOTS = "roots"
    """Every root is that of the leaves in its transaction."""
    SEQUENCES = "sequences"
    """Every agency's batches are numbered without a gap."""
    HEADS = "heads"
    """The three hash chains over everything recorded end where the chain's own state says."""
    PERMISSIONS = "permissions"
    """Whoever issued, approved or changed a status might do so at that block."""
    KEYS = "keys"
    """Whoever issued had a document key that was valid and not cut off at that block."""
    STATUSES = "statuses"
    """Every status is legal for its type, of an anchored leaf, and lowers nothing graver."""
    PROCEDURE = "procedure"
    """Rights changed only as the council's and the agencies' procedures have it."""
    NODES = "nodes"
    """The nodes tell the same chain."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What breaking one rule is called, and how grave it is."""

    code: str
    family: Family
    grade: Grade


def _rules(family: Family, grade: Grade, *codes: str) -> list[Rule]:
    return [Rule(code, family, grade) for code in codes]


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        rule.code: rule
        for rule in (
            *_rules(
                Family.CONTINUITY,
                Grade.ALARM,
                "gone_backwards",
                "rewritten_block",
                "another_registry",
                "deployment_moved",
            ),
            *_rules(
                Family.BLOCKS,
                Grade.ALARM,
                "header_altered",
                "block_not_linked",
                "log_misplaced",
                "log_unknown",
                "transaction_altered",
                "sender_altered",
            ),
            *_rules(Family.BLOCKS, Grade.REMARK, "sender_only_told"),
            *_rules(Family.SEALS, Grade.ALARM, "stranger_seal", "too_few_seals", "seal_refused"),
            *_rules(Family.CODE, Grade.ALARM, "code_swapped", "code_not_proven"),
            *_rules(
                Family.ROOTS,
                Grade.ALARM,
                "withheld_leaf",
                "forged_root",
                "undecodable_calldata",
                "unknown_anchor",
                "withheld_transaction",
            ),
            *_rules(Family.SEQUENCES, Grade.ALARM, "sequence_gap", "sequence_repeated"),
            *_rules(
                Family.HEADS,
                Grade.ALARM,
                "hidden_batch",
                "hidden_status",
                "hidden_replacement",
                "hidden_key_cut_off",
                "hidden_agency_suspension",
                "hidden_right",
                "forged_event",
                "invented_event",
                "heads_differ",
                "heads_not_proven",
                "receipts_altered",
            ),
            *_rules(
                Family.PERMISSIONS,
                Grade.ALARM,
                "unknown_agency",
                "issued_while_suspended",
                "status_while_suspended",
                "lacks_capability",
                "capability_after_removal",
                "too_few_approvals",
                "too_few_officers",
                "officer_repeated",
                "status_by_stranger",
                "type_not_registered",
                "type_retired",
                "type_not_held",
                "type_after_parent_lost",
                "batch_repeated",
            ),
            *_rules(Family.KEYS, Grade.FAULT, "no_key", "key_expired", "key_after_cut_off"),
            *_rules(Family.KEYS, Grade.REMARK, "anchored_before_cut_off_was_known"),
            *_rules(Family.STATUSES, Grade.FAULT, "status_never_anchored", "status_illegal_for_type"),
            *_rules(
                Family.STATUSES,
                Grade.ALARM,
                "final_status_lowered",
                "status_set_from_above",
                "status_slot_wrong",
                "replaced_twice",
                "replaced_outside_batch",
            ),
            *_rules(
                Family.PROCEDURE,
                Grade.ALARM,
                "officer_outside_procedure",
                "right_outside_procedure",
                "council_bypassed",
                "proposal_without_votes",
                "vote_of_stranger",
                "successor_ignored",
            ),
            *_rules(Family.NODES, Grade.ALARM, "nodes_disagree"),
        )
    }
)
"""By code."""


@dataclass(frozen=True, slots=True)
class Where:
    """Where on the chain something was done, and in which agency's name."""

    block: int
    log_index: int
    agency: int

    def found(self, code: str, *, leaf: bytes | None = None, **arguments: Argument) -> Finding:
        """Return a finding there."""
        return found(code, block=self.block, log_index=self.log_index, agency=self.agency, leaf=leaf, named=arguments)


def found(
    code: str,
    *,
    block: int | None = None,
    log_index: int | None = None,
    agency: int | None = None,
    leaf: bytes | None = None,
    named: Mapping[str, Argument] | None = None,
    **arguments: Argument,
) -> Finding:
    """Return a finding of one of the rules; its sentence may also name the block, the agency and the leaf."""
    told: dict[str, Argument] = {**(named or {}), **arguments}
    if block is not None:
        told["block"] = block
    if log_index is not None:
        told["log_index"] = log_index
    if agency is not None:
        told["agency"] = agency
    if leaf is not None:
        told["leaf"] = written(leaf)
    return Finding(RULES[code].grade, code, block, log_index, agency, leaf, told)


def written(value: bytes) -> str:
    """Write bytes as sentences name them."""
    return f"0x{value.hex()}"
