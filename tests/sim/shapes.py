"""The API's shapes, written down from its reference and independently of the simulator.

A shape is a type, a set of texts (an enum), a list of one shape, or a dict of all keys that must be there.
"""

from __future__ import annotations

from typing import Any

Json = Any
Shape = Any

TASK = {
    "taskTag": str,
    "progressPercent": int,
    "state": {"UNINITIALIZED", "QUEUED", "RUNNING", "COMPLETE", "ERROR"},
    "formattedDescription": str,
    "descriptionParameters": [str],
    "formattedMessage": str,
    "messageParameters": [str],
    "objectUUID": str,
    "created": int,
    "modified": int,
    "completed": int,
    "sessionID": str,
    "nodeUUIDs": [str],
}
RESULT = {"taskTag": str, "createdUUID": str}
CLUSTER = {
    "uuid": str,
    "filesystemID": str,
    "clusterName": str,
    "icosVersion": str,
    "latestTaskTag": dict,
    "brand": str,
    "isRESTAPIEnabled": bool,
}
DISK = {
    "fsName": str,
    "driveUUID": str,
    "availability": str,
    "state": str,
    "isReachable": bool,
    "capacityBytes": int,
    "usedBytes": int,
}
DRIVE = {
    "uuid": str,
    "slot": int,
    "serialNumber": str,
    "type": {"UNKNOWN", "SATA", "SAS", "VIRTUAL", "SSD"},
    "nodeUUID": str,
    "desiredDisposition": {"UNKNOWN", "IN", "OUT"},
    "currentDisposition": {"UNKNOWN", "IN", "OUT"},
    "capacityBytes": int,
    "usedBytes": int,
    "disks": {"scribe": DISK},
    "isHealthy": bool,
    "reallocatedSectors": int,
    "errorCount": int,
    "blockDevicePath": str,
    "hasTemperature": bool,
    "temperature": int,
    "hasMaxTemperature": bool,
    "maxTemperature": int,
    "hasTemperatureThreshold": bool,
    "temperatureThreshold": int,
}
GPU_PROFILE = {"name": str, "maxInstances": int}
GPU = {"uuid": str, "nodeUUID": str, "profile": GPU_PROFILE, "availableInstances": int}
NODE_DISPOSITION = {"IN", "EVACUATED", "OUT", "UNKNOWN"}
NODE = {
    "uuid": str,
    "backplaneIP": str,
    "lanIP": str,
    "configState": int,
    "activeVersion": int,
    "capacity": int,
    "drives": [DRIVE],
    "vips": [str],
    "memSize": int,
    "numCPUs": int,
    "CPUhz": int,
    "numNUMANodes": int,
    "numSockets": int,
    "numCores": int,
    "numThreads": int,
    "networkStatus": {"ONLINE", "OFFLINE", "UNKNOWN"},
    "supportsVirtualization": bool,
    "virtualizationOnline": bool,
    "pairedNodeUUID": str,
    "scribeInstanceName": str,
    "peerID": int,
    "numSlots": int,
    "systemMemUsageBytes": int,
    "memUsagePercentage": float,
    "gpus": [GPU],
    "currentDisposition": NODE_DISPOSITION,
    "desiredDisposition": NODE_DISPOSITION,
    "cpuUsage": float,
    "totalMemUsageBytes": int,
    "allowRunningVMs": bool,
}
VM_STATE = {"RUNNING", "BLOCKED", "PAUSED", "SHUTDOWN", "SHUTOFF", "CRASHED"}
BLOCK_DEVICE = {
    "uuid": str,
    "virDomainUUID": str,
    "type": {"IDE_DISK", "SCSI_DISK", "VIRTIO_DISK", "IDE_CDROM", "IDE_FLOPPY", "NVRAM", "VTPM"},
    "cacheMode": {"NONE", "WRITEBACK", "WRITETHROUGH"},
    "capacity": int,
    "allocation": int,
    "physical": int,
    "shareUUID": str,
    "path": str,
    "slot": int,
    "name": str,
    "disableSnapshotting": bool,
    "tieringPriorityFactor": int,
    "mountPoints": [str],
    "createdTimestamp": int,
    "readOnly": bool,
}
NET_DEVICE = {
    "uuid": str,
    "virDomainUUID": str,
    "type": {"RTL8139", "INTEL_E1000", "VIRTIO", "PCNET"},
    "macAddress": str,
    "vlan": int,
    "connected": bool,
    "ipv4Addresses": [str],
}
STATS_DATUM = {
    "type": {
        "VIR_DOMAIN_CPU",
        "VIR_DOMAIN_MEM_CURRENT",
        "VIR_DOMAIN_MEM_SWAPPED",
        "VIR_DOMAIN_NET",
        "VIR_DOMAIN_STOR",
        "VIR_DOMAIN_UPTIME",
    },
    "currentValue": int,
    "maxValue": int,
}
VM = {
    "uuid": str,
    "nodeUUID": str,
    "name": str,
    "description": str,
    "operatingSystem": str,
    "state": VM_STATE,
    "desiredDisposition": {"SHUTOFF", "RUNNING", "PAUSED"},
    "console": {"type": {"VNC"}, "ip": str, "port": int, "keymap": str},
    "mem": int,
    "numVCPU": int,
    "blockDevs": [BLOCK_DEVICE],
    "netDevs": [NET_DEVICE],
    "deprecated_stats": [STATS_DATUM],
    "created": int,
    "modified": int,
    "latestTaskTag": dict,
    "tags": str,
    "bootDevices": [str],
    "uiState": VM_STATE | {"STARTING", "PAUSING", "STOPPING", "MIGRATING"},
    "snapUUIDs": [str],
    "snapshotSerialNumber": int,
    "replicationUUIDs": [str],
    "sourceVirDomainUUID": str,
    "snapshotListSerialNumber": int,
    "snapshotScheduleUUID": str,
    "machineType": str,
    "cpuType": str,
    "snapshotAllocationBlocks": int,
    "guestAgentState": {"UNKNOWN", "UNAVAILABLE", "AVAILABLE"},
    "lastSeenRunningOnNodeUUID": str,
    "isTransient": bool,
    "affinityStrategy": {"strictAffinity": bool, "preferredNodeUUID": str, "backupNodeUUID": str},
    "vsdUUIDsToDelete": [str],
    "cloudInitData": {"userData": str, "metaData": str},
    "initialCloneSnapshotUUID": str,
    "machineTypeKeyword": str,
}
RATE = {
    "decaySeconds": int,
    "millireadsPerSecond": int,
    "milliwritesPerSecond": int,
    "readKibibytesPerSecond": int,
    "writeKibibytesPerSecond": int,
    "meanReadSizeBytes": int,
    "meanWriteSizeBytes": int,
    "meanReadLatencyMicroseconds": int,
    "meanWriteLatencyMicroseconds": int,
}
VM_STATS = {
    "uuid": str,
    "vsdStats": [{"uuid": str, "rates": [RATE]}],
    "cpuUsage": float,
    "rxBitRate": int,
    "txBitRate": int,
}
SEVERITY = {"EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG"}
CONDITION = {
    "name": str,
    "description": str,
    "value": bool,
    "nodeUUID": str,
    "nodeLANIP": str,
    "modified": int,
    "userVisible": bool,
    "techNotes": str,
    "pollInterval": int,
    "expirationInterval": int,
    "setDelay": int,
    "clearDelay": int,
    "lastSetTime": int,
    "lastClearTime": int,
    "guaranteedValidTime": int,
    "isExpired": bool,
    "lastPollFailed": bool,
    "isInitialized": bool,
    "isOK": bool,
    "nodeBackplaneIP": str,
    "severity": SEVERITY,
    "tags": [str],
}
UPDATE = {
    "uuid": str,
    "description": str,
    "changeLog": str,
    "buildID": int,
    "majorVersion": int,
    "minorVersion": int,
    "revision": int,
    "timestamp": int,
}
SNAPSHOT = {
    "uuid": str,
    "domainUUID": str,
    "timestamp": int,
    "label": str,
    "domain": VM,
    "deviceSnapshots": [dict],
    "unavailable": bool,
    "type": {"USER", "AUTOMATED", "SUPPORT"},
    "blockCountDiff": int,
    "automatedTriggerTimestamp": int,
    "localRetainUntilTimestamp": int,
    "state": {"CREATED", "DELETING", "CREATING"},
    "quiesced": bool,
    "remoteRetainUntilTimestamp": int,
    "blockCountDiffFromSerialNumber": int,
    "replication": bool,
}
REPLICATION = {
    "uuid": str,
    "sourceDomainUUID": str,
    "targetDomainUUID": str,
    "connectionUUID": str,
    "enable": bool,
    "label": str,
    "deprecated_sourceVSDInitialSerialNumber": int,
    "progress": {
        "valid": int,
        "snapshotFrom": SNAPSHOT,
        "snapshotTo": SNAPSHOT,
        "blockCountDiff": int,
        "blockCountSent": int,
        "percentComplete": int,
    },
}
CONNECTION = {
    "uuid": str,
    "label": str,
    "authInfo": {
        "ipAddress": str,
        "sessionID": str,
        "username": str,
        "password": str,
        "associatedConnectionUUID": str,
        "connectionTimeoutSeconds": int,
        "secureConnection": bool,
        "receiveTimeoutSeconds": int,
    },
    "connectionStatus": {"UNKNOWN", "INITIALIZING", "ESTABLISHED", "DISCONNECTED", "DELETING", "UPDATING"},
    "remoteClusterInfo": CLUSTER,
    "remoteNodeIPs": [str],
    "securePorts": [dict],
    "secureMappings": [dict],
    "remoteNodeConnectionStates": [{"AVAILABLE", "UNAVAILABLE"}],
    "compression": bool,
    "remoteNodeUUIDs": [str],
    "createOptions": {"cleanupOnFailure": bool},
    "replicationOK": bool,
}
USER = {
    "uuid": str,
    "username": str,
    "password": str,
    "fullName": str,
    "roleUUIDs": [str],
    "sessionLimit": int,
}
ROLE = {
    "uuid": str,
    "name": str,
    "description": str,
    "permissions": [{"functionName": str}],
    "oidcName": str,
}


def assert_shape(value: Json, shape: Shape, where: str = "$") -> None:
    if isinstance(shape, dict):
        assert isinstance(value, dict), where
        assert set(value) == set(shape), f"{where}: {set(value) ^ set(shape)}"
        for key, inner in shape.items():
            assert_shape(value[key], inner, f"{where}.{key}")
    elif isinstance(shape, list):
        assert isinstance(value, list), where
        for index, item in enumerate(value):
            assert_shape(item, shape[0], f"{where}[{index}]")
    elif isinstance(shape, set):
        assert value in shape, f"{where}: {value!r}"
    else:
        # A bool is an int to Python, but not to JSON; a whole float may be written either way.
        expected = (int, float) if shape is float else shape
        assert isinstance(value, expected), f"{where}: {value!r}"
        assert shape is bool or not isinstance(value, bool), f"{where}: {value!r}"
