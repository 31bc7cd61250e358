"""What is asked of both, Python and JavaScript: papers, worlds and moments, and what Python says of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from chain import certificate, copy
from chain.certificate_types import by_identifier, shipped
from chain.events import Track
from chain.short_number import short_number
from chain.validity import Validity
from tests.browser.check_scenes import papers, scenes
from tests.browser.check_worlds import World, trust_file
from tests.verifier.book import CLAIMS, KEY, OTHER_KEY, TYPE, paper
from tests.verifier.copied import HOST, limited
from verifier import offline
from verifier.answer import as_json
from verifier.check.moments import moment
from verifier.uploads import reading
from verifier.wording import Language

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.verifier.book import Paper
    from verifier.check.presented import Presented
    from verifier.offline import Basis

MS = 1000
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
TRUST = trust_file()


@dataclass(frozen=True)
class Case:
    """One question, and all that it is answered from."""

    name: str
    brought: str | bytes
    """A text, or a file's bytes."""
    packs: tuple[bytes, ...]
    """In the order in which they were brought; the last one counts."""
    now: datetime
    trust: bytes | None = TRUST
    on: str | None = None
    proofs: tuple[bytes, ...] = ()
    changes: dict[str, Any] = field(default_factory=dict)
    """To the task for JavaScript."""

    @property
    def task(self) -> dict[str, Any]:
        brought = {"text": self.brought} if isinstance(self.brought, str) else {"data": self.brought.hex()}
        return {
            **brought,
            "trust": None if self.trust is None else self.trust.decode(),
            "packs": [pack.hex() for pack in self.packs],
            "now": int(self.now.timestamp() * MS),
            "on": self.on,
            "proofs": [proof.hex() for proof in self.proofs],
            **self.changes,
        }

    @property
    def presented(self) -> Presented:
        return replace(read(self.brought), proofs=self.proofs)

    def by_python(self, kind: str) -> dict[str, Any]:
        """Return the report in both languages; `kind` is what JavaScript calls what was brought."""
        given = _basis(self.trust, self.packs, self.now)
        (report,) = offline.check([(kind, lambda: self.presented)], given, moment(self.on, self.now))
        return told(report)


def read(brought: str | bytes) -> Presented:
    """Read a text or a file's bytes, as Python does."""
    return reading.read_text(brought) if isinstance(brought, str) else reading.read_upload(brought)


@cache
def _basis(trust: bytes | None, packs: tuple[bytes, ...], now: datetime) -> Basis:
    """Bring one pack after another; most cases share theirs with others."""
    with TemporaryDirectory() as folder:
        for pack in packs or (None,):
            given = offline.basis(trust or b"", pack, now, state=Path(folder))
    return given


def told(report: Any) -> dict[str, Any]:  # noqa: ANN401 - any kind of report
    """Return a report as JSON in both languages, and as it travels."""
    said: dict[str, Any] = json.loads(json.dumps({language: as_json(report, language) for language in Language}))
    return said


