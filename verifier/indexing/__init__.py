"""The index: follows the chain into tables, and is what verification asks."""
