"""What this verifier hands out for checks without it: checkpoints, packs and the trust list."""