def odd_papers() -> Iterator[tuple[str, str | bytes]]:
    """Yield what is not what it should be, and what is something else."""
    made, code = paper(), paper().code()
    jws, *shown = made.sd_jwt.split("~")
    digits = code.partition("#")[2]
    yield from (
        ("nothing", ""),
        ("blank", " \n"),
        ("words", "it's a certificate!"),
        ("long words", "内蒙古" * 30),
        ("another's code", "https://example.com/x"),
        ("another's code in clear", "HTTP://user@EXAMPLE.com:80/v?#1"),
        ("a telephone", "tel:1234567890123"),
        ("an imitation", "https://verify.exarnple.cn/scan"),
        ("another imitation", "https://verify.example.cn.evil.example/"),
        ("a look-alike", "https://vеrify.example.cn/"),
        ("one on the wire", "https://xn--vrify-4of.example.cn/"),
        ("a spoilt one on the wire", "https://xn--\u20ac9.example.cn/a"),
        ("our path on another host", f"https://evil.example.com/v#{digits}"),
        ("our path in clear", f"http://verify.example.cn/v#{digits}"),
        ("no digits", "https://verify.example.cn/v#abc"),
        ("no digits at all", "https://verify.example.cn/v#"),
        ("no digits of a copy", "https://verify.example.cn/c#12"),
        ("copy's path with a code", f"https://verify.example.cn/c#{digits}"),
        ("cut short", code[:-20]),
        ("cut by one group", code[:-17]),
        ("one digit changed", code[:90] + str((int(code[90]) + 1) % 10) + code[91:]),
        ("digits too large", "9" * 60),
        ("digits of nothing", "0" * 51),
        ("very many digits", "1" * 8000),
        ("mistyped", "0000-0000-0000-01"),
        ("not typed to the end", "ABCD-EFGH-JK"),
        ("small letters", short_number(made.leaf).lower().replace("-", " ")),
        ("full width", short_number(made.leaf).translate({ord("0") + n: ord("\uff10") + n for n in range(10)})),
        ("full width throughout", "".join(chr(ord(each) + 0xFEE0) for each in short_number(made.leaf))),
        ("spaces around", f"  {code}\n"),
        ("token without disclosures", f"{jws}~"),
        ("one withheld", "~".join((jws, *shown[1:]))),
        ("one twice", "~".join((jws, shown[0], *shown))),
        ("one of another", "~".join((jws, *paper(salt=b"x").sd_jwt.split("~")[1:]))),
        (
            "signature of another",
            ".".join((*jws.split(".")[:2], paper(salt=b"x").sd_jwt.split("~")[0].split(".")[2])) + "~",
        ),
        ("payload changed", jws.replace(".", ".a", 1) + "~"),
        ("no token", "eyJ"),
        ("half a token", made.sd_jwt[:200]),
        ("another's token", "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.e30.AAAA"),
        ("another's token with a tilde", "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.e30.AAAA~"),
        ("for another registry", paper(registry_id=bytes(32)).sd_jwt),
        ("code of another registry", paper(registry_id=bytes(32)).code()),
        ("signed by another key", paper().code(key=OTHER_KEY)),
        ("on another chain", paper(chain_id=1).sd_jwt),
        ("a copy's file of nothing", b"\x84\x43\xa1\x01\x26"),
        ("a copy's file cut short", limited(made, key=KEY).encode()[:-9]),
        ("a copy of other claims", _with_other_opening(made)),
        ("a copy by another key", limited(made, key=OTHER_KEY).encode()),
        ("a copy of everything", limited(made, chosen=set(CLAIMS)).encode()),
        ("an address with a letter that only looks like one in a careless search", "\u212a" + code),
        ("letters that become two", "https://verify\u00df.examplo.cn/x"),
        ("text with a mark", "\ufeff".encode() + code.encode()),
        ("no text", b"\xff\xfe\x00"),
    )
    yield from _around_receipts()
    yield from _spelled_oddly()
    yield from (("unknown type", each) for each in _of_unknown_types())


def _around_receipts() -> Iterator[tuple[str, str]]:
    """Yield receipts with what counts as space in one language and not in the other."""
    receipt = "eyJ0eXAiOiJ5aW54aW4tcmVjZWlwdCtqd3QifQ.e30.AAAA"
    for odd in "\x1c\x85\ufeff\u2028\u200b":
        yield f"a receipt behind U+{ord(odd):04X}", f"{odd}{receipt}"
        yield f"a receipt's host with U+{ord(odd):04X}", f"https://verify{odd}.example.cn/r#{receipt}"
        yield (
            f"a receipt's address with U+{ord(odd):04X}",
            f"https://verify.example.cn/r#{receipt[:9]}{odd}{receipt[9:]}",
        )


def _with_other_opening(made: Paper) -> bytes:
    one, other = limited(made), limited(paper(salt=b"another"))
    return replace(one, opening=other.opening).encode()


def _spelled_oddly() -> Iterator[tuple[str, str]]:
    for name, said in (
        ("mixed", "A公司 Paypаl"),
        ("another alphabet", "演示аеор公司"),
        ("kana", "内蒙古エ業公司"),
        ("mathematics", "公司𝐀𝟏"),
        ("radicals", "⼈民公司"),
        ("unseen", "内\u200b蒙\ufeff古"),
        ("turning", "公司\u202egnol"),
        ("odd signs", "演示\u00a0公司\u2236甲"),
        ("many", "".join(chr(0x2E80 + each) for each in range(9))),
        ("Mongolian", "ᠮᠣᠩᠭᠣᠯ\u180bᠤᠯᠤᠰ\u202fᠤᠨ"),
    ):
        yield f"spelled oddly: {name}", paper(claims=CLAIMS | {"company_name": said}).sd_jwt


def _of_unknown_types() -> Iterator[str]:
    known = replace(TYPE, number=999)
    made = paper(certificate_type=known)
    yield made.sd_jwt
    yield made.code()
    yield paper(certificate_type=replace(TYPE, digest=bytes(32))).sd_jwt


def of_every_type() -> Iterator[tuple[World, str, str | bytes]]:
    """Yield a certificate of each type that is shipped, with all that its claims may show."""
    for known in shipped():
        claims, faults = known.from_row({claim.key: claim.example for claim in known.columns})
        assert not faults
        more: Any = claims | {key: value for key, value in _lists(known.identifier).items() if key in claims}
        made = paper(certificate_type=known, claims=more, validity=Validity(date(2026, 1, 1), None))
        world = World()
        path = world.anchor_paper(made, certificate_type=known.number, version=known.version)
        world.settle()
        yield world, f"{known.identifier}, certificate", made.sd_jwt
        yield world, f"{known.identifier}, code", made.code(path=path)
        yield world, f"{known.identifier}, copy", limited(made, known=known, chosen=set(claims)).encode()
        least = {claim.key for claim in known.claims if claim.always} & certificate.parse(made.sd_jwt).claims.keys()
        yield world, f"{known.identifier}, in part", certificate.present(made.sd_jwt, least)


