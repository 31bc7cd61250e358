"""Help, for everybody, signed in or not."""

from __future__ import annotations

from fastapi import Response  # noqa: TC002 — FastAPI reads annotations at run time

from issuer.errors import NotFound
from issuer.routes.pages import front
from issuer.routes.pages.front import Calling  # noqa: TC001 — FastAPI reads annotations at run time
from issuer.said import msgid

router = front.router(tags=["help"])

TOPICS = {
    "start": msgid("How Yinxin works"),
    "signing-in": msgid("Signing in"),
    "account": msgid("My account"),
    "preparing": msgid("Preparing certificates"),
    "batches": msgid("Batches"),
    "certificates": msgid("Certificates"),
    "statuses": msgid("Status orders"),
    "inspections": msgid("Inspections"),
    "erasures": msgid("Erase personal data"),
    "people": msgid("People"),
    "interfaces": msgid("Interfaces"),
    "reconciliation": msgid("Reconciliation"),
    "log": msgid("Log"),
    "doctor": msgid("Doctor"),
}
"""The help pages there are: `pages/help/<topic>.<language>.html`."""


@router.get("/help")
def start(call: Calling) -> Response:
    """Lead to the first help page."""
    return call.goto("/help/start")


@router.get("/help/{topic}")
def topic(topic: str, call: Calling) -> Response:
    """Show a help page."""
    if topic not in TOPICS:
        raise NotFound(f"help: got «{topic[:40]}», wanted one of {', '.join(TOPICS)}")
    visit = front.visitor(call)
    return (visit or call).page("help.html", topic=topic, topics=TOPICS)
