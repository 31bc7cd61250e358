"""Signing in at the agency's identity provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Query, Response

from issuer.errors import NotFound, SignInRefused
from issuer.people import enquiries, sign_in
from issuer.people.provider import Provider  # noqa: TC001 — FastAPI reads annotations at run time
from issuer.routes.pages import cookies, front
from issuer.routes.pages.front import Call, Calling, Fault, next_page
from issuer.routes.pages.sign_in import follow

if TYPE_CHECKING:
    from issuer.tables.enquiry_models import Enquiry

router = front.router(tags=["signing in"])
Text = Annotated[str, Query(max_length=4000)]


@router.get("/sign-in/provider")
def begin(call: Calling, next: Text = "/") -> Response:  # noqa: A002 — the address's own word
    """Send somebody to the provider."""
    provider = _provider(call)
    with call.store.writing() as work:
        begun = enquiries.begin(
            work, next_page=next_page(call.request, next), now=call.now, entropy=call.office.entropy
        )
    answer = call.goto(provider.address(state=begun.state, nonce=begun.nonce, verifier=begun.verifier))
    cookies.keep_browser(answer, call.at.site, begun.browser)
    return answer


@router.get("/sign-in/provider/back")
def back(call: Calling, state: Text = "", code: Text = "") -> Response:
    """Take the provider's answer: the first step, in the place of the password."""
    provider = _provider(call)
    try:
        enquiry = _taken(call, state)
        login = _named(call, provider, enquiry, code)
        step = sign_in.by_identity_provider(
            call.store, login=login, occasion=call.occasion, entropy=call.office.entropy
        )
    except SignInRefused as exc:
        fault = Fault("", call.words.explain(exc))
        return call.page("sign_in.html", status=401, faults=(fault,), next="/", login="", provider=provider.name)
    answer = follow(call, step, enquiry.next_page)
    cookies.drop_browser(answer, call.at.site)
    return answer


def _taken(call: Call, state: str) -> Enquiry:
    browser = cookies.browser(call.request, call.at.site)
    with call.store.writing() as work:
        return enquiries.take(work, state=state, browser=browser, now=call.now)


def _named(call: Call, provider: Provider, enquiry: Enquiry, code: str) -> str:
    if not code:
        raise SignInRefused("the identity provider let nobody in")
    return provider.login(code=code, nonce=enquiry.nonce, verifier=enquiry.verifier, now=call.now)


def _provider(call: Call) -> Provider:
    provider = call.at.site.provider
    if provider is None:
        raise NotFound("identity provider: none is set here")
    return provider
