"""The procedure, and all that it rests on. Pure: no clock, no network, no database, nobody's files."""
