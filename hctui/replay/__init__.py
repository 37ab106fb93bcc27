"""What a policy would have done: recorded samples through the same core, in virtual time, on a model of the cluster.

Knows the core and nothing else of ours: no journal, no clock, no file.
"""
