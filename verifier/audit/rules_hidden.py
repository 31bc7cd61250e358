"""Names what a node hid, where the hash chains show that something is missing or other than it was told.

The block's receipts, where they make the header's root, are all that happened in it. Where the node falsifies those
too, the block's transactions still say what was to happen. Where it hides even these, the list and the block are named.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from chain.events import BatchAnchored, CertificateReplaced, KeyCutOff, StatusChanged
from chain.steps import KINDS, List, kind_of, list_of
from verifier.audit.rules import found, written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.events import Event
    from verifier.audit.finding import Argument, Finding
    from verifier.audit.sources import Meant, RawLog, RawTransaction, Receipts

_HIDDEN = {
    "BatchAnchored": "hidden_batch",
    "StatusChanged": "hidden_status",
    "CertificateReplaced": "hidden_replacement",
    "KeyCutOff": "hidden_key_cut_off",
    "AgencySuspended": "hidden_agency_suspension",
}
_LIST_OF = {kind.__name__: list_of(number) for number, kind in enumerate(KINDS)}


def by_receipts(which: List, block: int, told: Sequence[RawLog], receipts: Receipts) -> list[Finding]:
    """Name what the receipts show of a list in a block and the node's logs do not, and the other way round."""
    shown = {log.log_index: log for log in receipts.logs if _is_of(log, which)}
    named = {log.log_index: log for log in told if log.block_number == block and _is_of(log, which)}
    findings: list[Finding] = []
    for index, log in sorted(shown.items()):
        if index not in named and log.event is not None:
            findings.append(_hidden(log.event, block, index))
        elif index in named and named[index].content != log.content:
            findings.append(
                found("forged_event", block=block, log_index=index, kind=_kind(named[index]), named=_is_really(log))
            )
    findings += [
        found("invented_event", block=block, log_index=index, kind=_kind(log))
        for index, log in sorted(named.items())
        if index not in shown
    ]
    return findings


def by_calls(
    which: List, block: int, told: Sequence[RawLog], calls: Sequence[tuple[RawTransaction, Sequence[Meant]]]
) -> list[Finding]:
    """Name what transactions of a block were to bring about in a list, and no event tells of."""
    findings: list[Finding] = []
    for sent, meant in calls:
        events = [log.event for log in told if log.transaction_hash == sent.hash and log.event is not None]
        have = Counter(_named(event) for event in events)
        for each in meant:
            if _LIST_OF[each.kind] is not which:
                continue
            key = (each.kind, each.agency, each.leaf or each.kid or each.root, each.track)
            if have[key] > 0:
                have[key] -= 1
                continue
            findings.append(_meant(each, block, sent.hash))
    return findings


def unnamed(which: List, block: int, head: bytes, made: bytes) -> Finding:
    """Say in which list and block something is missing that nothing names."""
    return found("heads_differ", block=block, list=which.name.lower(), head=written(head), made=written(made))


def _is_of(log: RawLog, which: List) -> bool:
    return log.event is not None and list_of(kind_of(log.event)) is which


def _kind(log: RawLog) -> str:
    return type(log.event).__name__


def _hidden(event: Event, block: int, log_index: int) -> Finding:
    return found(
        _HIDDEN.get(type(event).__name__, "hidden_right"),
        block=block,
        log_index=log_index,
        agency=getattr(event, "agency", None),
        leaf=_leaf(event),
        named=_arguments(event),
    )


def _meant(meant: Meant, block: int, transaction: bytes) -> Finding:
    arguments: dict[str, Argument] = {"kind": meant.kind, "transaction": written(transaction)}
    if meant.track is not None:
        arguments["track"] = meant.track.name
    if meant.kid is not None:
        arguments["kid"] = written(meant.kid)
    if meant.root is not None:
        arguments["root"] = written(meant.root)
    code = _HIDDEN.get(meant.kind, "hidden_right")
    return found(code, block=block, agency=meant.agency, leaf=meant.leaf, named=arguments)


def _arguments(event: Event) -> dict[str, Argument]:
    named: dict[str, Argument] = {"kind": type(event).__name__}
    match event:
        case BatchAnchored(root=root, sequence=sequence, size=size):
            named |= {"root": written(root), "sequence": sequence, "size": size}
        case StatusChanged(track=track):
            named["track"] = track.name
        case KeyCutOff(kid=kid, cut_off_block=block):
            named |= {"kid": written(kid), "cut_off": block}
        case CertificateReplaced(new_leaf=leaf):
            named["new_leaf"] = written(leaf)
        case _:
            pass
    return named


def _is_really(log: RawLog) -> dict[str, Argument]:
    return {"really": _kind(log), "transaction": written(log.transaction_hash)}


def _leaf(event: Event) -> bytes | None:
    match event:
        case StatusChanged(leaf=leaf) | CertificateReplaced(old_leaf=leaf):
            return leaf
        case _:
            return None


def _named(event: Event) -> tuple[str, int | None, bytes | None, object]:
    """Return by what a call's meaning is found among the events that it wrote."""
    match event:
        case StatusChanged(agency=agency, leaf=leaf, track=track):
            return "StatusChanged", agency, leaf, track
        case CertificateReplaced(agency=agency, old_leaf=leaf):
            return "CertificateReplaced", agency, leaf, None
        case KeyCutOff(agency=agency, kid=kid):
            return "KeyCutOff", agency, kid, None
        case BatchAnchored(agency=agency, root=root):
            return "BatchAnchored", agency, root, None
        case _:
            return type(event).__name__, getattr(event, "agency", None), None, None
