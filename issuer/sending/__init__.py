"""The way of transactions to the chain, in one lane for each sending account."""
