"""What a receipt says about a batch."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
import rlp

from chain.errors import NotProven
from chain.receipt import anchored
from tests.chain.receipts import BATCH, ELSEWHERE, REGISTRY, TOPIC, Log, log_of, receipt_of

if TYPE_CHECKING:
    from chain.events import BatchAnchored

_LOG = log_of(BATCH)
_OTHER: Log = (ELSEWHERE, [sha256(b"another event").digest()], b"data")


def _anchored(receipt: bytes) -> BatchAnchored:
    return anchored(receipt, registry=REGISTRY, agency=BATCH.agency, root=BATCH.root)


@pytest.mark.parametrize("kind", [b"", b"\x01", b"\x02", b"\x7f"], ids=["legacy", "0x01", "0x02", "0x7f"])
def test_receipts_of_every_type_of_transaction_are_read(kind: bytes) -> None:
    assert _anchored(receipt_of(_LOG, kind=kind)) == BATCH


def test_the_log_is_found_among_others() -> None:
    other_batch = log_of(replace(BATCH, root=sha256(b"another root").digest()))
    other_agency = log_of(replace(BATCH, agency=4))
    without_topics: Log = (REGISTRY, [], b"")
    others = (_OTHER, other_batch, other_agency, log_of(BATCH, ELSEWHERE), without_topics)
    assert _anchored(receipt_of(*others, _LOG, *others)) == BATCH


def test_a_batch_without_approvers_to_name_is_read_all_the_same() -> None:
    alone = replace(BATCH, approvers=())
    assert _anchored(receipt_of(log_of(alone))) == alone


def test_a_failed_transaction_anchored_nothing() -> None:
    for status in (b"", b"\x02", sha256(b"a state root, as before Byzantium").digest(), b"\x00"):
        with pytest.raises(NotProven, match="transaction that failed"):
            _anchored(receipt_of(_LOG, status=status))


@pytest.mark.parametrize(
    ("logs", "count"),
    [
        pytest.param([], 0, id="no logs"),
        pytest.param([_OTHER], 0, id="another event"),
        pytest.param([log_of(BATCH, ELSEWHERE)], 0, id="another address"),
        pytest.param([log_of(replace(BATCH, agency=4))], 0, id="another agency"),
        pytest.param([log_of(replace(BATCH, root=bytes(32)))], 0, id="another root"),
        pytest.param([(REGISTRY, [bytes(32), *_LOG[1][1:]], _LOG[2])], 0, id="another topic"),
        pytest.param([_LOG, _LOG], 2, id="twice"),
    ],
)
def test_exactly_one_log_is_wanted(logs: list[Log], count: int) -> None:
    with pytest.raises(NotProven, match=f"a receipt with {count} logs, wanted one"):
        _anchored(receipt_of(*logs))


def test_the_log_has_all_topics_of_its_event() -> None:
    with pytest.raises(NotProven, match="with 3 topics, wanted 4"):
        _anchored(receipt_of((REGISTRY, _LOG[1][:3], _LOG[2])))


_DATA = _LOG[2]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="none"),
        pytest.param(_DATA[:-1], id="a byte less"),
        pytest.param(_DATA + bytes(32), id="a word more"),
        pytest.param(_DATA[:128], id="no offset"),
        pytest.param(_DATA[:160], id="no approvers"),
        pytest.param(b"\x01" + _DATA[1:], id="a version beyond its type"),
        pytest.param(_DATA[:128] + (192).to_bytes(32) + _DATA[160:], id="another offset"),
        pytest.param(_DATA[:128] + b"\xff" * 32 + _DATA[160:], id="an offset beyond all numbers"),
        pytest.param(_DATA[:160] + (3).to_bytes(32) + _DATA[192:], id="an approver more announced"),
        pytest.param(_DATA[:192] + b"\x01" + _DATA[193:], id="an address of more than 20 bytes"),
    ],
)
def test_data_that_the_registry_does_not_write_is_refused(data: bytes) -> None:
    with pytest.raises(NotProven, match="that the registry does not write"):
        _anchored(receipt_of((REGISTRY, _LOG[1], data)))


def test_a_type_beyond_its_range_is_refused() -> None:
    log: Log = (REGISTRY, [*_LOG[1][:3], b"\x01" + _LOG[1][3][1:]], _DATA)
    with pytest.raises(NotProven, match="that the registry does not write"):
        _anchored(receipt_of(log))


_MEMBERS = rlp.decode(receipt_of(_LOG))


@pytest.mark.parametrize(
    ("receipt", "why"),
    [
        pytest.param(b"", "that is no RLP", id="nothing"),
        pytest.param(b"\x02", "that is no RLP", id="a type alone"),
        pytest.param(b"\x80" + receipt_of(_LOG), "that is no RLP", id="a type beyond 0x7f"),
        pytest.param(b"\x02\x02" + receipt_of(_LOG), "that is no RLP", id="two types"),
        pytest.param(receipt_of(_LOG) + b"\x00", "that is no RLP", id="a byte behind"),
        pytest.param(rlp.encode(b"receipt"), "not status, gas, bloom and logs", id="bytes"),
        pytest.param(rlp.encode(_MEMBERS[:3]), "not status, gas, bloom and logs", id="three members"),
        pytest.param(rlp.encode([*_MEMBERS, b""]), "not status, gas, bloom and logs", id="five members"),
        pytest.param(receipt_of(_LOG, bloom=bytes(255)), "not status, gas, bloom and logs", id="a short bloom"),
        pytest.param(rlp.encode([*_MEMBERS[:3], b""]), "not status, gas, bloom and logs", id="logs that are bytes"),
        pytest.param(rlp.encode([*_MEMBERS[:3], [b""]]), "got a log that is not", id="a log that is bytes"),
        pytest.param(receipt_of((REGISTRY[:19], [TOPIC], b"")), "got a log that is not", id="an address of 19 bytes"),
        pytest.param(receipt_of((REGISTRY, [TOPIC[:31]], b"")), "got a log that is not", id="a topic of 31 bytes"),
        pytest.param(receipt_of((REGISTRY, [TOPIC] * 5, b"")), "got a log that is not", id="five topics"),
    ],
)
def test_what_is_no_receipt_is_refused(receipt: bytes, why: str) -> None:
    with pytest.raises(NotProven, match=why):
        _anchored(receipt)
