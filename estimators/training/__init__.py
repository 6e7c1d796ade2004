"""From parameters and a panel to trained networks: skorch's net and what it needs."""
