"""The mail server that takes messages to the agencies, and who is told, as the operator's settings have it."""

from __future__ import annotations

import re
import smtplib
import ssl
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING

from chain.errors import InvalidInput
from issuer.errors import SettingMissing, Unreachable
from issuer.site import url_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from email.message import EmailMessage

    from issuer.settings import Settings

TIMEOUT_S = 15.0
EVERYBODY = "*"
_ADDRESS = re.compile(r"""[^\s@,:;<>()"\[\]\\]+@[^\s@,:;<>()"\[\]\\]+""")


@dataclass(frozen=True, slots=True)
class Post:
    """The mail server, and who is told."""

    host: str
    port: int
    security: str
    """starttls, tls or none."""
    user: str
    password: str = field(repr=False)
    sender: str
    recipients: Mapping[str, tuple[str, ...]]
    """By the agency's number, or `EVERYBODY` for all agencies."""
    url: str
    """Of the pages."""
    trust: ssl.SSLContext | None = None
    """Whose certificates are believed; the usual ones if None."""

    def addresses(self, agency: int) -> tuple[str, ...]:
        """Return who is told about an agency."""
        wanted = (*self.recipients.get(str(agency), ()), *self.recipients.get(EVERYBODY, ()))
        return tuple(dict.fromkeys(wanted))

    def send(self, message: EmailMessage) -> int:
        """Hand a message over; returns how many of its addresses the server refused. Raises `Unreachable`.

        One address that takes it is enough; the others' refusal is told, and not tried again.
        """
        try:
            with self._connected() as server:
                return len(server.send_message(message))
        except smtplib.SMTPRecipientsRefused as exc:
            raise Unreachable(f"the mail server refused all {len(exc.recipients)} addresses") from exc
        except smtplib.SMTPResponseException as exc:
            raise Unreachable(f"the mail server answered {exc.smtp_code}") from exc
        except (smtplib.SMTPException, OSError) as exc:
            raise Unreachable(f"the mail server could not be reached: {type(exc).__name__}") from exc

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        context = self.trust or ssl.create_default_context()
        if self.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_S, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S)
        with server:
            if self.security == "starttls":
                server.starttls(context=context)
            if self.user:
                server.login(self.user, self.password)
            yield server


def of(settings: Settings) -> Post | None:
    """Return the mail server that the settings name, None for none; raises `SettingMissing` or `InvalidInput`."""
    if not settings.alert_mail:
        return None
    if not settings.smtp_host or not settings.smtp_from:
        raise SettingMissing("YINXIN_SMTP_HOST, YINXIN_SMTP_FROM: wanted both with YINXIN_ALERT_MAIL")
    if not _is_address(settings.smtp_from):
        raise InvalidInput("YINXIN_SMTP_FROM: got something else than one address, wanted NAME@DOMAIN alone")
    if settings.smtp_security == "none" and not _is_here(settings.smtp_host):
        raise InvalidInput(
            f"YINXIN_SMTP_SECURITY: got none for {settings.smtp_host}, wanted starttls or tls: only this machine's own "
            "mail server is spoken to in the clear"
        )
    password = ""
    if settings.smtp_user:
        if settings.smtp_password_file is None:
            raise SettingMissing("YINXIN_SMTP_PASSWORD_FILE: wanted one with YINXIN_SMTP_USER")
        try:
            password = settings.smtp_password_file.read_text(encoding="utf-8").strip()
        except OSError as exc:
            raise SettingMissing(
                f"YINXIN_SMTP_PASSWORD_FILE: got no readable file {settings.smtp_password_file}"
            ) from exc
    return Post(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        user=settings.smtp_user,
        password=password,
        sender=settings.smtp_from,
        recipients=recipients(settings.alert_mail),
        url=f"{url_of(settings)}/reconciliation",
    )


def recipients(text: str) -> dict[str, tuple[str, ...]]:
    """Read the operator's list; raises `InvalidInput`."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        agency, _, address = (part.strip() for part in entry.partition("="))
        is_agency = agency == EVERYBODY or (agency.isascii() and agency.isdecimal())
        if not is_agency or not _is_address(address):
            raise InvalidInput(
                "YINXIN_ALERT_MAIL: got an entry that is not AGENCY=ADDRESS with the agency's number or *"
            )
        found[agency] = (*found.get(agency, ()), address)
    return found


def _is_address(text: str) -> bool:
    """Whether a text can stand in a message's head as an address, with nothing beside it."""
    return text.isprintable() and _ADDRESS.fullmatch(text) is not None


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
