"""The auditor's pages, and the files that they offer."""
