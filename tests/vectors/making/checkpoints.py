"""`checkpoints.json`: checkpoints and packs of real histories, and what those with something to hide make of them."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from chain.keccak import keccak
from chain.keys import PublicKey
from tests.chain.specimens import sign_with
from tests.sealed import attester, qbft, validators
from tests.vectors.making import malformed_checkpoints
from tests.vectors.making.drafts import Draft, Vector, done, draft, having, without
from tests.vectors.making.material import material
from tests.vectors.making.parts import MIGRATED, trust_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cryptography.hazmat.primitives.asymmetric import ec

    from tests.vectors.making.history import Told

FORM, INCOMPLETE, SEALS, ATTESTED, PROVEN = (
    *("EvidenceMalformed", "HistoryIncomplete", "SealsInsufficient"),
    *("NotAttested", "NotProven"),
)


def made() -> dict[str, Any]:
    """Return all vectors."""
    good = _sound()
    bad = [
        *_hidden(),
        *_changed_told(),
        *_block_and_state(),
        *_attestations(),
        *malformed_checkpoints.made(),
        *_packs(),
    ]
    names = sorted({each.trust_list for each in [*good, *(each for each, _ in bad)]})
    return {
        "trust_lists": {name: _trust_list_named(name) for name in names},
        "checkpoints": [{**each.given(), **_shown(each)} for each in good],
        "refused": [{**each.given(), "refused_as": reason} for each, reason in bad],
    }


def _trust_list_named(name: str) -> str:
    chain, scheme, count, *rest = name.split(", ")
    changed: dict[str, Any] = {"attesters": () if rest == ["nobody attests"] else (attester(),)}
    if rest and rest[0] in _OF_TWO:
        changed = {"attesters": _both(), "attester_threshold": _OF_TWO.index(rest[0]) + 1}
    if rest == ["elsewhere"]:
        changed["registry"] = keccak(b"another registry")[:20]
    if rest == ["another chain"]:
        changed["chain_id"] = 1
    return trust_of(material(chain), scheme, int(count), **changed)


def _shown(each: Draft) -> Vector:
    return {
        "statement": each.statement.hex(),
        "heads": [head.hex() for head in each.heads],
        "block_number": each.block[0],
        "timestamp": each.block[2],
        "statuses": _statuses(each.told),
    }


def _statuses(history: Sequence[Told]) -> list[Vector]:
    """Return what the lists say of each leaf that they say anything of, in the chain's order."""
    found: dict[tuple[int, bytes], list[Vector]] = {}
    for each in history:
        if each.name == "CertificateReplaced":
            agency, leaf, _, begins, _ = each.values
            entry = {"track": 4, "from": begins, "until": 0, "block": each.block}
        elif each.name == "StatusChanged":
            agency, leaf, track, begins, until = each.values[:5]
            entry = {"track": track, "from": begins, "until": until, "block": each.block}
        else:
            continue
        found.setdefault((agency, leaf), []).append(entry)
    return [{"agency": agency, "leaf": leaf.hex(), "tracks": tracks} for (agency, leaf), tracks in found.items()]


def _sound() -> list[Draft]:
    files = material("osaka").type_files
    return [
        draft("a rich history under qbft", "osaka"),
        draft("the same as a pack", "osaka", kind="yinxin-pack", type_files=files),
        draft("the same under ibft2, 7 validators", "osaka", "ibft2", 7),
        draft("a small one", "london"),
        draft("a small one, 15 fields", "istanbul"),
        draft("a small one, 20 fields", "cancun"),
        draft("a small one, confirmed under clique", "london", "clique"),
        draft("sealed, and attested as well", "london", attesters=(attester(),)),
        draft("sealed, and attested by one whom the list does not name", "london", attesters=(attester("witness"),)),
        draft("a chain without seals, attested", "london", "none"),
        draft("the same, attested by two of whom one is known", "london", "none", attesters=_both()),
        draft("a chain without seals and proofs, attested", "london", "none", headers=[], state=[]),
        draft("a pack without type files", "london", kind="yinxin-pack"),
        draft("under ibft2, of a chain that went over to qbft", "london", "ibft2", trust_list=f"london, {MIGRATED}, 4"),
        draft("two attesters, one must vouch", "london", "none", trust_list="london, none, 4, one of two"),
        draft("both must", "london", "none", trust_list="london, none, 4, both of two", attesters=_both()),
        draft("sealed, and nobody need attest", "london", trust_list="london, qbft, 4, both of two"),
    ]


_OF_TWO = ("one of two", "both of two")


def _both() -> tuple[ec.EllipticCurvePrivateKey, ...]:
    return attester("witness"), attester()


# Hiding.


