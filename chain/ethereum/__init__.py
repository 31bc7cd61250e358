"""The Ethereum gateway. web3 and solcx are imported here and nowhere else."""
