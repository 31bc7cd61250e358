"""Erasure: what is held about a person becomes unreadable, on two officers' word."""
