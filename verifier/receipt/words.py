"""What a receipt says, line by line, for the page and the terminal. `pages/page/receipt_view.js` does the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifier.wording import Language, message, say, sentence, show

if TYPE_CHECKING:
    from datetime import datetime

    from verifier.check.receipt_check import ReceiptReport

PLAIN, MAIN, NUMBER = "plain", "main", "plain number"


def says(report: ReceiptReport, language: Language) -> list[tuple[str, str, str]]:
    """Return label, text and look of each line; nothing where nobody who is believed vouches for it."""
    if report.signed is None or not report.is_vouched_for:
        return []
    receipt = report.signed.receipt
    lines: list[tuple[str, str, str]] = []

    def add(key: str, text: str, look: str = PLAIN) -> None:
        lines.append((sentence(key, language), text, look))

    add("receipt.finding", say(message(f"receipt.found.{receipt.verdict}"), language), MAIN)
    add("receipt.checked_at", to_the_second(receipt.checked_at, language), MAIN)
    add("receipt.on", show(receipt.on, language))
    if receipt.registered_on is not None:
        add("receipt.registered", say(message("bulk.before_anchoring", day=receipt.registered_on), language), MAIN)
    if receipt.short_number is not None and receipt.leaf is not None:
        add("page.short_number", receipt.short_number, MAIN)
        add("page.leaf", receipt.leaf.hex(), NUMBER)
    if receipt.asked_by:
        add("receipt.asked_by", f"{receipt.asked_by} ({sentence('receipt.themselves', language)})")
    if receipt.block is None or receipt.known_at is None:
        add("receipt.block", sentence("receipt.no_block", language))
    else:
        known = to_the_second(receipt.known_at, language)
        add("receipt.block", say(message("receipt.block_of", number=receipt.block.number, time=known), language))
        add("receipt.block_hash", f"0x{receipt.block.hash.hex()}", NUMBER)
    if receipt.checkpoint is not None:
        add("receipt.checkpoint", str(receipt.checkpoint.number))
    add("receipt.handed_in", receipt.handed_in.hex(), NUMBER)
    add("receipt.id", receipt.id.hex(), NUMBER)
    return lines


def to_the_second(time: datetime, language: Language) -> str:
    """Write a time as people do, with its seconds."""
    return f"{show(time, language)}:{time:%S}"
