"""The issuer's own people: their accounts, how they sign in, and what opens their keys."""
