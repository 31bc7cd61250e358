"""Consuming systems («clients»): which there are, how each shows who it is, and what it may ask for."""
