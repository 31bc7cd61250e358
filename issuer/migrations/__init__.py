"""How the issuer's database came to be, revision by revision."""
