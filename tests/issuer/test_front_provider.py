"""Signing in at an identity provider: a real one, which the test runs."""

from __future__ import annotations

import secrets
import subprocess
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from issuer import site
from issuer.errors import ProviderAway, SettingMissing, SignInRefused
from issuer.people.provider import Provider
from issuer.settings import Settings
from issuer.tables.account_models import Role
from tests.issuer.clerks import PASSWORD, Door, csrf_in, pages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi.testclient import TestClient

    from tests.issuer.offices import World

ROOT = Path(__file__).resolve().parents[2]
BACK = f"http://localhost{site.COMES_BACK_TO}"
SECRET = secrets.token_hex(32)
PEOPLE = {"Accept": "text/html", "Accept-Language": "en"}


@pytest.fixture(scope="module")
def issuer_url() -> Iterator[str]:
    """Run a provider for as long as its standard input is open."""
    program = ["node", str(ROOT / "tests" / "issuer" / "oidc_provider.mjs"), BACK, SECRET]
    with subprocess.Popen(
        program, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as running:
        assert running.stdout is not None
        assert running.stdin is not None
        url = ""
        while not url.startswith("http"):
            url = running.stdout.readline().strip()
            assert url or running.poll() is None, "the provider did not start"
        yield url
        running.stdin.close()
        running.wait(timeout=20)


def provider_at(url: str, *, client_secret: str = SECRET, claim: str = "preferred_username") -> Provider:
    return Provider(
        url,
        name="the region's sign-in",
        client_id="yinxin",
        client_secret=client_secret,
        redirect=BACK,
        claim=claim,
        scope="openid profile",
    )


@contextmanager
def door_with(world: World, provider: Provider) -> Iterator[Door]:
    # Tokens have the real time's dates.
    world.registry.now = int(datetime.now(UTC).timestamp())
    with pages(world) as door:
        desk = door.app.state.desk
        door.app.state.desk = replace(desk, site=replace(desk.site, provider=provider))
        yield door


@pytest.fixture
def door(world: World, issuer_url: str) -> Iterator[Door]:
    with door_with(world, provider_at(issuer_url)) as opened:
        yield opened


def through(url: str, login: str) -> str:
    """Sign in on the provider's own pages; returns where it sends the browser back to."""
    own = urlsplit(url)._replace(path="", query="").geturl()
    with httpx2.Client(timeout=20) as browser:
        answer = browser.get(url)
        for _ in range(12):
            if answer.is_redirect:
                target = answer.headers["location"]
                if target.startswith(BACK):
                    return str(target)
                answer = browser.get(f"{own}{target}" if target.startswith("/") else target)
            else:
                form = answer.text.partition('action="')[2].partition('"')[0]
                prompt = answer.text.partition('name="prompt" value="')[2].partition('"')[0]
                answer = browser.post(form, data={"prompt": prompt, "login": f"subject-of-{login}", "password": "any"})
    raise AssertionError("the provider did not send the browser back")


def begun(guest: TestClient, wanted: str = "/log") -> str:
    answer = guest.get(f"/sign-in/provider?next={wanted}")
    assert answer.status_code == 303
    return str(answer.headers["location"])


def back(guest: TestClient, url: str) -> str:
    answer = guest.get(url.removeprefix("http://localhost"), headers=PEOPLE)
    return answer.headers.get("location", "") if answer.status_code == 303 else f"{answer.status_code}"


def test_the_sign_in_page_offers_the_provider(door: Door) -> None:
    assert "Sign in with the region&#39;s sign-in" in door.guest().get("/sign-in", headers=PEOPLE).text


def test_whom_the_provider_names_is_signed_in(door: Door) -> None:
    door.hire("low-preparer", Role.PREPARER)
    guest = door.guest()
    url = begun(guest, "/account")
    asked = parse_qs(urlsplit(url).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["nonce"][0] != asked["state"][0]
    assert back(guest, through(url, "low-preparer")) == "/account"
    assert guest.get("/account").status_code == 200


def test_who_is_to_sign_types_the_password_as_well(door: Door) -> None:
    door.hire("low-preparer", Role.PREPARER, Role.AGENCY_MANAGER)
    guest = door.guest()
    assert back(guest, through(begun(guest, "/people/new"), "low-preparer")).startswith("/sign-in/second")
    page = guest.get("/sign-in/second?next=/people/new", headers=PEOPLE)
    door.world.registry.now += 30
    code = door.secrets["low-preparer"].at(door.world.office.now())
    guest.post("/sign-in/second", data={"csrf": csrf_in(page), "code": code})
    answer = guest.get("/people/new", headers=PEOPLE)
    assert answer.headers["location"].startswith("/confirm")
    page = guest.get(answer.headers["location"], headers=PEOPLE)
    typed = {"csrf": csrf_in(page), "password": PASSWORD, "next": "/people/new"}
    assert guest.post("/confirm/password", data=typed).headers["location"] == "/confirm?next=%2Fpeople%2Fnew"
    assert guest.get("/people/new", headers=PEOPLE).status_code == 200


def test_whom_nobody_knows_here_is_not_let_in(door: Door) -> None:
    guest = door.guest()
    assert back(guest, through(begun(guest), "stranger")) == "401"


def test_an_answer_counts_once_and_in_its_own_browser(door: Door) -> None:
    door.hire("low-preparer", Role.PREPARER)
    guest, other = door.guest(), door.guest()
    url = through(begun(guest), "low-preparer")
    assert back(other, url) == "401"
    assert back(guest, url) == "/log"
    assert back(guest, url) == "401"


def test_an_answer_that_comes_too_late_does_not_count(door: Door) -> None:
    door.hire("low-preparer", Role.PREPARER)
    guest = door.guest()
    url = through(begun(guest), "low-preparer")
    door.world.registry.now += 601
    assert back(guest, url) == "401"


def test_a_refusal_of_the_provider_signs_nobody_in(door: Door) -> None:
    guest = door.guest()
    state = parse_qs(urlsplit(begun(guest)).query)["state"][0]
    assert back(guest, f"{site.COMES_BACK_TO}?error=access_denied&state={state}") == "401"
    assert back(guest, f"{site.COMES_BACK_TO}?code=x&state=made-up") == "401"


def test_a_token_for_another_nonce_is_not_believed(issuer_url: str) -> None:
    provider = provider_at(issuer_url)
    verifier = secrets.token_urlsafe(48)
    url = provider.address(state="s", nonce="one nonce", verifier=verifier)
    code = parse_qs(urlsplit(through(url, "low-preparer")).query)["code"][0]
    with pytest.raises(SignInRefused):
        provider.login(code=code, nonce="another nonce", verifier=verifier, now=datetime.now(UTC))


def test_a_token_that_has_expired_is_not_believed(issuer_url: str) -> None:
    provider = provider_at(issuer_url)
    verifier = secrets.token_urlsafe(48)
    url = provider.address(state="s", nonce="n", verifier=verifier)
    code = parse_qs(urlsplit(through(url, "low-preparer")).query)["code"][0]
    with pytest.raises(SignInRefused):
        provider.login(code=code, nonce="n", verifier=verifier, now=datetime.now(UTC) + timedelta(days=1))


@pytest.mark.parametrize(
    ("client_secret", "claim"),
    [("wrong", "preferred_username"), (SECRET, "no_such_claim")],
    ids=["secret", "claim"],
)
def test_a_wrong_secret_or_claim_signs_nobody_in(issuer_url: str, client_secret: str, claim: str) -> None:
    provider = provider_at(issuer_url, client_secret=client_secret, claim=claim)
    verifier = secrets.token_urlsafe(48)
    url = provider.address(state="s", nonce="n", verifier=verifier)
    code = parse_qs(urlsplit(through(url, "low-preparer")).query)["code"][0]
    with pytest.raises(SignInRefused):
        provider.login(code=code, nonce="n", verifier=verifier, now=datetime.now(UTC))


def test_a_provider_that_does_not_answer_is_said_to_be_away(world: World) -> None:
    with pytest.raises(ProviderAway):
        provider_at("http://127.0.0.1:9").address(state="s", nonce="n", verifier="v")
    with door_with(world, provider_at("http://127.0.0.1:9")) as door:
        assert door.guest().get("/sign-in/provider", headers=PEOPLE).status_code == 503


def test_settings_make_a_provider_and_say_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}\n", encoding="utf-8")
    whole = {
        "oidc_issuer": "https://id.example.gov.cn",
        "oidc_client_id": "yinxin",
        "oidc_client_secret_file": tmp_path / "secret",
        "light_passwords": True,
    }
    assert site.of(Settings(**whole)).provider is not None  # type: ignore[arg-type]
    with pytest.raises(SettingMissing):
        site.of(Settings(**{**whole, "oidc_client_id": ""}))  # type: ignore[arg-type]
    with pytest.raises(SettingMissing):
        site.of(Settings(**{**whole, "oidc_client_secret_file": tmp_path / "none"}))  # type: ignore[arg-type]
