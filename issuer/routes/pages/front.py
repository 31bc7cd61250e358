"""The frame of every page: who visits, what they may see, and how an answer is made.

A page behind the sign-in takes a `Visiting`, any other page a `Calling`. Handlers are plain functions; what was typed
into a form is `visit.form`, read and checked against cross-site requests before the handler runs.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import FormData  # noqa: TC002 — FastAPI reads annotations at run time

from chain import base64url
from issuer import sight, wording
from issuer.audit_log import Occasion
from issuer.errors import FreshSignInWanted, NotAllowed, SessionOver, SignInRefused
from issuer.people import preferences, second_factors, sessions, sign_in
from issuer.reconciling import rows as reconciling_rows
from issuer.routes.desk import AtDesk, Desk  # noqa: TC001 — FastAPI reads annotations at run time
from issuer.routes.pages import cookies, navigation
from issuer.routes.pages.late_forms import Late, SentLate, is_typed
from issuer.routes.pages.rendering import render
from issuer.routes.pages.sent_forms import SAFE, form
from issuer.said import by_kind
from issuer.tables import account_rows
from issuer.tables.account_models import Role

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.responses import Response

    from issuer.directory import Agency, Directory
    from issuer.errors import TooManyAttempts
    from issuer.keys import Officer
    from issuer.office import Office
    from issuer.people.sessions import SignedIn
    from issuer.sight import Sight
    from issuer.tables.store import Store
    from issuer.wording import Words

_LONGEST_NEXT = 2_000
_MOST_DIGITS = 18


class Elsewhere(Exception):
    """The visitor goes to another page first."""

    def __init__(self, url: str) -> None:
        """`url` is a path of ours."""
        super().__init__(url)
        self.url = url


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a form."""

    field: str
    """The field's name; empty where the fault is with the whole form."""
    text: str
    """A translated sentence."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request for a page, signed in or not."""

    request: Request
    at: Desk
    words: Words
    occasion: Occasion
    form: FormData
    """What a POST brought; empty otherwise."""
    csrf: str
    """What a form must bring along."""

    @property
    def office(self) -> Office:
        """The issuer's surroundings."""
        return self.at.office

    @property
    def store(self) -> Store:
        """The issuer's database."""
        return self.at.office.store

    @property
    def language(self) -> str:
        """The page's language: zh-CN or en."""
        return self.words.language

    @property
    def now(self) -> datetime:
        """When the request came."""
        return self.occasion.now

    @property
    def path(self) -> str:
        """The page's own address, with its query."""
        url = self.request.url
        return f"{url.path}?{url.query}" if url.query else url.path

    @property
    def is_part(self) -> bool:
        """Whether a script asks for a part of a page."""
        return self.request.headers.get("hx-request") == "true"

    def typed(self, name: str) -> str:
        """Return what was typed into a field; empty where that is no text."""
        value = self.form.get(name, "")
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> int | None:
        """Return the whole number that was typed into a field; None where that is none."""
        return whole(self.typed(name))

    def chosen(self, name: str) -> list[str]:
        """Return all that was ticked under a name."""
        return [value for value in self.form.getlist(name) if isinstance(value, str)]

    def page(self, template: str, *, status: int = 200, **context: object) -> Response:
        """Return a page; `faults`, if there are any, are shown above the form."""
        return self._answer(
            template, status, {"nav": (), "visit": None, "who": None, "test": self.is_test, "foreign": 0, **context}
        )

    def done(self, url: str, sentence: str) -> Response:
        """Go to another page, which shows this sentence once."""
        answer = RedirectResponse(url, status_code=303)
        cookies.say(answer, self.at.site, sentence, key=self.csrf)
        return answer

    def goto(self, url: str) -> Response:
        """Go to another page."""
        return RedirectResponse(url, status_code=303)

    @property
    def is_test(self) -> bool:
        """Whether the registry is one for tests, which every page then says."""
        with self.store.reading() as work:
            pin = work.pin()
        return pin is not None and pin.test

    def _answer(self, template: str, status: int, context: dict[str, object]) -> Response:
        said = cookies.said(self.request, self.at.site, key=self.csrf)
        whole = {
            "call": self,
            "csrf": self.csrf,
            "path": self.path,
            "language": self.language,
            "said": "" if self.is_part else said,
            "faults": (),
            "help_topic": navigation.help_topic(self.request.url.path),
            **context,
        }
        answer = HTMLResponse(render(template, self.words, whole), status_code=status)
        if said and not self.is_part:
            cookies.unsay(answer, self.at.site)
        cookies.keep_guest(self.request, answer, self.at.site)
        return answer


