"""Issues certificates in batches and changes their status. The only holder of keys."""
