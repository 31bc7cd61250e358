"""The verifier as one file: page, scripts, scanner, trust list and pack. It opens from a disk and asks no network."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

from markupsafe import Markup

from verifier.routes.rendering import rendered
from verifier.wording import Language, keys_for_browsers, sentence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import Request

PATH = "/yinxin-verifier.html"
_TEMPLATE = "standalone.html"
_SCRIPT, _CHECKING, _STYLE, _ICON, _WASM = "standalone.js", "checking.js", "page.css", "icon.svg", "zxing_reader.wasm"
_ENDS_A_BLOCK = ("</script", "<!--", "</style")
"""What would end a block in its midst, or begin a comment (HTML, «Restrictions for contents of script elements»)."""


def version() -> bytes:
    """Return the digest of all that goes into the file beside trust list and pack."""
    made = sha256()
    for name in (_SCRIPT, _CHECKING, _STYLE, _ICON, _WASM):
        made.update(sha256(_static(name)).digest())
    made.update(_words().encode())
    return made.digest()


def assemble(request: Request, language: Language, trust: bytes, pack: bytes) -> bytes:
    """Return the file. It begins in this language, and knows them all."""
    script, style = _block(_static(_SCRIPT).decode()), _block(_static(_STYLE).decode())
    blocks = {
        "trust-list": b64encode(trust).decode(),
        "pack": b64encode(pack).decode(),
        "wasm": _packed(),
        "words": _words(),
        "checking": _block(_static(_CHECKING).decode()),
    }
    page = rendered(
        request,
        _TEMPLATE,
        language,
        fault=None,
        typed="",
        on="",
        policy=_policy(script, style),
        icon=f"data:image/svg+xml;base64,{b64encode(_static(_ICON)).decode()}",
        # All of it is made here, of our own files and of base64.
        style=Markup(style),  # noqa: S704
        script=Markup(script),  # noqa: S704
        blocks=_marked(blocks),
    )
    return bytes(page.body)


def _policy(script: str, style: str) -> str:
    """Return the rules of the file: its own script and style, and nothing from anywhere."""
    return (
        f"default-src 'none'; script-src '{_hash(script)}' 'wasm-unsafe-eval'; style-src '{_hash(style)}'; "
        "img-src data: blob:; worker-src blob:; connect-src 'none'; form-action 'none'; base-uri 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _marked(blocks: Mapping[str, str]) -> dict[str, Markup]:
    return {name: Markup(text) for name, text in blocks.items()}  # noqa: S704  # As above.


def _block(text: str) -> str:
    """Return what is to stand within an element; raises `ValueError` if it would not stay there."""
    if found := [end for end in _ENDS_A_BLOCK if end in text.lower()]:
        raise ValueError(f"got a file with {found[0]} in it, wanted one that can stand within a page")
    return text


@cache
def _packed() -> str:
    """Return the scanner's WebAssembly, which shrinks to less than half."""
    return b64encode(gzip.compress(_static(_WASM), mtime=0)).decode()


@cache
def _words() -> str:
    said = {
        language.value: {key: sentence(key, language) for key in sorted(keys_for_browsers(language))}
        for language in Language
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


@cache
def _static(name: str) -> bytes:
    return files("verifier").joinpath("pages", "static", name).read_bytes()
