"""Pictures that a page carries within itself."""

from __future__ import annotations

import base64

from issuer.document import qr


def qr_data_url(text: str) -> str:
    """Return a QR code of a text as the address of a picture."""
    drawn = qr.svg(qr.encode(text))
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn.encode()).decode()}"
