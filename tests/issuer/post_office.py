"""A mail server on this machine, which keeps what it is given, and refuses or stays silent when told to."""

from __future__ import annotations

import email
import email.policy
import socket
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiosmtpd.controller import Controller  # type: ignore[import-untyped]

from issuer.reconciling.post import Post

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from email.message import EmailMessage

HOST = "127.0.0.1"
SENDER = "yinxin@example.gov.cn"
DUTY = "duty@example.gov.cn"


@dataclass(slots=True)
class PostOffice:
    """What came, and what is answered."""

    port: int
    answers: list[str] = field(default_factory=list)
    """What it answers to the next messages; «250 OK» when there are none."""
    refused: set[str] = field(default_factory=set)
    """Addresses that it does not know."""
    came: list[EmailMessage] = field(default_factory=list)
    addressed: list[list[str]] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 — aiosmtpd's own name
        self, _server: object, _session: object, envelope: object, address: str, _options: object
    ) -> str:
        if address in self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)  # type: ignore[attr-defined]
        return "250 OK"

    async def handle_DATA(self, _server: object, _session: object, envelope: object) -> str:  # noqa: N802 — as above
        if self.answers:
            return self.answers.pop(0)
        content: bytes = envelope.content  # type: ignore[attr-defined]
        self.came.append(email.message_from_bytes(content, policy=email.policy.default))
        self.addressed.append(list(envelope.rcpt_tos))  # type: ignore[attr-defined]
        return "250 OK"


@contextmanager
def open_post_office(tls: ssl.SSLContext | None = None) -> Iterator[PostOffice]:
    """Run a mail server on a free port; with a context it wants STARTTLS."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    made = PostOffice(port)
    more = {"tls_context": tls, "require_starttls": True} if tls else {}
    controller = Controller(made, hostname=HOST, port=port, **more)
    controller.start()
    try:
        yield made
    finally:
        controller.stop()


def post(port: int, **changes: object) -> Post:
    """Return who is told, through a mail server of this machine."""
    members: dict[str, object] = {
        "host": HOST,
        "port": port,
        "security": "none",
        "user": "",
        "password": "",
        "sender": SENDER,
        "recipients": {"2": (DUTY,)},
        "url": "https://issuer.example.gov.cn/reconciliation",
    }
    return Post(**(members | changes))  # type: ignore[arg-type]  # The tests name the members they change.
