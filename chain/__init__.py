"""The chain of evidence, link by link: pure, except for `chain.ethereum`."""
