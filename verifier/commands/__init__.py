"""Commands that have an area of their own, one module each; `verifier.cli` mounts them."""
