"""A shop's counter: the public page served over a registry in memory, papers that people bring, and telephones.

The registry knows one agency and certificates in every state, so that every verdict can be met; `test_scanned` has a
real chain instead. `watched` opens a window in which nothing may go wrong unseen.
"""

from __future__ import annotations

import io
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, cast

import pypdfium2  # type: ignore[import-untyped]  # It comes without types.
import uvicorn
import zxingcpp
from PIL import Image

from chain import copy
from chain.calendar import first_hour
from chain.events import Track
from chain.short_number import short_number
from chain.validity import Validity
from tests.browser.desk import CHROMIUM, QUIET
from tests.verifier.book import AGENCY, CLAIMS, NOW, TYPE, Book, Paper, paper
from tests.verifier.chain_in_memory import ListRegistry
from tests.verifier.copied import HOST, limited
from tests.verifier.printed import print_document
from verifier.app import make_app
from verifier.indexing.index import Index
from verifier.indexing.snapshot import Freshness
from verifier.indexing.store import Store
from verifier.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from chain.registry import Identity
    from verifier.indexing.snapshot import IndexSnapshot

_FINE = ("status of 4", "status of 503", "Service Worker registration blocked")
"""Refusals are told as resources that failed to load; a service worker would outlive its test."""
VALIDITY = Validity(date(2026, 1, 1), date(2028, 12, 31))
PHONE, DESKTOP = (360, 740), (1280, 900)
"""Width and height."""


class MemoryIndex(Index):
    """An index of a registry in memory, which may be in any state."""

    def __init__(self, book: Book, folder: Path) -> None:
        chain = ListRegistry([])
        store = Store(f"sqlite:///{folder / 'index.db'}")
        super().__init__(store, chain, Freshness(confirmations=1, max_head_age_s=30), read_heads=chain.heads)
        self.book = book

    def identity(self) -> Identity:
        return self.book.identity

    def follow(self, _now: datetime) -> None:
        """Be as new as it is."""

    @contextmanager
    def snapshot(self) -> Iterator[IndexSnapshot]:
        yield cast("IndexSnapshot", self.book)


class Papers:
    """What people bring; all of it but the stranger's is anchored."""

    def __init__(self, book: Book) -> None:
        self.valid = paper(salt=b"valid")
        self.strangers = paper(salt=b"strangers")
        self.expired = paper(salt=b"expired", validity=Validity(date(2023, 1, 1), date(2025, 12, 31)))
        self.renewing = paper(salt=b"renewing", validity=Validity(date(2023, 1, 1), date(2025, 12, 31)))
        self.early = paper(salt=b"early", validity=Validity(date(2026, 12, 1), None))
        self.unauthorised = paper(salt=b"unauthorised")
        self.on = {track: paper(salt=track.name.encode()) for track in Track}
        """One on each track."""
        book.suspended[AGENCY] = range(120, 130)
        book.anchor(self.unauthorised.leaf, block=125)
        usual = (self.valid, self.expired, self.renewing, self.early, *self.on.values())
        book.anchor(*(made.leaf for made in usual))
        until = first_hour(date(2027, 1, 1))
        for track, made in self.on.items():
            ends = until if track in {Track.SUSPENSION, Track.RENEWAL_PENDING} else 0
            replacement = self.valid.leaf if track is Track.REPLACED else None
            book.record(made.leaf, track, until_hour=ends, new_leaf=replacement)
        book.record(self.renewing.leaf, Track.RENEWAL_PENDING, until_hour=until)
        book.record(self.valid.leaf, Track.LOSS, actor=0)
        book.record(self.valid.leaf, Track.LOSS, actor=0, from_hour=0, timestamp=int(NOW.timestamp()) - 7200)

    @cached_property
    def document(self) -> bytes:
        """The valid one's PDF."""
        return print_document(self.valid, TYPE, dict(CLAIMS), VALIDITY)

    @cached_property
    def altered(self) -> bytes:
        """The same, with another name printed over the same code."""
        claims = {**CLAIMS, "company_name": "内蒙古演示冒名建筑工程有限责任公司"}
        return print_document(self.valid, TYPE, dict(claims), VALIDITY)

    @cached_property
    def photograph(self) -> bytes:
        """The valid one's page, as a JPEG."""
        file = io.BytesIO()
        self.page.convert("RGB").save(file, "JPEG", quality=85)
        return file.getvalue()

    @cached_property
    def page(self) -> Image.Image:
        """The valid one's page."""
        drawn: Image.Image = pypdfium2.PdfDocument(self.document)[0].render(scale=150 / 72).to_pil()
        return drawn

    @property
    def limited_copy(self) -> str:
        """What the code of a limited copy of the valid one says."""
        return copy.url(HOST, limited(self.valid).closed().encode())

    @property
    def short_number(self) -> str:
        return short_number(self.valid.leaf)


