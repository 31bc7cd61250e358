"""Checkpoints that are not in the form."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from tests.vectors.making.drafts import Draft, done, draft, having
from tests.vectors.making.history import columns
from tests.vectors.making.material import material

if TYPE_CHECKING:
    from collections.abc import Callable

FORM, INCOMPLETE, PROVEN = "EvidenceMalformed", "HistoryIncomplete", "NotProven"


def made() -> list[tuple[Draft, str]]:
    # Form comes first: no seals are needed to see it, and the file stays small.
    small, whole = draft("", "london", "none", headers=[], state=[]), draft("", "london")
    listed = columns(small.told)

    def history(change: Callable[[Any], object]) -> Callable[[Draft], object]:
        def apply(each: Draft) -> None:
            each.history = deepcopy(listed)
            change(each.history)

        return apply

    def put(value: object, *path: int) -> Callable[[Any], object]:
        def change(whole: Any) -> None:  # noqa: ANN401 - CBOR
            for place in path[:-1]:
                whole = whole[place]
            whole[path[-1]] = value

        return change

    numbers, times = listed[0]
    known = listed[1]
    statuses, rights = listed[3], listed[4]
    bad_times = times[:-16] + times[-8:] + times[-16:-8]
    late = times[:-8] + (small.block[2] + 1).to_bytes(8)
    later_block = numbers[:-8] + (small.block[0] + 1).to_bytes(8)
    created = rights[3][0][1]
    return [
        done("times that fall", small, history(put(bad_times, 0, 1)), FORM),
        done("a time after the block's own", small, history(put(late, 0, 1)), PROVEN),
        done("an event after the block", small, history(put(later_block, 0, 0)), INCOMPLETE),
        done("blocks that fall", small, history(put(numbers[8:16] + numbers[:8] + numbers[16:], 0, 0)), FORM),
        done("a time missing", small, history(put(times[:-8], 0, 1)), FORM),
        done("a block without events", small, history(put([b"\0" * 8 + numbers, b"\0" * 8 + times], 0)), FORM),
        done("addresses in another order", small, history(put(known[20:40] + known[:20] + known[40:], 1)), FORM),
        done("an address that does not occur", small, history(put(known + b"\xff" * 20, 1)), FORM),
        done("an address of 19 bytes", small, history(put(known[:-1], 1)), FORM),
        done("an unknown kind", small, history(put(b"\x18" + statuses[0][1:], 3, 0)), FORM),
        done("a kind of another list", small, history(put(b"\x15" + statuses[0][1:], 3, 0)), FORM),
        done("blocks of a list that fall", small, history(put(statuses[1][4:8] + statuses[1][:4], 3, 1)), FORM),
        done("a place beyond the blocks", small, history(put(statuses[1][:-4] + b"\0\0\xff\xff", 3, 1)), FORM),
        done("a log index missing", small, history(put(statuses[2][:-4], 3, 2)), FORM),
        done("a table missing", small, history(put([], 3, 3)), FORM),
        done("tables in another order", small, history(put(rights[3][::-1], 4, 3)), FORM),
        done("a row missing", small, history(put(statuses[3][0][1][1][:-32], 3, 3, 0, 1, 1)), FORM),
        done("a column missing", small, history(put(statuses[3][0][1][:-1], 3, 3, 0, 1)), FORM),
        done("a column more", small, history(put([*statuses[3][0][1], b""], 3, 3, 0, 1)), FORM),
        done("an address's place beyond the addresses", small, history(put(b"\0\0\xff\xff" * 4, 3, 3, 0, 1, 9)), FORM),
        done("a truth value of 2", small, history(put([created[0], b"\2"], 4, 3, 0, 1)), FORM),
        done("a history of more than 4,096 items", small, history(put([[0, []]] * 2_000, 4, 3)), FORM),
        done("more than 4,096 items", small, having(heads=[b""] * 4_097), FORM),
        done("65 nodes", whole, having(state=[whole.state[0] * 65, *whole.state[1:]]), FORM),
        done("65 headers", whole, having(headers=whole.headers * 65), FORM),
        done("a format to come", small, having(form=2), "EvidenceUnsupported"),
        done("another kind", small, having(kind="yinxin-proof"), FORM),
        done("a byte behind the stream", small, having(behind=b"\0"), FORM),
        done("heads of 31 bytes", small, having(heads=[head[:31] for head in small.heads]), FORM),
        done("two heads", small, having(heads=small.heads[:2]), FORM),
        done("four proofs of the state", draft("", "london"), having(state=material("london").state[:4]), FORM),
        done("a registry id of 31 bytes", small, having(registry=[bytes(31), *small.registry[1:]]), FORM),
    ]
