"""The database: its tables, the questions asked of each, and the store that opens it."""
