"""What the issuer answers over HTTP; the only place here that knows HTTP."""