@dataclass(frozen=True)
class Shop:
    """The page, served, with what people bring."""

    url: str
    book: Book
    papers: Papers

    def code_here(self, made: Paper) -> str:
        """Return the address in a code of this very site."""
        return f"{self.url}/v#{made.code().partition('#')[2]}"


@contextmanager
def opened_shop(folder: Path) -> Iterator[Shop]:
    """Serve the page on a free port of this machine."""
    book = Book()
    app = make_app(MemoryIndex(book, folder), Settings(poll_s=3600), clock=lambda: NOW)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield Shop(f"http://127.0.0.1:{listening.getsockname()[1]}", book, Papers(book))
        server.should_exit = True
        thread.join()


@contextmanager
def watched(
    browser: Browser,
    shop: Shop,
    *,
    language: str = "en",
    size: tuple[int, int] = PHONE,
    scheme: str = "light",
    scripts: bool = True,
    camera: bool = False,
) -> Iterator[Page]:
    """Open a window; anything its console says, and any request to elsewhere, fails the test."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,  # type: ignore[arg-type]
        locale=language,
        reduced_motion="reduce",
        java_script_enabled=scripts,
        service_workers="block",
        base_url=shop.url,
        permissions=["camera"] if camera else [],
    )
    context.set_default_timeout(20_000)
    page, faults = context.new_page(), list[str]()
    page.on("console", lambda said: faults.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "request",
        lambda asked: None if asked.url.startswith((shop.url, "blob:", "data:")) else faults.append(asked.url),
    )
    yield page
    context.close()
    assert not (said := [each for each in faults if not any(fine in each for fine in _FINE)]), said


@contextmanager
def camera_browser(browser: Browser, folder: Path, frame: Image.Image) -> Iterator[Browser]:
    """Start another browser of that kind, whose camera shows a picture."""
    film = folder / "camera.mjpeg"
    frame.convert("RGB").save(film, "JPEG", quality=90)
    fake = ("--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}")
    opened = browser.browser_type.launch(executable_path=CHROMIUM, args=[*QUIET, *fake])
    yield opened
    opened.close()


def before_camera(page: Image.Image) -> Image.Image:
    """Return what a camera sees of a page that is held with its code before it."""
    (found,) = zxingcpp.read_barcodes(page)
    place = found.position
    corners = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    left, right = min(corner.x for corner in corners), max(corner.x for corner in corners)
    top, bottom = min(corner.y for corner in corners), max(corner.y for corner in corners)
    margin = (right - left) // 4
    part = page.crop((left - margin, top - margin, right + margin, bottom + margin)).resize((640, 640))
    seen = Image.new("RGB", (1280, 720), "#7a6f63")
    seen.paste(part, (320, 40))
    return seen


def qr(text: str) -> Image.Image:
    """Return a QR code, as large as a camera sees it."""
    made = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)
    drawn = Image.fromarray(zxingcpp.write_barcode_to_image(made, scale=4)).resize((600, 600), Image.Resampling.NEAREST)
    seen = Image.new("RGB", (1280, 720), "white")
    seen.paste(drawn.convert("RGB"), (340, 60))
    return seen
