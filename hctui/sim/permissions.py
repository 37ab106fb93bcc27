"""The roles of HyperCore, and which operations of the API each permits.

Operations bear the names under which the API's own description lists them. Which role permits what is our
reading of the roles' names; only that "Read" changes nothing matters to a balancer.
"""

from __future__ import annotations

from collections.abc import Mapping

READS = (
    "ClusterRead",
    "ConditionRead",
    "DriveRead",
    "GPUProfileRead",
    "GPURead",
    "IcosUpdateRead",
    "NodeRead",
    "OpenAPIRead",
    "RemoteClusterConnectionRead",
    "RoleRead",
    "TaskTagStatusRead",
    "UserRead",
    "VirDomainRead",
    "VirDomainReplicationRead",
    "VirDomainStatsRead",
    "ping",
)
"""Operations that change nothing."""

ACTION = "VirDomainAction"
UPDATE = "VirDomainUpdate"
OPENAPI = "OpenAPIRead"

ROLES: Mapping[str, frozenset[str]] = {
    "Admin": frozenset((*READS, ACTION, UPDATE)),
    "Backup": frozenset(("ping",)),
    "Cluster Settings": frozenset(("ping",)),
    "Cluster Shutdown": frozenset(("ping",)),
    "Read": frozenset(READS),
    "VM Create/Edit": frozenset(("ping", UPDATE)),
    "VM Delete": frozenset(("ping",)),
    "VM Power Controls": frozenset(("ping", ACTION)),
}