def _lists(identifier: str) -> dict[str, object]:
    """Return claims of which more is to be seen than of the examples."""
    if identifier != by_identifier("real-estate-title").identifier:
        return {"registered_capital": "12345678.90 USD"}
    return {
        claim.key: [f"演示{number}号权利人" for number in range(9)]
        for claim in by_identifier(identifier).claims
        if claim.kind == "list"
    }


def cases() -> Iterator[Case]:
    """Yield all that is asked with what is on a device."""
    for scene in scenes():
        pack = scene.world.pack()
        for kind, brought in papers(scene):
            for day in scene.days if kind in {"certificate", "code", "code with a path"} else (None,):
                yield Case(f"{scene.name}, {kind}, {day}", brought, (pack,), scene.world.now, on=day)
    world = World(hosts=("verify.example.cn",))
    world.anchor_paper(paper())
    pack = world.settle().pack()
    for name, brought in odd_papers():
        yield Case(name, brought, (pack,), world.now)
        yield Case(f"{name}, nothing at hand", brought, (), world.now)
    for each, name, brought in of_every_type():
        yield Case(name, brought, (each.pack(),), each.now)
    yield from _of_evidence()


def _of_evidence() -> Iterator[Case]:
    """Yield a genuine certificate with all kinds of trust lists and checkpoints."""
    made, world = paper(), World()
    path = world.anchor_paper(made)
    early = world.height
    world.set_status(made.leaf, Track.LOSS, since=date(2026, 6, 1))
    world.set_status(made.leaf, Track.LOSS, lifts=True)
    world.settle()
    now, pack, code = world.now, world.pack(), made.code(path=path)

    def case(name: str, *packs: bytes, **changes: Any) -> Case:  # noqa: ANN401 - as `Case` has it
        return Case(f"evidence: {name}", code, packs, **({"now": now} | changes))

    for later in (-10 * MINUTE, -4 * MINUTE, DAY - MINUTE, DAY, DAY + MINUTE, 2 * DAY, 5 * DAY, 340 * DAY, 350 * DAY):
        yield case(f"{later} later", pack, now=now + later)
    for later, day in ((DAY, "2026-03-01"), (2 * DAY, "2026-03-01"), (2 * DAY, "2025-12-31")):
        yield case(f"{later} later, about {day}", pack, now=now + later, on=day)
    for name, text in (("nonsense", "nonsense"), ("another's", "https://example.com/x")):
        yield replace(case(f"{name} with an old pack", pack, now=now + 2 * DAY), brought=text)
    terms = copy.Terms("演示银行", "授信", date(2026, 2, 1), date(2026, 7, 1))
    signed = limited(made, key=made.key, terms=terms)
    for name, shown in (("file", signed.encode()), ("code", copy.url(HOST, signed.closed().encode()))):
        yield replace(case(f"copy's {name} about a past day", pack, on="2026-03-01"), brought=shown)
    yield case("nobody vouches", world.pack(attested=False))
    yield case("one cut short", pack[:-1])
    yield case("no pack", b"nothing of the kind")
    yield case("an earlier one", world.pack(early))
    yield case("going on", world.pack(early), pack)
    yield case("the same again", pack, pack)
    yield case("going back", pack, world.pack(early))
    yield case("another block of that height", pack, world.pack(block_hash=bytes(32)))
    other = World()
    other.anchor_paper(paper(salt=b"other"))
    yield case("another history", world.pack(early), other.settle(20).pack())
    yield case("another registry's", world.pack(registry_id=bytes(32)))
    yield case("of another chain", world.pack(chain_id=1))
    for name, changes in (
        ("expired", {"expires": "2026-03-01T00:00:00Z"}),
        ("to come", {"issued": "2026-12-01T00:00:00Z"}),
        ("without attesters", {"attesters": ()}),
        ("of another registry", {"registry_id": bytes(32)}),
    ):
        yield case(f"trust list {name}", pack, trust=trust_file(**changes))
    yield case("trust list spoilt", pack, trust=TRUST[:-5])
    # Where nobody vouches for times, only what does not hang on them is said. Such a block must be sealed; see the
    # test with a real chain.
    for name, text in (("short number", short_number(made.leaf)), ("nonsense", "nonsense")):
        yield replace(case(f"no pack, {name}"), brought=text)
