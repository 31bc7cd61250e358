"""Hands everything to the verifier, as strangers would, and compares the verdicts with the expected ones."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pypdfium2  # type: ignore[import-untyped] # It has no types.

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DPI = 150
TURNED_BY = 3
"""Degrees; nobody lays a paper straight under a camera."""
TIMEOUT_S = 60
_NO_SOCKETS = """
import sys

def forbid(event, _):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.sendmsg"}:
        raise RuntimeError(f"{event}: there is no network")

sys.addaudithook(forbid)
from verifier.cli import main
main()
"""
"""Where there are no network namespaces: what would speak to somebody else fails."""
_BOUNDARY = "yinxin-demo-5d9c1b3f"


@dataclass(frozen=True, slots=True)
class Exhibit:
    """Something to be judged."""

    path: Path
    expected: str
    """A verdict."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the verifier said about it."""

    exhibit: Exhibit
    got: str
    way: str
    """Over which public interface."""

    @property
    def agrees(self) -> bool:
        """Whether it is the expected verdict."""
        return self.got == self.exhibit.expected


def over_http(url: str, exhibits: Sequence[Exhibit]) -> list[Judgement]:
    """Upload each to `POST /api/v1/verify`."""
    return [Judgement(exhibit, _uploaded(url, exhibit.path), "http") for exhibit in exhibits]


def on_the_command_line(environment: Mapping[str, str], exhibits: Sequence[Exhibit]) -> list[Judgement]:
    """Run `yinxin-verifier check` once over all of them."""
    command = [str(Path(sys.executable).with_name("yinxin-verifier")), "check", "--json"]
    return _judged(command, environment, exhibits, way="command line")


def fetched(url: str, path: Path) -> Path:
    """Fetch a file from one of our services."""
    with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:  # noqa: S310 — Our own address.
        path.write_bytes(answer.read())
    return path


def offline(
    environment: Mapping[str, str], exhibits: Sequence[Exhibit], *, trust: Path, checkpoint: Path, state: Path
) -> list[Judgement]:
    """Run `yinxin-verifier check --offline` once over all of them, in a process that cannot reach any network."""
    command = [*_without_network(), "check", "--offline", "--json"]
    command += ["--trust", str(trust), "--checkpoint", str(checkpoint), "--state", str(state)]
    return _judged(command, environment, exhibits, way="offline")


def _without_network() -> list[str]:
    """Return how to run the verifier without a network: in an empty network namespace, else with sockets forbidden."""
    program = str(Path(sys.executable).with_name("yinxin-verifier"))
    for unshare in (["unshare", "--net"], ["unshare", "--map-root-user", "--net"]):
        if (
            shutil.which("unshare")
            and subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode == 0
        ):
            return [*unshare, program]
    return [sys.executable, "-c", _NO_SOCKETS]


def photographed(document: Path, folder: Path) -> Path:
    """Make a picture of a document's first page at 150 dpi, slightly turned."""
    with pypdfium2.PdfDocument(document) as pdf:
        page = pdf[0].render(scale=DPI / 72).to_pil().convert("L")
    turned = page.rotate(TURNED_BY, expand=True, fillcolor=255)
    picture = BytesIO()
    turned.save(picture, "PNG", dpi=(DPI, DPI))
    path = folder / (document.stem + ".png")
    path.write_bytes(picture.getvalue())
    return path


def _judged(
    command: Sequence[str], environment: Mapping[str, str], exhibits: Sequence[Exhibit], *, way: str
) -> list[Judgement]:
    done = subprocess.run(
        [*command, *(str(exhibit.path) for exhibit in exhibits)],
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S * 10,
    )
    try:
        reports = json.loads(done.stdout)["reports"]
    except (ValueError, KeyError):
        shown = " ".join(command)
        raise SystemExit(f"{shown} ended with {done.returncode} and no reports:\n{done.stderr}") from None
    return [Judgement(exhibit, report["verdict"], way) for exhibit, report in zip(exhibits, reports, strict=True)]


def _uploaded(url: str, path: Path) -> str:
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{path.suffix or "file"}"\r\n'
    body = head.encode() + b"Content-Type: application/octet-stream\r\n\r\n" + path.read_bytes()
    request = urllib.request.Request(  # noqa: S310 — The address is our own verifier's.
        f"{url}/api/v1/verify",
        data=body + f"\r\n--{_BOUNDARY}--\r\n".encode(),
        headers={"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"},
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 — As above.
        return str(json.load(answer)["reports"][0]["verdict"])
