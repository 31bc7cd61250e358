"""Certificates' statuses: what officers want, what it would change, who signs it, what the registry says since."""
