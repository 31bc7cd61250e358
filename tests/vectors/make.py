"""Makes the vectors of copies, of receipts and of all evidence without a network; most from what `capture` kept.

Run by hand after a change of the formats: `.venv/bin/python -m tests.vectors.make`. Needs no chain, and writes the same
files each time.
"""

from __future__ import annotations

import json
from pathlib import Path

from tests.vectors.making import checkpoints, copies, headers, proofs, receipts, trust_lists, witness

FOLDER = Path(__file__).parent
LARGEST = 1 << 20


def main() -> None:
    """Write all seven files."""
    for maker in (copies, headers, proofs, trust_lists, checkpoints, receipts, witness):
        path = FOLDER / f"{maker.__name__.rsplit('.', 1)[1]}.json"
        path.write_text(json.dumps(maker.made(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        size = path.stat().st_size
        assert size < LARGEST, f"{path.name} has {size} bytes"
        print(f"{path.name}: {size:,} bytes")  # noqa: T201


if __name__ == "__main__":
    main()
