"""hctui: a trustworthy, visible load balancer for Scale Computing HyperCore clusters."""
