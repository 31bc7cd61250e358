"""A folder of JavaScript modules, open in a page under the headers with which the verifier serves its own."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from verifier.app import _HEADERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    Ask = Callable[[str, object], object]


class _Pages(SimpleHTTPRequestHandler):
    extensions_map = {".mjs": "text/javascript", ".html": "text/html; charset=utf-8"}  # noqa: RUF012 - as the base has it

    def end_headers(self) -> None:
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def in_a_page(browser: Browser, folder: Path) -> Iterator[Ask]:
    """Yield what calls a JavaScript function in a page of the folder; whatever it complains of is a fault."""
    (folder / "index.html").write_text("<!doctype html><title>Modules</title><link rel=icon href=data:,>")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Pages, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    page, faults = browser.new_page(), list[str]()
    page.on("console", lambda said: faults.append(said.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"http://127.0.0.1:{server.server_port}/index.html")
    faults.clear()

    def ask(function: str, given: object) -> object:
        answer: object = page.evaluate(function, given)
        assert faults == []
        return answer

    yield ask
    page.close()
    server.shutdown()
    server.server_close()
    thread.join()
