"""What follows once a batch is signed: documents, proofs, and how both come into people's hands."""
