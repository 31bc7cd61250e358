"""Holds an agency's books, the registry and the archived documents against each other, and watches the registry."""
