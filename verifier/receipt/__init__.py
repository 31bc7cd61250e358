"""Receipts: what was found, in words, on a page, signed."""