def _hidden() -> list[tuple[Draft, str]]:
    small = draft("", "london")
    unsealed = draft("", "london", "none")
    cases = {
        "one revocation": "StatusChanged",
        "one key's cut-off": "KeyCutOff",
        "one suspended agency": "AgencySuspended",
        "one anchor": "BatchAnchored",
        "one officer": "OfficerSet",
        "one certificate type": "TypeRegistered",
        "the registry's beginning": "RegistryCreated",
    }
    made = [done(f"hiding {what}", small, without(name), INCOMPLETE) for what, name in cases.items()]
    made += [
        done(
            f"hiding {what}, with heads to fit",
            small,
            without(name, keep_heads=False),
            PROVEN,
        )
        for what, name in list(cases.items())[:4]
    ]
    made += [
        done("hiding the last status", small, without("StatusChanged", nth=-1), INCOMPLETE),
        done("hiding the last anchor", small, without("BatchAnchored", nth=-1), INCOMPLETE),
        done("hiding all statuses", small, _without_statuses, INCOMPLETE),
        done("hiding everything", small, _nothing, INCOMPLETE),
        done("hiding one revocation from an attested checkpoint", unsealed, _hidden_after_signing, PROVEN),
    ]
    return made


def _without_statuses(each: Draft) -> None:
    each.told = [one for one in each.told if one.which != 1]


def _nothing(each: Draft) -> None:
    each.history = [[b"", b""], b"", *([b"", b"", b"", []] for _ in range(3))]


def _hidden_after_signing(each: Draft) -> None:
    each.attestations = [[PublicKey.of(attester()).kid, sign_with(attester())(each.statement)]]
    without("StatusChanged", keep_heads=False)(each)
    # Its own attester would see at once that the state shows other heads.
    each.headers, each.state = [], []


# Changing what is told.


def _changed_told() -> list[tuple[Draft, str]]:
    small = draft("", "london")

    def of(name: str, nth: int, change: Callable[[Told], Told]) -> Callable[[Draft], object]:
        def apply(each: Draft) -> None:
            place = [place for place, one in enumerate(each.told) if one.name == name][nth]
            each.told[place] = change(each.told[place])

        return apply

    def statuses(change: Callable[[list[Told]], object]) -> Callable[[Draft], object]:
        def apply(each: Draft) -> None:
            listed = [one for one in each.told if one.which == 1]
            change(listed)
            each.told = [*(one for one in each.told if one.which != 1), *listed]

        return apply

    def swapped(listed: list[Told]) -> None:
        first, second = listed[-2:]
        listed[-2:] = [
            second.at(block=first.block, timestamp=first.timestamp, index=first.index),
            first.at(block=second.block, timestamp=second.timestamp, index=second.index),
        ]

    def raised(listed: list[Told]) -> None:
        listed.append(listed[-1].at(index=listed[-1].index + 1))

    return [
        done("two statuses exchanged", small, statuses(swapped), INCOMPLETE),
        done("one status told twice", small, statuses(raised), INCOMPLETE),
        done("a revocation of another leaf", small, of("StatusChanged", 0, _elsewhere_leaf), INCOMPLETE),
        done("a revocation from a later hour", small, of("StatusChanged", 0, _later), INCOMPLETE),
        done(
            "a revocation that became a loss",
            small,
            of("StatusChanged", 0, lambda one: one.with_value(2, 6)),
            INCOMPLETE,
        ),
        done(
            "a revocation of another agency's leaf",
            small,
            of("StatusChanged", 0, lambda one: one.with_value(0, 9)),
            INCOMPLETE,
        ),
        done(
            "a revocation in an earlier block",
            small,
            of("StatusChanged", 0, lambda one: one.at(block=one.block - 1, timestamp=one.timestamp - 900, index=9)),
            INCOMPLETE,
        ),
        done(
            "a cut-off at a later block",
            small,
            of("KeyCutOff", 0, lambda one: one.with_value(2, 2**64 - 1)),
            INCOMPLETE,
        ),
        done(
            "a suspension of another agency",
            small,
            of("AgencySuspended", 0, lambda one: one.with_value(0, 1)),
            INCOMPLETE,
        ),
        done(
            "a key that is another one",
            small,
            of("KeyAdded", 0, lambda one: one.with_value(3, bytes(31) + b"\1")),
            INCOMPLETE,
        ),
        done(
            "an anchor under another root",
            small,
            of("BatchAnchored", 0, lambda one: one.with_value(1, bytes(31) + b"\1")),
            INCOMPLETE,
        ),
        done(
            "an agency with another name",
            small,
            of("AgencyRegistered", 0, lambda one: one.with_value(4, b"another")),
            INCOMPLETE,
        ),
        done(
            "another officer", small, of("OfficerSet", -1, lambda one: one.with_value(1, one.values[3][0])), INCOMPLETE
        ),
    ]


def _elsewhere_leaf(one: Told) -> Told:
    return one.with_value(1, sha256(b"elsewhere").digest())


def _later(one: Told) -> Told:
    return one.with_value(3, one.values[3] + 1)


# The block, the state, the question.


