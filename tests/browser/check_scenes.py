"""What may have become of a certificate until now, and the forms in which it can be brought."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from chain import copy
from chain.events import (
    AgencyCorrected,
    AgencyResumed,
    AgencySuspended,
    KeyCutOff,
    Track,
    TypeRegistered,
    TypeWithdrawn,
)
from chain.short_number import short_number
from chain.validity import Validity
from tests.browser.check_worlds import HEAD_AT, World
from tests.verifier.book import AGENCY, ANCHORED_AT, KEY, OTHER_KEY, PARENT, STRANGER, TYPE, kid, paper
from tests.verifier.copied import TERMS, limited

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chain.code import InclusionPath
    from tests.verifier.book import Paper

DAY = timedelta(days=1)
ENDED = Validity(date(2025, 1, 1), date(2026, 3, 31))


@dataclass(frozen=True)
class Scene:
    """A world with a paper in it."""

    name: str
    world: World
    made: Paper
    path: InclusionPath | None
    days: tuple[str | None, ...] = (None,)


def scenes() -> Iterator[Scene]:
    """Yield what may have become of a certificate until now."""
    yield from _plain()
    yield from _statuses()
    yield from _rights()
    yield from _dates()


def _scene(
    name: str,
    *,
    days: tuple[str | None, ...] = (None,),
    then: Callable[[World, Paper], object] | None = None,
    **how: Any,  # noqa: ANN401 - as `paper` has it
) -> Scene:
    made, world = paper(**how), World()
    path = world.anchor_paper(made)
    if then is not None:
        then(world, made)
    return Scene(name, world.settle(), made, path, days)


def _recorded(track: Track, **days: date) -> Callable[[World, Paper], None]:
    """Return what records a status of the certificate."""
    return lambda world, made: world.set_status(made.leaf, track, since=days["since"], until=days.get("until"))


def _cut_off_at(block: int) -> Callable[[World, Paper], object]:
    """Return what cuts the key off at that block."""
    return lambda world, _: world.add(KeyCutOff(AGENCY, kid(KEY), block, ()))


def _plain() -> Iterator[Scene]:
    yield _scene("genuine", days=(None, "2026-06-01", "2025-12-31"))
    yield _scene("open-ended", validity=Validity(date(2026, 1, 1), None))
    yield Scene("never anchored", World().settle(), paper(), None)
    made, world = paper(), World()
    world.anchor_paper(made, agency=STRANGER)
    yield Scene("anchored by another", world.settle(), made, None)
    world = World()
    path = world.anchor_paper(made, certificate_type=1)
    yield Scene("anchored as another type", world.settle(), made, path)
    world = World()
    world.anchor_paper(made, certificate_type=1)
    path = world.anchor(made.leaf, sha256(b"again").digest())
    yield Scene("anchored twice, wrongly at first", world.settle(), made, path)
    world = World()
    world.anchor(made.leaf)
    path = world.anchor_paper(made)
    yield Scene("anchored twice", world.settle(), made, path)
    official = World(hosts=("verify.example.cn", "hy.example.cn"))
    path = official.anchor_paper(made)
    yield Scene("official hosts", official.settle(), made, path)
    elsewhere = World(hosts=("hy.example.cn",))
    path = elsewhere.anchor_paper(made)
    yield Scene("led elsewhere", elsewhere.settle(), made, path)


def _statuses() -> Iterator[Scene]:
    june, august = date(2026, 6, 1), date(2026, 8, 1)
    days = (None, "2026-05-31", "2026-06-01", "2026-08-01")
    for track in Track:
        if track is not Track.REPLACED:
            yield _scene(
                track.name,
                then=_recorded(track, since=june),
                days=days,
            )
    yield _scene("replaced", then=lambda world, made: world.replace(made.leaf, b"\x07" * 32, june), days=days)

    def suspended_until(world: World, made: Paper) -> None:
        world.set_status(made.leaf, Track.SUSPENSION, since=june, until=august)

    yield _scene("suspended for a while", then=suspended_until, days=(*days, "2026-07-31"))

    def suspended_by_the_council(world: World, made: Paper) -> None:
        world.set_status(made.leaf, Track.SUSPENSION, since=june, actor=0)

    yield _scene("suspended by the council", then=suspended_by_the_council)

    def lifted(world: World, made: Paper) -> None:
        world.set_status(made.leaf, Track.SUSPENSION, since=june)
        world.set_status(made.leaf, Track.SUSPENSION, lifts=True, at=int(datetime(2026, 7, 1, tzinfo=UTC).timestamp()))

    yield _scene("lifted", then=lifted, days=(*days, "2026-06-30"))

    def several(world: World, made: Paper) -> None:
        world.set_status(made.leaf, Track.LOSS, since=june, actor=PARENT)
        world.set_status(made.leaf, Track.REVOKED, since=august, actor=0)
        world.set_status(made.leaf, Track.SUSPENSION, since=august)

    yield _scene("several", then=several, days=days)

    def of_another(world: World, made: Paper) -> None:
        world.set_status(made.leaf, Track.REVOKED, since=june, agency=STRANGER, actor=STRANGER)

    yield _scene("another agency's status", then=of_another)


def _rights() -> Iterator[Scene]:
    def before(name: str, prepare: Callable[[World], object], *, made: Paper | None = None) -> Scene:
        shown, world = made or paper(), World()
        prepare(world)
        path = world.anchor_paper(shown)
        return Scene(name, world.settle(), shown, path)

    yield before("suspended then", lambda world: world.add(AgencySuspended(AGENCY, PARENT, ())))
    yield before("parent suspended then", lambda world: world.add(AgencySuspended(PARENT, PARENT, ())))
    yield before("type withdrawn then", lambda world: world.add(TypeWithdrawn(AGENCY, TYPE.number, ())))
    made, world = paper(), World()
    world.add(TypeRegistered(TYPE.number, TYPE.version, b"\x01" * 32))
    path = world.anchor_paper(made)
    world.add(TypeRegistered(TYPE.number, TYPE.version, TYPE.digest))
    yield Scene("another type file then", world.settle(), made, path)
    yield before("corrected", lambda world: world.add(AgencyCorrected(AGENCY, "11150100X00000027D", "演示更名市")))
    yield _scene("suspended since", then=lambda world, _: world.add(AgencySuspended(AGENCY, PARENT, ())))

    def resumed(world: World) -> None:
        world.add(AgencySuspended(AGENCY, PARENT, ()))
        world.add(AgencyResumed(AGENCY, ()))

    yield before("resumed", resumed)
    yield Scene("key of nobody", _anchored(made := paper(key=OTHER_KEY)), made, None)
    for name, block in (("cut off before", 5), ("cut off afterwards", 1000)):
        yield _scene(name, then=_cut_off_at(block))
    yield Scene("cut off and not anchored", _cut_off(), paper(), None)
    for name, first, last in (
        ("too early", ANCHORED_AT + 1, 0),
        ("too late", 0, ANCHORED_AT),
        ("in time", 0, ANCHORED_AT + 9),
    ):
        made, world = paper(), World(keys=())
        world.add_key(KEY, valid_from=first, valid_until=last)
        path = world.anchor_paper(made, at=ANCHORED_AT)
        yield Scene(f"key's dates: {name}", world.settle(), made, path)
    made, world = paper(), World(keys=())
    path = world.anchor_paper(made)
    world.add_key(KEY)
    yield Scene("key listed later", world.settle(), made, path)


def _anchored(made: Paper) -> World:
    world = World()
    world.anchor_paper(made)
    return world.settle()


def _cut_off() -> World:
    world = World()
    world.add(KeyCutOff(AGENCY, kid(KEY), 5, ()))
    return world.settle()


def _dates() -> Iterator[Scene]:
    days = (None, "2026-03-31", "2026-04-01")
    yield _scene("expired", validity=ENDED, days=days)
    yield _scene("not yet", validity=Validity(date(2026, 12, 1), date(2028, 1, 1)))
    for name, until in (("pending", date(2027, 1, 1)), ("no longer pending", date(2026, 9, 1))):
        yield _scene(
            name,
            validity=ENDED,
            days=(*days, "2026-08-31"),
            then=_recorded(Track.RENEWAL_PENDING, since=date(2026, 3, 1), until=until),
        )


def papers(scene: Scene) -> Iterator[tuple[str, str | bytes]]:
    """Yield all forms in which a certificate can be brought."""
    made = scene.made
    yield "certificate", made.sd_jwt
    yield "code", made.code()
    yield "digits", made.code().partition("#")[2]
    if scene.path is not None:
        yield "code with a path", made.code(path=scene.path)
    yield "short number", short_number(made.leaf)
    for name, terms in _terms():
        if name != "good" and scene.name not in {"genuine", "expired", "REVOKED"}:
            continue
        signed = limited(made, key=made.key, terms=terms)
        yield f"copy's file, {name}", signed.encode()
        yield f"copy's code, {name}", copy.url("verify.example.cn", signed.closed().encode())


def _terms() -> Iterator[tuple[str, copy.Terms]]:
    made = datetime.fromtimestamp(HEAD_AT, UTC).date()
    yield "good", replace(TERMS, made=made, expires=made + 10 * DAY)
    yield "ended", replace(TERMS, made=made - 30 * DAY, expires=made - DAY)
    yield "to come", replace(TERMS, made=made + DAY, expires=made + 10 * DAY)
