"""The clerks' pages, one module for each topic."""
