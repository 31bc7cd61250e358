"""A telephone with the verifier's page, the verifier that it comes from, and the papers that are shown to it."""

from __future__ import annotations

import re
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from chain import merkle
from chain.code import InclusionPath
from chain.keys import PublicKey
from tests.browser.between import Between, standing
from tests.deployed import document_key
from tests.verifier.papers_on_chain import anchor, certificate_of, set_status
from tests.verifier.test_checkpoints import follow
from tests.verifier.test_index import now_of
from tests.verifier.trust import settings_of, trust_list_of, verifier_of
from verifier.app import make_app
from verifier.wiring import attester_of, open_trust_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page

    from chain.ethereum.network import Anvil
    from chain.events import Track
    from tests.browser.between import Standing
    from tests.deployed import Deployed
    from tests.verifier.book import Paper

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DEADLINE_MS = 60_000


@dataclass
class World:
    """A registry, and a verifier of it behind something that hears and may lie."""

    deployed: Deployed
    anvil: Anvil
    folder: Path
    between: Between
    server: Standing

    @property
    def now(self) -> datetime:
        """The newest block's time."""
        return now_of(self.deployed)

    def paper(self, label: str, **changes: object) -> Paper:
        """Make a certificate that nobody has anchored yet."""
        return certificate_of(self.deployed, self.deployed.offices[0], label, **changes)

    def anchor(self, *papers: Paper) -> None:
        """Anchor certificates in one batch."""
        anchor(self.deployed, self.deployed.offices[0], *papers)

    def change(self, made: Paper, track: Track) -> None:
        """Change a certificate's status from this hour on."""
        set_status(self.deployed, self.deployed.offices[0], made.leaf, track, self.now)

    def cut(self) -> None:
        """Have the verifier read what is new, and cut a checkpoint of it."""
        self.anvil.mine()
        assert follow(verifier_of(self.deployed, self.folder), self.deployed) is not None

    def read(self) -> None:
        """Have the verifier read what is new, without a checkpoint."""
        self.anvil.mine()
        progress = verifier_of(self.deployed, self.folder).index.follow(self.now)
        assert progress is not None
        assert progress.trouble == ""


@contextmanager
def world_of(deployed: Deployed, anvil: Anvil, folder: Path) -> Iterator[World]:
    """Serve a verifier with a trust list; nothing was anchored yet."""
    public = attester_of(settings_of(deployed, folder)).public
    (folder / "trust.json").write_bytes(trust_list_of(deployed, now=now_of(deployed), attesters=[public]))
    settings = settings_of(deployed, folder, poll_s=3600, limit_reading=0, trust_list=str(folder / "trust.json"))
    verifier = verifier_of(deployed, folder)
    app = make_app(
        verifier.index,
        settings,
        clock=lambda: now_of(deployed),
        evidence_files=verifier.files,
        trust=open_trust_file(settings, now_of(deployed)),
    )
    between = Between(app)
    with standing(between) as server:
        yield World(deployed, anvil, folder, between, server)


def with_path(made: Paper, *others: Paper) -> str:
    """Return the code with its inclusion path, of a certificate that was anchored before these others."""
    leaves = [made.leaf, *(other.leaf for other in others)]
    return made.code(path=InclusionPath(len(leaves), 0, merkle.inclusion_path(leaves, 0)))


def spare_key(world: World, name: str) -> PublicKey:
    """List another document key for the office."""
    office, public = world.deployed.offices[0], PublicKey.of(document_key(name))
    world.deployed.governing().add_key(
        office.agency, x=public.x, y=public.y, valid_from=0, valid_until=0, by=office.managers
    )
    return public


@dataclass
class Telephone:
    """A browser of its own, with nothing kept in it."""

    context: BrowserContext
    page: Page
    url: str

    def at(self, now: datetime) -> None:
        """Set its clock."""
        self.page.clock.set_fixed_time(now)

    def open(self, path: str = "/?lang=en") -> None:
        """Open a page of the verifier's."""
        self.page.goto(f"{self.url}{path}")

    def show(self, code: str) -> str:
        """Open a code's address, as the telephone's own camera does; returns the verdict's colour."""
        self.page.goto("about:blank")
        self.open(f"/v?lang=en#{code.partition('#')[2]}")
        return self.colour()

    def type(self, text: str) -> str:
        """Type something on the first page; returns the verdict's colour."""
        self.page.fill("#typed", text)
        self.page.click("form.ask button[type=submit]")
        return self.colour()

    def colour(self) -> str:
        """Return the colour of the verdict, as soon as there is one."""
        self.page.wait_for_selector("section.verdict")
        look = self.page.get_attribute("section.verdict", "class") or ""
        return next(colour for colour in ("green", "amber", "grey", "red") if colour in look.split())

    @property
    def heading(self) -> str:
        """What the verdict says."""
        return self.page.inner_text("#verdict")

    @property
    def text(self) -> str:
        """All that the page says."""
        return self.page.inner_text("main")

    @property
    def reasons(self) -> str:
        """All that the page says, and what it keeps folded."""
        return self.page.text_content("main") or ""

    @property
    def pack(self) -> str:
        """What the first page says of the pack on this device."""
        told = self.page.locator("#take [data-pack]", has_text=re.compile(r"\w"))
        told.wait_for()
        return told.inner_text()

    def take(self) -> str:
        """Take the pack along; returns what is said in the end."""
        self.page.click("#take [data-take]")
        self.page.wait_for_selector("#take [data-take]:not([disabled])")
        return self.page.inner_text("#take [data-said]")


@contextmanager
def telephone(browser: Browser, url: str, now: datetime) -> Iterator[Telephone]:
    """Open a browser as wide as the narrowest telephones."""
    context = browser.new_context(viewport={"width": 320, "height": 640}, locale="en-GB")
    context.set_default_timeout(DEADLINE_MS)
    made = Telephone(context, context.new_page(), url)
    made.at(now)
    yield made
    context.close()


DAY = timedelta(days=1)
