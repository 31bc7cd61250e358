"""Tells clients what happened: which events, to which addresses, as often as it takes."""
