"""Other systems and webhooks on the command line; and that nothing can be done over HTTP alone."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import typer.main

from chain.certificate_types import by_identifier
from issuer import cli
from issuer.client import admission
from issuer.commands import clients as client_commands
from issuer.commands import webhooks as webhook_commands
from issuer.settings import Settings
from issuer.webhook import telling
from issuer.wiring import Issuer
from tests.issuer.clients import PERMIT, occasion
from tests.issuer.receiver import receiving, sender
from tests.issuer.test_app import counter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.issuer.offices import World

COUNTERPARTS = {
    ("GET", "/api/v1/types"): "types",
    ("GET", "/api/v1/types/{certificate_type}/template"): "template",
    ("POST", "/api/v1/batches"): "import",
    ("POST", "/api/v1/drafts"): "import",
    ("GET", "/api/v1/batches"): "batches",
    ("GET", "/api/v1/batches/{batch}"): "batches",
    ("GET", "/api/v1/batches/{batch}/certificates"): "list",
    ("POST", "/api/v1/batches/{batch}/prepare"): "prepare",
    ("POST", "/api/v1/batches/{batch}/approve"): "approve",
    ("POST", "/api/v1/batches/{batch}/seal"): "seal",
    ("GET", "/api/v1/batches/{batch}/documents"): "documents",
    ("GET", "/api/v1/certificates/{number}"): "show",
    ("GET", "/api/v1/certificates/{number}/document"): "documents",
    ("GET", "/api/v1/certificates/{number}/proof"): "proofs",
    ("POST", "/api/v1/certificates/{number}/status"): "status",
    ("POST", "/api/v1/services/search"): "list",
    ("POST", "/api/v1/services/info"): "show",
    ("POST", "/api/v1/services/file"): "documents",
    ("POST", "/api/v1/services/verify-info"): "show",
    ("POST", "/api/v1/services/verify-file"): "documents",
    ("POST", "/oauth/token"): "client secret",
    ("GET", "/.well-known/oauth-authorization-server"): "settings",
    ("GET", "/.well-known/did.json"): "settings",
    ("GET", "/agencies/{agency}/did.json"): "officers",
    ("GET", "/healthz"): "doctor",
    ("GET", "/readyz"): "doctor",
}
"""What does on the command line what each operation does over HTTP."""


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Return what runs a command on a world and returns what it said; it must be done."""

    @contextmanager
    def opened() -> Iterator[Issuer]:
        settings = Settings(webhook_networks="127.0.0.0/8")
        yield Issuer(settings, world.office, world.registry)  # type: ignore[arg-type]

    for module in (client_commands, webhook_commands):
        monkeypatch.setattr(module, "issuer", opened)

    def run(*words: object, code: int = 0) -> str:
        capfd.readouterr()
        assert cli.run([str(word) for word in words]) == code
        said = capfd.readouterr()
        return said.out + said.err

    return run


def test_system_is_let_in_altered_and_ended(world: World, run: Callable[..., str]) -> None:
    said = run("client", "new", "登记系统", "--agency", 2, "--scope", "info", "--type", PERMIT, "--json")
    made = json.loads(said[said.index("{") :])
    caller = admission.admit(world.office, made["secret"], occasion(world))
    assert (caller.agency, caller.scopes, caller.types) == (2, {"info"}, {PERMIT})
    run("client", "alter", made["client"], "--field", f"{PERMIT}:number", "--network", "10.0.0.0/8")
    with pytest.raises(admission.NotAllowed):
        admission.admit(world.office, made["secret"], occasion(world))
    second = run("client", "secret", made["client"]).split()[-1]
    assert second.startswith("yx_")
    run("client", "secret", made["client"], "--end", second[-4:])
    listed = json.loads(run("client", "list", "--json"))
    assert [(each["client"], len(each["secrets"]), each["state"]) for each in listed] == [(made["client"], 1, "in use")]
    assert made["client"] in run("client", "list")
    run("client", "revoke", made["client"])
    assert json.loads(run("client", "list", "--json"))[0]["state"] == "revoked"
    assert "wanted one of" in run("client", "revoke", "nobody", code=1)
    assert "wanted TYPE:CLAIM" in run("client", "alter", made["client"], "--field", "x", code=64)


def test_webhook_is_made_tested_and_sent_again(world: World, run: Callable[..., str]) -> None:
    said = run("client", "new", "登记系统", "--agency", 2, "--scope", "info", "--type", PERMIT, "--json")
    client = json.loads(said[said.index("{") :])["client"]
    with receiving() as receiver:
        secret = run("webhook", "new", client, receiver.url(), "--event", "batch.final").split()[-1]
        run("webhook", "test", 1)
        while telling.step(world.office, sender()):
            pass
        assert receiver.messages[0].is_signed_with(secret)
        (listed,) = json.loads(run("webhook", "list", "--deliveries", "--json"))
        assert (listed["events"], listed["deliveries"][0]["state"]) == (["batch.final"], "DELIVERED")
        assert "webhook.test" in run("webhook", "list", "--deliveries")
        run("webhook", "redeliver", listed["deliveries"][0]["delivery"])
        while telling.step(world.office, sender()):
            pass
        assert [each.id for each in receiver.messages] == [listed["deliveries"][0]["message"]] * 2
    assert run("webhook", "secret", 1).split()[-1] != secret
    run("webhook", "end", 1)
    assert "ended" in run("webhook", "list")
    assert "not on the public Internet" in run("webhook", "new", client, "https://10.0.0.1/", code=1)


def test_everything_over_http_is_on_the_command_line_as_well(world: World) -> None:
    with counter(world) as http:
        paths = http.get("/openapi.json").json()["paths"]
    operations = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert operations == set(COUNTERPARTS)
    group = typer.main.get_command(cli.app)
    commands = set(_names(group))
    assert set(COUNTERPARTS.values()) <= commands
    assert {"client new", "client list", "client revoke", "client secret", "webhook list"} <= commands
    assert by_identifier(PERMIT).identifier == PERMIT


def _names(group: object, before: str = "") -> Iterator[str]:
    for name, command in getattr(group, "commands", {}).items():
        yield f"{before}{name}"
        yield from _names(command, f"{before}{name} ")
