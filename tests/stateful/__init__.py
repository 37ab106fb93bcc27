"""A program on a simulated cluster, and whatever may happen to both in any order: a stateful test."""