@dataclass(frozen=True, slots=True)
class Visit(Call):
    """A request by somebody who is signed in."""

    who: SignedIn
    token: str
    toured: bool
    """Whether the tour of the first sign-in is over."""
    test: bool

    @property
    def is_test(self) -> bool:
        """Whether the registry is one for tests."""
        return self.test

    @property
    def directory(self) -> Directory:
        """Who is who on the chain, at most a few seconds old; what is signed asks the chain itself."""
        return self.at.site.directory.read(self.office)

    @property
    def sight(self) -> Sight:
        """How far the visitor's agency sees."""
        return sight.of(self.directory, self.who.agency)

    @property
    def agency(self) -> Agency | None:
        """The visitor's agency; None for the council's people."""
        return self.directory.agency(self.who.agency) if self.who.agency else None

    def has(self, *roles: Role) -> bool:
        """Whether the visitor has one of these roles."""
        return bool(self.who.roles & set(roles))

    def require(self, *roles: Role) -> None:
        """Refuse a visitor who has none of these roles."""
        self.who.require(*roles)

    def require_fresh(self) -> None:
        """Have the visitor sign in again unless that was minutes ago; also for the GET of pages whose POST signs."""
        if not self.is_fresh:
            raise self._stale()

    @property
    def is_fresh(self) -> bool:
        """Whether the visitor has shown lately who is there, and the own key can be opened."""
        try:
            self.who.require_fresh(self.now)
        except FreshSignInWanted:
            return False
        with self.store.reading() as work:
            person = account_rows.person(work, self.who.person_id)
            return person.key_name is None or sessions.secret(work, self.token, self.now) is not None

    def officer(self) -> Officer:
        """Open the visitor's key; has the visitor sign in again first if that was too long ago."""
        try:
            return sign_in.officer(self.store, self.office.keystore, token=self.token, occasion=self.occasion)
        except FreshSignInWanted as exc:
            raise self._stale() from exc

    def page(self, template: str, *, status: int = 200, **context: object) -> Response:
        """Return a page; `faults`, if there are any, are shown above the form."""
        nav = () if self.is_part else navigation.of(self.who, self.request.url.path)
        return self._answer(
            template,
            status,
            {"visit": self, "who": self.who, "nav": nav, "test": self.test, **self._alarms(), **context},
        )

    def _alarms(self) -> dict[str, object]:
        """Return how many records in the agency's name, which nobody here had queued, wait for a manager's note.

        And, for those who may read more about it, whether the latest reconciliation found differences.
        """
        if self.is_part or not self.who.agency:
            return {"foreign": 0, "differs": False}
        with self.store.reading() as work:
            foreign = reconciling_rows.waiting(work, self.who.agency)
            reads = self.has(Role.AGENCY_MANAGER, Role.AUDITOR)
            return {"foreign": foreign, "differs": reads and reconciling_rows.differs(work, self.who.agency)}

    def _stale(self) -> Exception:
        """Return what has the visitor show again who is there; what was typed is not lost by that."""
        if is_typed(self.request, self.form):
            return SentLate(Late.STALE, self.form, self.who)
        return Elsewhere(confirm_url(self._here()))

    def _here(self) -> str:
        """Return the page to come back to: this one, or that whose form was sent."""
        if self.request.method in SAFE:
            return self.path
        return next_page(self.request, self.request.headers.get("referer", ""), fallback="/")


def call(request: Request, at: AtDesk, sent: Annotated[FormData, Depends(form)]) -> Call:
    """Return a request for a page that needs no sign-in."""
    token = cookies.guest(request, at.site)
    made = Call(
        request=request,
        at=at,
        words=wording.of(cookies.language(request, at.site)),
        occasion=occasion(request, at),
        form=sent,
        csrf=_guest_csrf(token),
    )
    if request.method not in SAFE and not hmac.compare_digest(made.csrf.encode(), made.typed("csrf").encode()):
        raise NotAllowed("the form was not made for this browser; open the page again")
    return made


