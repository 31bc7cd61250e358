"""`trust_lists.json`: lists that count, and lists that do not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.deployed import signer
from tests.sealed import COUNCIL, addresses, attester, canonical, high_s, signed_part, trust_list, validators
from tests.vectors.making.material import material

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = "2026-03-01T00:00:00Z"
FOUR, SEVEN = addresses(validators(4)), addresses(validators(7))
_TWO = (attester(), attester("witness"))
STRANGER = signer("stranger to the council")

Vector = dict[str, Any]


def _part(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 - members of the list
    kept = material("osaka")
    given: dict[str, Any] = {
        "registry_id": kept.registry_id,
        "registry": kept.registry,
        "agencies": kept.agencies,
        "chain_id": kept.chain_id,
        "scheme": "qbft",
        "sets": [(0, None, FOUR)],
        "attesters": (attester(),),
        **changed,
    }
    return signed_part(**given)


def made() -> dict[str, list[Vector]]:
    """Return all vectors."""
    return {"lists": _lists(), "refused": [*_badly_signed(), *_out_of_time(), *_not_following(), *_ill_formed()]}


def _vector(name: str, text: str, *, now: str = NOW, previous: str | None = None) -> Vector:
    return {"name": name, "text": text, "now": now, "previous": previous}


def _refused(name: str, text: str, reason: str = "TrustListRefused", **given: Any) -> Vector:  # noqa: ANN401
    return {**_vector(name, text, **given), "refused_as": reason}


def _lists() -> list[Vector]:
    first = trust_list(_part())
    rotated = _part(version=2, council=COUNCIL[1:], sets=[(0, 200, FOUR), (200, None, SEVEN)])
    return [
        _vector("three of four council keys", first),
        _vector("all of them", trust_list(_part(), COUNCIL[:4])),
        _vector("one key, threshold 1", trust_list(_part(council=COUNCIL[:1], threshold=1), COUNCIL[:1])),
        _vector("also signed by one who is not of the council", trust_list(_part(), (*COUNCIL[:3], STRANGER))),
        _vector("the last second before it expires", first, now="2027-01-31T23:59:59Z"),
        _vector(
            "two sets, with heights between them that nobody seals",
            trust_list(_part(sets=[(0, 100, FOUR), (150, None, SEVEN)])),
        ),
        _vector("ibft2", trust_list(_part(scheme="ibft2"))),
        _vector("clique", trust_list(_part(scheme="clique"))),
        _vector("a chain without seals", trust_list(_part(scheme="none", sets=[]))),
        _vector("no attesters", trust_list(_part(attesters=()))),
        _vector("two attesters, of whom one must vouch", trust_list(_part(attesters=_TWO))),
        _vector("two attesters who both must", trust_list(_part(attesters=_TWO, attester_threshold=2))),
        _vector(
            "a chain that went over from ibft2 to qbft",
            trust_list(_part(sets=[(0, 100, FOUR, "ibft2"), (100, None, SEVEN, "qbft")])),
        ),
        _vector(
            "a chain that nobody sealed at first",
            trust_list(_part(sets=[(0, 100, (), "none"), (100, None, FOUR, "clique")])),
        ),
        _vector("the same list again", first, previous=first),
        _vector("a council that changes, signed by enough of both", trust_list(rotated, COUNCIL[1:4]), previous=first),
        _vector("a version left out", trust_list(_part(version=7), COUNCIL[:3]), previous=first),
    ]


def _badly_signed() -> list[Vector]:
    part = _part()
    digest_of = trust_list(part)

    def signatures(change: Callable[[list[dict[str, str]]], object]) -> str:
        return _changed(digest_of, lambda whole: change(whole["signatures"]))

    def other_v(entries: list[dict[str, str]]) -> None:
        raw = bytes.fromhex(entries[0]["signature"][2:])
        entries[0]["signature"] = "0x" + (raw[:64] + bytes([raw[64] - 27])).hex()

    def with_high_s(entries: list[dict[str, str]]) -> None:
        raw = bytes.fromhex(entries[0]["signature"][2:])
        turned = high_s(raw[:64] + bytes([raw[64] - 27]))
        entries[0]["signature"] = "0x" + (turned[:64] + bytes([turned[64] + 27])).hex()

    def swapped(entries: list[dict[str, str]]) -> None:
        entries[0]["signature"], entries[1]["signature"] = entries[1]["signature"], entries[0]["signature"]

    return [
        _refused("one signature short", trust_list(part, COUNCIL[:2])),
        _refused("nobody signed", trust_list(part, ())),
        _refused("strangers count for nothing", trust_list(part, (*COUNCIL[:2], STRANGER))),
        _refused("one key twice", signatures(lambda entries: entries.append(entries[0]))),
        _refused("one key twice in place of a third", signatures(lambda entries: entries.__setitem__(2, entries[1]))),
        _refused("signatures under each other's names", signatures(swapped)),
        _refused("v of 0 or 1", signatures(other_v), "EvidenceMalformed"),
        _refused("high s", signatures(with_high_s), "EvidenceMalformed"),
        *(
            _refused(f"{what} changed after it was signed", _changed(digest_of, change))
            for what, change in (
                ("a validator", lambda whole: _swap(whole, validators(5))),
                ("the registry id", lambda whole: whole["signed"].update(registry_id="0x" + "11" * 32)),
                ("the end", lambda whole: whole["signed"].update(expires="2036-02-01T00:00:00Z")),
                ("the threshold", lambda whole: whole["signed"]["council"].update(threshold=2)),
                ("the scheme", lambda whole: whole["signed"]["seals"][0].update(scheme="clique")),
                ("an attester", lambda whole: whole["signed"].update(attesters={"threshold": 0, "keys": []})),
                ("the version", lambda whole: whole["signed"].update(version=2)),
                ("the test flag", lambda whole: whole["signed"].update(test=False)),
            )
        ),
    ]


def _swap(whole: dict[str, Any], those: Any) -> None:  # noqa: ANN401 - validators
    whole["signed"]["seals"][0]["validators"] = [f"0x{each.hex()}" for each in addresses(those)]


def _out_of_time() -> list[Vector]:
    first = trust_list(_part())
    return [
        _refused("expired at this second", first, now="2027-02-01T00:00:00Z"),
        _refused("expired long ago", first, now="2031-01-01T00:00:00Z"),
        _refused("issued more than five minutes from now", first, now="2026-01-31T23:54:59Z"),
    ]


def _not_following() -> list[Vector]:
    first, second = trust_list(_part()), trust_list(_part(version=2))
    strangers = tuple(signer(f"usurper {index}") for index in range(4))
    usurped = _part(version=3, council=strangers)
    other = _part(version=2, registry_id=bytes(31) + b"\1")
    return [
        _refused("an older version", first, previous=second),
        _refused(
            "the same version with other contents", trust_list(_part(expires="2028-02-01T00:00:00Z")), previous=first
        ),
        _refused("a new council that the old one did not sign for", trust_list(usurped, strangers[:3]), previous=first),
        _refused(
            "a new council for which too few of the old one signed",
            trust_list(usurped, (*strangers[:3], *COUNCIL[:2])),
            previous=first,
        ),
        _refused("of another registry", trust_list(other), previous=first),
    ]


def _ill_formed() -> list[Vector]:
    def changed(name: str, change: Callable[[dict[str, Any]], object], reason: str = "EvidenceMalformed") -> Vector:
        part = _part()
        change(part)
        return _refused(name, trust_list(part), reason)

    first = trust_list(_part())
    upper = FOUR[0].hex().upper()
    return [
        changed("a format to come", lambda part: part.update(format=2), "EvidenceUnsupported"),
        changed("another kind", lambda part: part.update(kind="yinxin-trust")),
        changed("a member more", lambda part: part.update(comment="")),
        changed("a member missing", lambda part: part.pop("test")),
        changed("version 0", lambda part: part.update(version=0)),
        changed("test as a number", lambda part: part.update(test=1)),
        changed("a day without a time", lambda part: part.update(expires="2027-02-01")),
        changed("a day that is not there", lambda part: part.update(expires="2027-02-30T00:00:00Z")),
        changed("another zone", lambda part: part.update(issued="2026-02-01T08:00:00+08:00")),
        changed("an end before the beginning", lambda part: part.update(expires="2026-01-01T00:00:00Z")),
        changed("a threshold of 0", lambda part: part["council"].update(threshold=0)),
        changed("a threshold that nobody can reach", lambda part: part["council"].update(threshold=5)),
        changed("council keys in another order", lambda part: part["council"]["keys"].reverse()),
        changed("a council key twice", lambda part: part["council"]["keys"].insert(0, part["council"]["keys"][0])),
        changed("an unknown scheme", lambda part: part["seals"][0].update(scheme="istanbul")),
        changed("a range without a scheme", lambda part: part["seals"][0].pop("scheme")),
        changed("one scheme for all", lambda part: part.update(seals={"scheme": "qbft", "sets": part["seals"]})),
        changed("no ranges", lambda part: part.update(seals=[])),
        changed("validators where nobody seals", lambda part: part["seals"][0].update(scheme="none")),
        changed("ranges that overlap", lambda part: _ranges(part, (0, 100), (99, None))),
        changed("a range behind an endless one", lambda part: _ranges(part, (0, None), (100, None))),
        changed("an empty range", lambda part: _ranges(part, (7, 7))),
        changed("no validators", lambda part: part["seals"][0].update(validators=[])),
        changed("validators in another order", lambda part: part["seals"][0]["validators"].reverse()),
        changed("an address in capitals", lambda part: part.update(registry="0x" + upper)),
        changed("an address of 19 bytes", lambda part: part.update(registry="0x" + FOUR[0].hex()[2:])),
        changed("an attester's private half", lambda part: _keys(part)[0].update(d="AA")),
        changed("an attester off the curve", lambda part: _keys(part)[0].update(y=_keys(part)[0]["x"])),
        changed("an attester twice", lambda part: _keys(part).append(_keys(part)[0])),
        changed("attesters without a threshold", lambda part: part.update(attesters=_keys(part))),
        changed("no attester need vouch", lambda part: part["attesters"].update(threshold=0)),
        changed("more attesters must vouch than there are", lambda part: part["attesters"].update(threshold=2)),
        changed("one must vouch, and there is none", lambda part: part["attesters"].update(keys=[])),
        _refused("not JSON", first[:-1], "EvidenceMalformed"),
        _refused("a key twice", first.replace('"signed":', '"signed":{},"signed":', 1), "EvidenceMalformed"),
        _refused("a byte order mark", "\ufeff" + first, "EvidenceMalformed"),
        _refused("a member beside", _changed(first, lambda whole: whole.update(more=1)), "EvidenceMalformed"),
    ]


def _keys(part: dict[str, Any]) -> list[dict[str, str]]:
    keys: list[dict[str, str]] = part["attesters"]["keys"]
    return keys


def _ranges(part: dict[str, Any], *ranges: tuple[int, int | None]) -> None:
    pinned = part["seals"][0]
    part["seals"] = [{**pinned, "from_block": first, "until_block": until} for first, until in ranges]


def _changed(text: str, change: Callable[[dict[str, Any]], object]) -> str:
    whole: dict[str, Any] = json.loads(text)
    change(whole)
    return canonical(whole).decode()
