"""The REST API of a HyperCore cluster: wire structs, an HTTPS client, and core values made from the answers.

Everything a cluster says passes through here once: bounded, checked against its expected shape, made harmless
for a terminal, and turned into `hctui.core.model` values. No decision is taken here and no clock of the balancer
is read. Errors are those of `hctui.api.errors`; nothing of httpx or msgspec leaves the package.
"""