def entering(request: Request, at: AtDesk, sent: Annotated[FormData, Depends(form)]) -> Visit:
    """Return a visit by somebody signed in, with or without the second factor that the roles demand."""
    made = begun(request, at, sent)
    if not made.who.complete:
        raise Elsewhere(sign_in_url(request))
    return made


def begun(request: Request, at: AtDesk, sent: Annotated[FormData, Depends(form)]) -> Visit:
    """Return a visit by somebody who has shown a password at least."""
    when = occasion(request, at)
    token = cookies.token(request, at.site)
    try:
        who = sessions.resume(at.office.store, token, when)
    except SessionOver as exc:
        raise SentLate(Late.SIGNED_OUT, sent) if is_typed(request, sent) else Elsewhere(sign_in_url(request)) from exc
    with at.office.store.reading() as work:
        preference = preferences.of(work, who.person_id)
        pin = work.pin()
    language = preference.language or cookies.language(request, at.site)
    made = Visit(
        request=request,
        at=at,
        words=wording.of(language),
        occasion=when,
        form=sent,
        csrf=who.csrf,
        who=who,
        token=token,
        toured=preference.toured_at is not None,
        test=pin is not None and pin.test,
    )
    if request.method not in SAFE:
        try:
            who.require_csrf(made.typed("csrf") or request.headers.get("x-csrf", ""))
        except NotAllowed as exc:
            raise SentLate(Late.OTHER_SESSION, sent, who) if is_typed(request, sent) else exc from exc
    return made


def visit(found: Annotated[Visit, Depends(entering)]) -> Visit:
    """Return a visit by somebody who may act; whoever lacks a second factor that is demanded sets one up first."""
    if found.who.roles & second_factors.DEMANDED_OF:
        with found.store.reading() as work:
            lacks = not second_factors.has_one(work, account_rows.person(work, found.who.person_id))
        if lacks:
            raise Elsewhere("/account/second-factor")
    return found


def visitor(found: Call) -> Visit | None:
    """Return the visit of whoever is signed in, for pages that are open to all."""
    try:
        made = begun(found.request, found.at, found.form)
    except Elsewhere:
        return None
    return made if made.who.complete else None


Calling = Annotated[Call, Depends(call)]
Begun = Annotated[Visit, Depends(begun)]
Entering = Annotated[Visit, Depends(entering)]
Visiting = Annotated[Visit, Depends(visit)]


def router(*, tags: list[str] | None = None) -> APIRouter:
    """Return a router for pages, which are no part of the interface for other systems."""
    made = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
    made.tags.extend(tags or [])
    return made


def occasion(request: Request, at: Desk) -> Occasion:
    """Return when a request came, and from where."""
    return Occasion(at.office.now(), request.client.host if request.client else "unknown")


def sign_in_url(request: Request) -> str:
    """Return where to sign in, coming back to what was asked for."""
    if request.method not in SAFE or request.url.path == "/":
        return "/sign-in"
    path = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
    if request.headers.get("hx-request") == "true":
        # A part of a page is none by itself.
        path = next_page(request, request.headers.get("hx-current-url", ""))
    return f"/sign-in?next={quote(path, safe='')}"


def confirm_url(wanted: str) -> str:
    """Return where to show again who is there, going on to another page."""
    return f"/confirm?next={quote(wanted, safe='')}"


def refusal(asked: Call, error: SignInRefused | TooManyAttempts) -> str:
    """Say that name, password or code were not right, never which; or from when the next attempt counts."""
    return asked.words.gettext(by_kind(error)) if isinstance(error, SignInRefused) else asked.words.explain(error)


def whole(text: str) -> int | None:
    """Return a whole number as a number of ours can be, which never has more digits; None for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else None


def next_page(request: Request, wanted: str, *, fallback: str = "/") -> str:
    """Return a page of ours to go to next; anything else becomes the fallback, so that no link leads elsewhere."""
    if len(wanted) > _LONGEST_NEXT or not wanted.isprintable():
        return fallback
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return fallback
    if parts.netloc and parts.netloc == request.url.netloc:
        wanted = parts.path + (f"?{parts.query}" if parts.query else "")
    # Browsers take two slashes or more, of either kind, for the beginning of a host.
    return wanted if wanted.startswith("/") and not wanted.startswith("//") and "\\" not in wanted else fallback


def _guest_csrf(token: str) -> str:
    return base64url.encode(hashlib.sha256(f"yinxin guest\n{token}".encode()).digest())
