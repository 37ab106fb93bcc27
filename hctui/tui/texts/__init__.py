"""The pages of text of the console: what they say about a decision, a VM, a node or the keys. All pure."""
