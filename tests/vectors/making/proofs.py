"""`proofs.json`: proofs of real batches under real roots, and all that is done to them."""

from __future__ import annotations

import zlib
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import rlp

from chain.keccak import keccak
from tests.deployed import leaves_of
from tests.sealed import (
    COINBASE,
    NUMBER,
    TIMESTAMP,
    VANITY,
    clique,
    ibft2,
    items_of,
    qbft,
    validators,
    with_extra,
)
from tests.vectors.making.material import material, path_of
from tests.vectors.making.parts import (
    CHANGE_OF_SETS,
    LATER,
    MIGRATED,
    RECEIPT,
    STATE,
    Parts,
    Vector,
    parts,
    sealed_run,
    trust_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

FOUR = validators(4)
SEVEN = validators(7)
_MILLION = b"\x9a" + (10**6).to_bytes(4)
"""How an array of a million items begins."""


def sound() -> list[Parts]:
    """Return the proofs that hold."""
    made = [
        parts("the example of the protocol page", "osaka", "the example"),
        parts("the same, its slot", "osaka", "the example", kind=STATE),
        parts("one of two", "osaka", "two", index=1),
        parts("one of three", "osaka", "three, by another agency", index=2),
        *(parts(f"leaf {at} of a thousand", "osaka", "one thousand", index=at) for at in (0, 1, 511, 512, 998, 999)),
        parts("one of a thousand, 7 validators", "osaka", "one thousand", index=500, count=7),
        parts("one of a thousand, its slot", "osaka", "one thousand", index=500, kind=STATE),
        parts("a receipt among twenty", "osaka", "among twenty transactions", index=4),
        parts("a receipt without a type", "osaka", "in a legacy transaction", index=1),
        parts("a batch that replaces another", "osaka", "replacing two"),
        parts("a batch that replaces another, its slot", "osaka", "replacing two", kind=STATE),
        parts("the last batch before a successor", "osaka", "after it all", index=3),
    ]
    for chain, fields in (("istanbul", 15), ("london", 16), ("cancun", 20)):
        made += [
            parts(f"a header of {fields} fields", chain, "three", index=1),
            parts(f"a header of {fields} fields, its slot", chain, "three", index=1, kind=STATE),
        ]
    made += [
        parts("two agencies anchored the same leaves: the first", "london", "two"),
        parts("two agencies anchored the same leaves: the second", "london", "two again, by another agency"),
        parts("sealed under ibft2", "london", "two", scheme="ibft2"),
        parts("sealed under ibft2, 7 validators", "osaka", "the example", scheme="ibft2", count=7),
        parts("confirmed under clique", "london", "three", scheme="clique"),
        parts("confirmed under clique, 7 signers", "istanbul", "three", scheme="clique", count=7),
        parts("confirmed under clique, its slot", "london", "three", scheme="clique", kind=STATE),
        _sealed_as(
            "confirmed under clique, two headers more than needed", lambda run: clique(run[:5], (*FOUR, FOUR[0]))
        ),
        _sealed_as("confirmed under clique, seals with high s", lambda run: clique(run[:3], FOUR[:3], high=True)),
        parts("before the chain went over from ibft2 to qbft", "osaka", "two", scheme="ibft2", trusted=MIGRATED),
        parts("after the chain went over from ibft2 to qbft", "osaka", "one thousand", index=7, trusted=MIGRATED),
    ]
    return made


def _sealed_as(name: str, seal: Callable[[list[bytes]], list[bytes]]) -> Parts:
    """Return a proof under Clique whose run is sealed in some other way."""
    made = parts(name, "london", "three", scheme="clique")
    made.headers = seal(made.kept.run(made.batch.block, 5))
    return made


def unsealed() -> list[Parts]:
    """Return proofs of a chain without seals; believed only beside an attested checkpoint."""
    return [parts("a chain without seals", "osaka", "the example", scheme="none")]


def made() -> dict[str, Any]:
    """Return all vectors."""
    proofs = [*sound(), *unsealed()]
    refused = [*_altered(), *_ill_formed(), *_sealed_wrongly(), *_other_question()]
    names = sorted({each.trust_list for each in [*proofs, *(each for each, _ in refused)]})
    lists = {name: _trust_list_named(name) for name in names}
    return {
        "trust_lists": lists,
        "proofs": [{**each.asked(), **_shown(each)} for each in proofs],
        "refused": [{**each.asked(), "refused_as": reason} for each, reason in refused],
    }


def _trust_list_named(name: str) -> str:
    chain, scheme, count, *elsewhere = name.split(", ")
    registry = {"registry": keccak(b"another registry")[:20]} if elsewhere else {}
    return trust_of(material(chain), scheme, int(count), **registry)


def _shown(each: Parts) -> Vector:
    """Return what the proof shows."""
    header = items_of(each.headers[0])
    scheme = each.scheme
    log = next(
        log
        for log in each.kept.logs
        if log["block"] == each.batch.block and len(log["topics"]) > 2 and log["topics"][2] == each.batch.root.hex()
    )
    version, size, sequence = (int(log["data"][at : at + 64], 16) for at in range(0, 3 * 64, 64))
    how = {"qbft": qbft, "ibft2": ibft2}.get(scheme)
    count = int(each.trust_list.split(", ")[2])
    block_hash = how(validators(count)).block_hash(header) if how else keccak(each.headers[0])
    signers = {"none": None, "clique": min(count, len(each.headers))}.get(scheme, -(-2 * count // 3))
    return {
        "anchored": {
            "agency": each.agency,
            "root": each.batch.root.hex(),
            "certificate_type": int(log["topics"][3], 16),
            "version": version,
            "size": size,
            "sequence": sequence,
            "block_number": each.batch.block,
            "block_hash": block_hash.hex(),
            "timestamp": int.from_bytes(header[TIMESTAMP]),
        },
        "signers": signers,
    }


# Tampering.


def _changed(name: str, base: Parts, change: Callable[[Parts], object], reason: str) -> tuple[Parts, str]:
    """Return a proof with something done to it, and the error that says so."""
    copied = deepcopy(base)
    change(copied)
    copied.name = name
    return copied, reason


def _set(**members: object) -> Callable[[Parts], object]:
    def change(each: Parts) -> None:
        for name, value in members.items():
            setattr(each, name, value)

    return change


def _altered() -> list[tuple[Parts, str]]:
    """Receipts, slots and paths that do not fit."""
    single, among = parts("", "osaka", "the example"), parts("", "osaka", "among twenty transactions", index=4)
    third, slot = parts("", "osaka", "three, by another agency"), parts("", "osaka", "the example", kind=STATE)
    london = parts("", "london", "two")
    nodes = among.evidence[2]
    account, storage = slot.evidence[1:]
    bloom_bit = among.kept.receipt_nodes(among.batch, index=11)
    return [
        _changed("a node missing at the end", among, _set(evidence=[0, 12, nodes[:-1]]), "NotProven"),
        _changed("a node missing at the beginning", among, _set(evidence=[0, 12, nodes[1:]]), "NotProven"),
        _changed("a node missing in the middle", among, _set(evidence=[0, 12, [nodes[0], nodes[2]]]), "NotProven"),
        _changed("no nodes", among, _set(evidence=[0, 12, []]), "NotProven"),
        _changed("a node twice", among, _set(evidence=[0, 12, [*nodes, nodes[-1]]]), "NotProven"),
        _changed("a strange node behind", single, _set(evidence=[0, 0, [*single.evidence[2], nodes[0]]]), "NotProven"),
        _changed("nodes in another order", among, _set(evidence=[0, 12, [nodes[1], nodes[0], nodes[2]]]), "NotProven"),
        _changed("another transaction's receipt", among, _set(evidence=[0, 11, bloom_bit]), "NotProven"),
        _changed("another transaction index", among, _set(evidence=[0, 11, nodes]), "NotProven"),
        _changed("a transaction that is not there", single, _set(evidence=[0, 1, single.evidence[2]]), "NotProven"),
        _changed("a receipt of another block", single, _set(evidence=among.evidence), "NotProven"),
        _changed("a header of another block", single, _set(headers=among.headers), "NotProven"),
        _changed("account nodes missing", slot, _set(evidence=[1, account[:-1], storage]), "NotProven"),
        _changed("no account nodes", slot, _set(evidence=[1, [], storage]), "NotProven"),
        _changed("storage nodes missing", slot, _set(evidence=[1, account, storage[:-1]]), "NotProven"),
        _changed("account and storage exchanged", slot, _set(evidence=[1, storage, account]), "NotProven"),
        _changed("an account node more", slot, _set(evidence=[1, [*account, account[-1]], storage]), "NotProven"),
        _changed("a storage node more", slot, _set(evidence=[1, account, [*storage, storage[-1]]]), "NotProven"),
        _changed("storage nodes in another order", slot, _set(evidence=[1, account, storage[::-1]]), "NotProven"),
        _changed("the slot of a batch in a later block", slot, _later_block, "NotProven"),
        _changed("another leaf", third, _set(leaf=leaves_of("another", 1)[0]), "NotProven"),
        _changed("another leaf of the same batch", third, _set(leaf=third.batch.leaves[1]), "NotProven"),
        _changed("another leaf in a batch of one", single, _set(leaf=leaves_of("another", 1)[0]), "NotProven"),
        _changed("the root itself as a leaf", third, _set(leaf=third.batch.root, path=[1, 0, []]), "NotProven"),
        _changed("another index", third, _set(path=[3, 1, third.path[2]]), "NotProven"),
        _changed("another size with the same hashes", third, _set(path=[4, 0, third.path[2]]), "NotProven"),
        _changed("a hash missing in the path", third, _set(path=[3, 0, third.path[2][:1]]), "NotProven"),
        _changed("a hash more in the path", third, _set(path=[3, 0, [*third.path[2], bytes(32)]]), "NotProven"),
        _changed("hashes of the path exchanged", third, _set(path=[3, 0, third.path[2][::-1]]), "NotProven"),
        _changed("the path of another leaf", third, _set(path=path_of(third.batch.leaves, 2)), "NotProven"),
        _changed("another agency is asked about", london, _set(agency=1), "NotProven"),
        _changed("another registry's address", london, _elsewhere, "NotProven"),
        *(
            _flipped(base, place, permille)
            for base, place in ((among, 2), (slot, 1), (slot, 2))
            for permille in (0, 500, 999)
        ),
    ]


def _flipped(base: Parts, place: int, permille: int) -> tuple[Parts, str]:
    """Flip one bit of the nodes, so far into them."""
    nodes = base.evidence[place]
    bit = sum(map(len, nodes)) * 8 * permille // 1000
    changed: list[bytes] = []
    before = 0
    for node in nodes:
        at = bit - before * 8
        before += len(node)
        mask = 1 << at if 0 <= at < len(node) * 8 else 0
        changed.append((int.from_bytes(node, "little") ^ mask).to_bytes(len(node), "little"))
    evidence = [*base.evidence[:place], changed, *base.evidence[place + 1 :]]
    what = "receipt's" if base.evidence[0] == RECEIPT else "account's" if place == 1 else "slot's"
    return _changed(f"bit {bit} of the {what} nodes", base, _set(evidence=evidence), "NotProven")


def _later_block(each: Parts) -> None:
    """Show the same slot as it still stands in a later block's state, whose number is not the batch's."""
    later = each.kept.batches["one thousand"]
    header = items_of(each.kept.headers[later.block])
    assert header[NUMBER] != items_of(each.headers[0])[NUMBER]
    # The storage of the later block holds the earlier batch as well, but its proof is of another slot.
    each.headers = sealed_run(each.kept, later.block, "qbft")
    each.evidence = [STATE, later.account_nodes, each.evidence[2]]


def _elsewhere(each: Parts) -> None:
    each.trust_list += ", elsewhere"


def _ill_formed() -> list[tuple[Parts, str]]:
    """What is not in the form at all."""
    single = parts("", "osaka", "the example")
    index, nodes = single.evidence[1:]
    header = items_of(single.headers[0])
    form = "EvidenceMalformed"
    file = single.packed()
    body = zlib.decompress(file)
    longer = body.replace(b"yinxin-proof\1", b"yinxin-proof\x18\1", 1)
    return [
        _changed("a format to come", single, _set(envelope=["yinxin-proof", 2]), "EvidenceUnsupported"),
        _changed("another kind", single, _set(envelope=["yinxin-checkpoint", 1]), form),
        _changed("format 0", single, _set(envelope=["yinxin-proof", 0]), form),
        _changed("a registry id of 31 bytes", single, _set(registry_id=single.registry_id[:31]), form),
        _changed("no headers", single, _set(headers=[]), form),
        _changed("a header of 14 fields", single, _set(headers=[bytes(rlp.encode(header[:14]))]), form),
        _changed("a header with a byte behind", single, _set(headers=[single.headers[0] + b"\0"]), form),
        _changed("a header of 65 fields", single, _set(headers=[bytes(rlp.encode([*header, *[b"\1"] * 44]))]), form),
        _changed("65 headers", single, _set(headers=single.headers * 65), form),
        _changed("65 nodes", single, _set(evidence=[0, index, nodes * 65]), form),
        _changed("a node of more than 512 KiB", single, _set(evidence=[0, index, [bytes((1 << 19) + 1)]]), form),
        _changed("more than 4,096 items", single, _set(evidence=[0, index, [b""] * 4_097]), form),
        _changed("a million items", single, _set(file=zlib.compress(_MILLION + b"\1" * 10**6, 9)), form),
        _changed("a million items announced", single, _set(file=zlib.compress(_MILLION, 9)), form),
        _changed("levels upon levels", single, _set(file=zlib.compress(b"\x81" * 1_000 + b"\1", 9)), form),
        _changed("a text of more than 64 KiB", single, _set(envelope=["yinxin-proof", 1, "y" * 65_537]), form),
        _changed("evidence of a third kind", single, _set(evidence=[2, index, nodes]), form),
        _changed("evidence without nodes", single, _set(evidence=[0, index]), form),
        _changed("a negative transaction index", single, _set(evidence=[0, -1, nodes]), form),
        _changed("a path of 11 hashes", single, _set(path=[1, 0, [bytes(32)] * 11]), form),
        _changed("a path beyond the largest batch", single, _set(path=[1025, 0, [bytes(32)] * 10]), form),
        _changed("an index beyond the size", single, _set(path=[1, 1, []]), form),
        _changed("a hash of 31 bytes", single, _set(path=[2, 0, [bytes(31)]]), form),
        _changed("a byte behind the stream", single, _set(file=file + b"\0"), form),
        _changed("a stream that is cut off", single, _set(file=file[:-1]), form),
        _changed("no stream at all", single, _set(file=body), form),
        _changed("nothing", single, _set(file=b""), form),
        _changed("a byte behind the array", single, _set(file=zlib.compress(body + b"\0", 9)), form),
        _changed("the format spelled longer", single, _set(file=zlib.compress(longer, 9)), form),
        _changed("more than it may be unpacked", single, _set(evidence=[0, 0, [bytes(1 << 20)]]), form),
        _changed("a member more", single, _set(envelope=["yinxin-proof", 1, 0]), form),
    ]


def _sealed_wrongly() -> list[tuple[Parts, str]]:
    """Whom the trust list does not know, or too few whom it does."""
    single, run = parts("", "osaka", "the example"), parts("", "london", "three", scheme="clique")
    raw = single.kept.headers[single.batch.block]
    how = qbft(FOUR)
    attackers = validators(4, "attacker")
    later = qbft(LATER).sealed(raw, LATER[:3])
    high = items_of(raw)
    high[NUMBER] = CHANGE_OF_SETS.to_bytes(2)
    return [
        _changed("one seal short", single, _set(headers=[how.sealed(raw, FOUR[:2])]), "SealsInsufficient"),
        _changed("no seals", single, _set(headers=[how.sealed(raw, ())]), "SealsInsufficient"),
        _changed("the header as the node has it", single, _set(headers=[raw]), "SealsInsufficient"),
        _changed(
            "sealed by others", single, _set(headers=[qbft(attackers).sealed(raw, attackers)]), "SealsInsufficient"
        ),
        _changed("sealed by a later set", single, _set(headers=[later]), "SealsInsufficient"),
        _changed(
            "the set of another height", single, _set(headers=[how.sealed(_raw(high), FOUR[:3])]), "SealsInsufficient"
        ),
        _changed("beyond the pinned sets", parts("", "osaka", "the example", count=7), _beyond, "SealsInsufficient"),
        _changed("another scheme", single, _set(headers=[ibft2(FOUR).sealed(raw, FOUR[:3])]), "SealsInsufficient"),
        _changed("two headers where one is enough", single, _set(headers=single.headers * 2), "SealsInsufficient"),
        *(
            (
                parts(f"sealed under {scheme}, and the list says {trusted}", "london", "three", **given),
                "SealsInsufficient",
            )
            for scheme in ("qbft", "ibft2", "clique")
            for trusted in ("qbft", "ibft2", "clique")
            if scheme != trusted and (given := {"scheme": scheme, "trusted": trusted})
        ),
        (
            parts("a run of Clique, and the list says none", "london", "three", scheme="clique", trusted="none"),
            "SealsInsufficient",
        ),
        (
            parts("sealed under qbft before the chain went over to it", "osaka", "two", trusted=MIGRATED),
            "SealsInsufficient",
        ),
        (
            parts("sealed under ibft2 after it", "osaka", "one thousand", scheme="ibft2", trusted=MIGRATED),
            "SealsInsufficient",
        ),
        _changed(
            "an unlinked header behind enough of Clique",
            run,
            _set(headers=[*run.headers, run.headers[-1]]),
            "SealsInsufficient",
        ),
        _changed("one header of Clique short", run, _set(headers=run.headers[:2]), "SealsInsufficient"),
        _changed(
            "headers of Clique that are not linked",
            run,
            _set(headers=[run.headers[0], *_unlinked(run)]),
            "SealsInsufficient",
        ),
        _changed(
            "another state root under the seals",
            single,
            _set(headers=[_reroot(single.headers[0], 3)]),
            "SealsInsufficient",
        ),
        _changed(
            "another receipts root under the seals",
            single,
            _set(headers=[_reroot(single.headers[0], 5)]),
            "SealsInsufficient",
        ),
        _changed(
            "another timestamp under the seals",
            single,
            _set(headers=[_reroot(single.headers[0], TIMESTAMP)]),
            "SealsInsufficient",
        ),
        _changed(
            "another proposer under the seals",
            single,
            _set(headers=[_reroot(single.headers[0], COINBASE)]),
            "SealsInsufficient",
        ),
    ]


def _raw(items: list[bytes]) -> bytes:
    return with_extra(items, VANITY)


def _beyond(each: Parts) -> None:
    header = items_of(each.kept.headers[each.batch.block])
    header[NUMBER] = CHANGE_OF_SETS.to_bytes(2)
    each.headers = [qbft(SEVEN).sealed(_raw(header), SEVEN[:5])]


def _unlinked(run: Parts) -> list[bytes]:
    return clique(run.kept.run(run.batch.block + 1, 2), FOUR[1:3])


def _reroot(header: bytes, place: int) -> bytes:
    items = items_of(header)
    items[place] = items[place][:-1] + bytes([items[place][-1] ^ 1])
    return bytes(rlp.encode(items))


def _other_question() -> list[tuple[Parts, str]]:
    """Another registry's, or a path to something else."""
    single = parts("", "osaka", "the example")
    other = bytes([single.registry_id[0] ^ 1]) + single.registry_id[1:]
    return [_changed("another registry id", single, _set(registry_id=other), "TrustListRefused")]
