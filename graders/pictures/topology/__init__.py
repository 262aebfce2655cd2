"""Which containers are in which networks: addresses, names, published ports, what is mounted, how they are."""