def _block_and_state() -> list[tuple[Draft, str]]:
    small, other = draft("", "london"), draft("", "osaka")
    run = draft("", "london", "clique")
    number, block_hash, timestamp = small.block
    raw = small.kept.headers[number]
    four = validators(4)
    state = small.state

    def with_state(place: int, nodes: list[bytes]) -> Callable[[Draft], object]:
        return having(state=[*state[:place], nodes, *state[place + 1 :]])

    zero = [bytes(32)] * 3
    return [
        done("another registry id", small, _registry(0, bytes(32)), "TrustListRefused"),
        done("another chain id", small, _registry(1, 1), "TrustListRefused"),
        done(
            "another registry's address", small, having(trust_list=small.trust_list + ", elsewhere"), "TrustListRefused"
        ),
        done(
            "another chain in the trust list",
            small,
            having(trust_list=small.trust_list + ", another chain"),
            "TrustListRefused",
        ),
        done("addresses exchanged", small, _registry(2, small.registry[2][::-1]), "TrustListRefused"),
        done("a later block than the header's", small, having(block=[number + 1, block_hash, timestamp]), PROVEN),
        done("a later time than the header's", small, having(block=[number, block_hash, timestamp + 60]), PROVEN),
        done("another hash than the header's", small, having(block=[number, bytes(32), timestamp]), PROVEN),
        done("one seal short", small, having(headers=[qbft(four).sealed(raw, four[:2])]), SEALS),
        done("the set of another size", small, having(trust_list="london, qbft, 7"), SEALS),
        done("a header of Clique short", run, having(headers=run.headers[:2]), SEALS),
        done("a header of another chain", small, having(headers=other.headers, block=other.block), PROVEN),
        done("no headers where there are seals", small, having(headers=[], state=[]), SEALS),
        done("sealed under another scheme than the list's", small, having(trust_list="london, ibft2, 4"), SEALS),
        done(
            "sealed under qbft before the chain went over to it",
            small,
            having(trust_list=f"london, {MIGRATED}, 4"),
            SEALS,
        ),
        done("no state where there are seals", small, having(state=[]), FORM),
        done("heads exchanged", small, having(heads=[small.heads[1], small.heads[0], small.heads[2]]), PROVEN),
        done("heads of nothing", small, having(heads=zero), PROVEN),
        *(
            done(f"{what}: a node missing", small, with_state(place, state[place][:-1]), PROVEN)
            for place, what in enumerate(_STATE)
        ),
        *(
            done(f"{what}: a node twice", small, with_state(place, [*state[place], state[place][-1]]), PROVEN)
            for place, what in enumerate(_STATE)
        ),
        done("slots exchanged", small, having(state=[state[0], state[2], state[1], *state[3:]]), PROVEN),
        done("accounts exchanged", small, having(state=[state[3], *state[1:3], state[0], state[4]]), PROVEN),
        done("nodes in another order", small, with_state(1, state[1][::-1]), PROVEN),
        done("a bit of a node", small, with_state(4, [_flip(state[4][0]), *state[4][1:]]), PROVEN),
    ]


_STATE = ("account Certificates", "slot of anchors", "slot of statuses", "account Agencies", "slot of rights")


def _registry(place: int, value: object) -> Callable[[Draft], object]:
    def change(each: Draft) -> None:
        each.registry = [*each.registry[:place], value, *each.registry[place + 1 :]]

    return change


def _flip(node: bytes) -> bytes:
    return node[:-1] + bytes([node[-1] ^ 1])


def _attestations() -> list[tuple[Draft, str]]:
    unsealed = draft("", "london", "none")
    kid = PublicKey.of(attester()).kid
    other = draft("", "istanbul", "none").statement
    signature = sign_with(attester())(unsealed.statement)
    return [
        done("nobody attests", unsealed, having(attesters=()), ATTESTED),
        done("one attester where two must", unsealed, having(trust_list="london, none, 4, both of two"), ATTESTED),
        done("a stranger attests", unsealed, having(attesters=(attester("witness"),)), ATTESTED),
        done(
            "the trust list names no attester", unsealed, having(trust_list="london, none, 4, nobody attests"), ATTESTED
        ),
        done(
            "attested with another statement",
            unsealed,
            having(attestations=[[kid, sign_with(attester())(other)]]),
            PROVEN,
        ),
        done(
            "a stranger's signature under the attester's name",
            unsealed,
            having(attestations=[[kid, sign_with(attester("witness"))(unsealed.statement)]]),
            PROVEN,
        ),
        done("an attestation with high s", unsealed, having(attestations=[[kid, _high(signature)]]), FORM),
        done("an attestation of 63 bytes", unsealed, having(attestations=[[kid, signature[:63]]]), FORM),
        done("a kid of 31 bytes", unsealed, having(attestations=[[kid[:31], signature]]), FORM),
    ]


def _high(signature: bytes) -> bytes:
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    return signature[:32] + (order - int.from_bytes(signature[32:])).to_bytes(32)


# Packs.


def _packs() -> list[tuple[Draft, str]]:
    files = material("osaka").type_files
    pack = draft("", "london", kind="yinxin-pack", type_files=files[:1])
    return [
        done("a pack with a type file that somebody changed", pack, having(type_files=[files[0] + b"\n"]), PROVEN),
        done("a pack with a type that the registry does not list", pack, having(type_files=files[1:]), PROVEN),
        done("a pack with a type file twice", pack, having(type_files=files[:1] * 2), FORM),
        done("a pack that hides one revocation", pack, without("StatusChanged"), INCOMPLETE),
    ]
