"""A batch made, printed, read back and verified before anybody signs it."""
