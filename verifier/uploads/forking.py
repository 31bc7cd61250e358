"""Forks a child for each upload out of a process that has the decoders loaded already. Runs as a program of its own.

Loading them takes longer than most uploads do. This process reads no upload and no setting, knows no secret, and has
one thread; what comes to it are open files, which it hands to the child. The child gives up what it could do harm with
(`uploads.decoding.confine`) and does what `uploads.decoding` does when it is started afresh. When nobody is left at
the other end of the socket, it ends.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from pathlib import Path

GIVEN, ANSWERED = 0, 1
_CONTROL = 0
_FILES = 2
_MOST = 4_096
"""Bytes of a file's name."""


def load() -> None:
    """Load all that a child may need."""
    import pikepdf  # noqa: PLC0415 (where this is a program, its folder is known only when it starts)
    import pypdfium2  # type: ignore[import-untyped]  # noqa: PLC0415 (as above)
    from PIL import Image, ImageChops, JpegImagePlugin, PngImagePlugin  # noqa: PLC0415 (as above)
    from pyhanko.sign import validation  # noqa: PLC0415 (as above)

    from verifier.pdf import originals, stamps  # noqa: PLC0415 (as above)
    from verifier.pdf import signatures as pdf_signatures  # noqa: PLC0415 (as above)
    from verifier.uploads import qr_codes  # noqa: PLC0415 (as above)

    del pikepdf, pypdfium2, validation, originals, pdf_signatures, qr_codes, stamps
    del Image, ImageChops, JpegImagePlugin, PngImagePlugin


def serve(control: socket.socket) -> None:
    """Fork a child for each pair of files that comes, and hand back what tells of its end."""
    # Whoever asks and goes away leaves no process behind for long: each is looked after when the next one comes.
    control.sendall(b"\n")
    while True:
        name, files, _, _ = socket.recv_fds(control, _MOST, _FILES)
        if not name:
            return
        child = os.fork()
        if not child:
            control.close()
            _become(files, name.decode().strip())
        told = os.pidfd_open(child)
        socket.send_fds(control, [b"\n"], [told])
        for file in (told, *files):
            os.close(file)
        _bury()


def _become(files: list[int], roots: str) -> None:
    """Be the child: nothing is left of the process it came from but the libraries."""
    from verifier.uploads import decoding  # noqa: PLC0415 (as in `load`)

    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        for file, place in zip(files, (GIVEN, ANSWERED), strict=True):
            os.dup2(file, place)
            os.close(file)
        decoding.main([roots] if roots else [])
    finally:
        os._exit(1)


def _bury() -> None:
    """Let the system forget the children that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def main() -> None:
    """Load, then serve whoever holds the other end of standard input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    load()
    control = socket.socket(fileno=os.dup(_CONTROL))
    # Standard input and output are the children's; until there is one, nothing reads or writes there.
    empty = os.open(os.devnull, os.O_RDWR)
    for place in (GIVEN, ANSWERED):
        os.dup2(empty, place)
    os.close(empty)
    serve(control)


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).resolve().parents[2]))
    main()
