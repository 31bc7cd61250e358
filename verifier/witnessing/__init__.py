"""Witnesses: outsiders who remember what verifiers told, and say so with a key of their own."""
