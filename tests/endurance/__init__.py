"""Long runs in virtual time: weeks of a cluster's life with whatever goes wrong in them."""
