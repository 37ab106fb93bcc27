"""The program killed with SIGKILL again and again, on one journal and one simulated cluster, in real time over TLS."""
