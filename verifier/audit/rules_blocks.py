"""Rules of blocks: headers are what was hashed, linked and sealed; logs and transactions what they are said to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain import seals
from chain.errors import SealsInsufficient, SealsTooFew, StrangersSeal
from chain.seals import SealScheme
from verifier.audit.rules import found, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from chain.header import Header
    from verifier.audit.finding import Finding
    from verifier.audit.sources import RawHeader, RawLog, RawTransaction


def headers(shown: Sequence[RawHeader], parent_hash: bytes | None) -> Iterator[Finding]:
    """Hold headers of a stretch against their hashes and each other; `parent_hash` is None before the first block."""
    before = parent_hash
    for each in shown:
        if each.header is None:
            yield found("header_altered", block=each.number, detail=each.oddness)
        elif each.made_hash != each.told_hash or each.header.number != each.number:
            yield found(
                "header_altered",
                block=each.number,
                detail=f"{written(each.told_hash)}, {each.header.number}: {written(each.made_hash)}",
            )
        if each.header is not None and before is not None and each.header.parent_hash != before:
            yield found(
                "block_not_linked", block=each.number, parent=written(each.header.parent_hash), before=written(before)
            )
        before = each.made_hash or each.told_hash


def places(logs: Sequence[RawLog], hashes: Mapping[int, bytes]) -> Iterator[Finding]:
    """Hold logs against the blocks that they are said to stand in."""
    for log in logs:
        number, log_index = log.place
        if hashes.get(number) != log.block_hash:
            yield found(
                "log_misplaced",
                block=number,
                log_index=log_index,
                told=written(log.block_hash),
                wanted=written(hashes.get(number, b"")),
            )


def unknown(logs: Iterable[RawLog]) -> Iterator[Finding]:
    """Name logs of the registry's contracts that these never write; no other rule looks at them."""
    for log in logs:
        if log.event is None:
            number, log_index = log.place
            yield found("log_unknown", block=number, log_index=log_index, detail=log.oddness)


def sent(transaction: RawTransaction, block: int) -> Iterator[Finding]:
    """Hold a transaction against its own bytes: what it hashes to, and who signed it.

    That it stands in that block is not proven here; but nobody can be named who did not sign it.
    """
    told = written(transaction.hash)
    if transaction.made_hash not in {b"", transaction.hash}:
        yield found("transaction_altered", block=block, transaction=told, made=written(transaction.made_hash))
    elif not transaction.made_hash or transaction.signer is None:
        yield found("sender_only_told", block=block, transaction=told, sender=written(transaction.sender))
    elif transaction.signer != transaction.sender:
        yield found(
            "sender_altered",
            block=block,
            transaction=told,
            sender=written(transaction.sender),
            signer=written(transaction.signer),
        )


def sealed(
    shown: Sequence[RawHeader],
    scheme_at: Callable[[int], SealScheme],
    validators_at: Callable[[int], frozenset[bytes]],
) -> Iterator[Finding]:
    """Check the seals of headers in a row; both functions may raise `SealsInsufficient` where nothing is pinned.

    The genesis block has none. Under Clique one seal is one signer's word, so runs are checked: as long as a run may
    be, and the last one reaching back so far that it is not shorter.
    """
    whole = [each for each in shown if each.header is not None and each.number > 0]
    run: list[Header] = []
    for each in whole:
        try:
            scheme = scheme_at(each.number)
        except SealsInsufficient as exc:
            yield _refused(exc, each.number)
            continue
        if scheme is SealScheme.CLIQUE and each.header is not None:
            run.append(each.header)
        elif scheme is not SealScheme.NONE and each.header is not None:
            yield from _checked([each.header], scheme, validators_at)
    for end in range(len(run), 0, -seals.MAX_HEADERS):
        if end == len(run) or end >= seals.MAX_HEADERS:
            yield from _checked(run[max(0, end - seals.MAX_HEADERS) : end], SealScheme.CLIQUE, validators_at)
        else:
            # What is left at the beginning overlaps, so that it is long enough to be judged.
            yield from _checked(run[: seals.MAX_HEADERS], SealScheme.CLIQUE, validators_at)


def _checked(
    run: Sequence[Header], scheme: SealScheme, validators_at: Callable[[int], frozenset[bytes]]
) -> Iterator[Finding]:
    try:
        seals.check(run, scheme, validators_at)
    except SealsInsufficient as exc:
        yield _refused(exc, run[0].number)


def _refused(exc: SealsInsufficient, block: int) -> Finding:
    match exc:
        case StrangersSeal():
            code = "stranger_seal"
        case SealsTooFew():
            code = "too_few_seals"
        case _:
            code = "seal_refused"
    return found(code, block=block, detail=str(exc))
