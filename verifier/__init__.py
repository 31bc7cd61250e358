"""Decides whether a certificate is to be believed, and says why."""
