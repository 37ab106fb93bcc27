"""The scenarios that come along, and what is said about those that are wrong."""

from __future__ import annotations

import re
import time
from itertools import pairwise
from pathlib import Path
from statistics import fmean

import pytest

from hctui.sim import Cluster, Scenario, ScenarioError, load_scenario, parse_scenario, scenario_names
from hctui.sim.quantities import Bytes, Seconds
from tests.sim.bench import GIB, SMALL, START, Bench
from tests.sim.documented_balancer import LOWER, UPPER, DocumentedBalancer

DEFAULT = load_scenario("default")


def build(scenario: Scenario, seed: int = 0) -> Cluster:
    return Cluster(scenario, seed=seed, start=START)


def means(cluster: Cluster, hours: float) -> dict[int, list[float]]:
    """Means over five minutes of each node's CPU, by the last number of its address."""
    found: dict[int, list[float]] = {node.octet: [] for node in cluster.nodes.values()}
    for window in range(int(hours * 12)):
        samples: dict[int, list[float]] = {octet: [] for octet in found}
        for sample in range(5):
            cluster.advance(START + 300 * window + 60 * sample)
            for octet, values in samples.items():
                values.append(cluster.statistics.node_cpu_percent[cluster.node(octet).id])
        for octet, values in samples.items():
            found[octet].append(fmean(values))
    return found


def test_those_that_come_along() -> None:
    names = {"default", "large", "node-failure", "quiet", "ram-tight", "update", "violations"}
    assert set(scenario_names()) == names
    for name in names:
        scenario = load_scenario(name)
        assert scenario.name == name
        assert scenario.title
        build(scenario)


def test_what_happens_in_a_file_does_not_depend_on_the_folder_it_lies_in(tmp_path: Path) -> None:
    here, there = tmp_path / "scene.toml", tmp_path / "elsewhere" / "scene.toml"
    there.parent.mkdir()
    for path in (here, there):
        path.write_text(SMALL, "utf-8")
    first, second = (build(load_scenario(path)) for path in (here, there))
    assert first.scenario.name == "scene"
    assert list(first.vms) == list(second.vms)


def test_sizes() -> None:
    default, large = build(DEFAULT), build(load_scenario("large"))
    assert (len(default.nodes), len(default.vms)) == (4, 40)
    assert (len(large.nodes), len(large.vms)) == (16, 1000)


@pytest.mark.parametrize("seed", range(21))
def test_default_is_mended_and_balanced_within_an_hour(seed: int) -> None:
    balancer = DocumentedBalancer(build(DEFAULT, seed))
    assert [vm.name for vm in balancer.violations()] == ["sql-01", "sql-02"]
    balancer.run(3600)
    assert balancer.moves[0][:3] in (("rule", "sql-01", 12), ("rule", "sql-02", 12))
    assert [move[:3] for move in balancer.moves[1:]] == [("load", "web-01", 11), ("load", "app-01", 11)]
    assert balancer.rejected[:4] == [("erp-db-01", "RAM")] * 3 + [("nvr-01", "pinned")]
    assert ("web-01", "anti-affinity") in balancer.rejected
    assert balancer.violations() == []
    hot = balancer.cluster.node(11).id
    assert balancer.mean(hot) < UPPER - 3
    assert all(balancer.mean(node_id) < UPPER - 3 for node_id in balancer.cluster.nodes)


@pytest.mark.parametrize("seed", range(0, 21, 4))
def test_default_left_alone_stays_hot_on_one_node_only(seed: int) -> None:
    found = means(build(DEFAULT, seed), hours=2)
    assert min(found[11]) > 86
    assert max(found[11]) < 94
    assert max(found[13]) < LOWER - 10
    assert all(max(found[octet]) < LOWER for octet in (12, 13, 14))


def test_default_has_a_vm_too_big_for_any_target_and_it_is_the_busiest() -> None:
    cluster = build(DEFAULT)
    big, hot = cluster.vm("erp-db-01"), cluster.node(11)
    here = [vm for vm in cluster.vms.values() if vm.node_id == hot.id]
    assert max(here, key=lambda vm: vm.demand.base_percent) is big
    for node in cluster.nodes.values():
        if node is not hot:
            assert (cluster.world.memory_used(node) + big.memory_bytes) / node.memory_bytes > 0.75


def test_vms_of_default_look_alive() -> None:
    cluster = build(DEFAULT)
    seen: list[set[float]] = [set() for _ in cluster.vms]
    for step in range(6):
        cluster.advance(START + 10 * step)
        for values, vm_id in zip(seen, cluster.vms, strict=True):
            values.add(cluster.statistics.vm_cpu_percent.get(vm_id, 0.0))
    running = [vm.state == "RUNNING" for vm in cluster.vms.values()]
    assert [len(values) == 6 for values in seen] == running


@pytest.mark.parametrize("seed", range(3))
def test_quiet_gives_nothing_to_do(seed: int) -> None:
    balancer = DocumentedBalancer(build(load_scenario("quiet"), seed))
    balancer.run(2 * 3600)
    assert balancer.moves == []
    assert max(max(values) for values in means(build(load_scenario("quiet"), seed), hours=2).values()) < LOWER


@pytest.mark.parametrize("seed", range(3))
def test_ram_tight_leaves_only_what_does_not_help(seed: int) -> None:
    balancer = DocumentedBalancer(build(load_scenario("ram-tight"), seed))
    balancer.run(3600)
    assert {move[1].split("-")[0] for move in balancer.moves} == {"proxy"}
    assert balancer.mean(balancer.cluster.node(11).id) > UPPER


def test_violations_can_be_mended_where_it_says_so() -> None:
    balancer = DocumentedBalancer(build(load_scenario("violations")))
    balancer.run(1800)
    assert {move[1] for move in balancer.moves} & {"sql-01", "sql-02"}
    left = {vm.name for vm in balancer.violations()}
    assert {"huge-01", "huge-02"} <= left
    assert not {"sql-01", "sql-02", "old-01", "echo-01"} & left


def test_node_failure_comes_and_goes() -> None:
    cluster = build(load_scenario("node-failure"))
    cluster.advance(START + 14 * 60)
    assert cluster.node(12).network_status == "OFFLINE"
    assert {vm.state for vm in cluster.vms.values()} == {"RUNNING"}
    cluster.advance(START + 26 * 60)
    assert cluster.node(12).network_status == "ONLINE"


def test_update_takes_each_node_in_turn() -> None:
    cluster = build(load_scenario("update"))
    homes = {vm.id: vm.node_id for vm in cluster.vms.values()}
    for minutes, octet in ((17, 11), (26, 12), (35, 13)):
        cluster.advance(START + 60 * minutes)
        assert cluster.node(octet).current_disposition == "EVACUATED"
        assert "update_running" in cluster.faults
    cluster.advance(START + 60 * 60)
    assert list(cluster.faults) == []
    assert {vm.id: vm.node_id for vm in cluster.vms.values()} == homes


@pytest.mark.parametrize("path", ["/VirDomain", "/VirDomainStats"])
async def test_large_answers_quickly(path: str) -> None:
    bench = Bench(build(load_scenario("large")))
    await bench.get("/ping")
    bench.wait(10)
    began = time.perf_counter()
    first = await bench.client.get(f"/rest/v1{path}")
    built = time.perf_counter()
    assert (await bench.client.get(f"/rest/v1{path}")).content == first.content
    # Far from the real figures (about 40 and 1 ms), for the sake of busy machines.
    assert built - began < 0.5
    assert time.perf_counter() - built < 0.1


async def test_an_answer_is_not_remembered_beyond_a_change(bench: Bench) -> None:
    bodies = [await bench.get("/VirDomain")]
    await bench.migrate("web-01", 13)
    for _ in range(3):
        bodies.append(await bench.get("/VirDomain"))
        bench.wait(1)
    bench.cluster.faults.set("tags_null", vm="web-02")
    bodies.append(await bench.get("/VirDomain"))
    assert all(before != after for before, after in pairwise(bodies))


MISTAKES = [
    ("nodes = ", "Invalid value"),
    ("", "missing required field `nodes`"),
    ("nodes = []", "nodes: 0 nodes; 1 to 200 are possible"),
    ("[[nodes]]\ncolour = 1", "unknown field `colour` - at `$.nodes[0]`"),
    ("[[nodes]]\nmemory = '8GB'", "'8GB' is not a size; write a number with MiB, GiB or TiB"),
    ("[[nodes]]\nthreads = 0", "nodes[0].threads: 0; at least 1"),
    ("[[nodes]]\noverhead = 101", "nodes[0].overhead: 101.0; 0 to 100 percent"),
    ("[[nodes]]\nmemory = '1GiB'", "nodes[0].system_memory: more than the node's memory"),
    ("cluster = {session_idle = 'soon'}\n[[nodes]]", "'soon' is not a duration"),
    ("cluster = {version = '9'}\n[[nodes]]", "cluster.version: '9' is not a version such as"),
    (
        SMALL.replace("node = 13", "node = 14"),
        "vms[4] (off-01).node: there is no node 14; the nodes are 11, 12, 13",
    ),
    (SMALL.replace("preferred = 12", "preferred = 9"), "vms[3] (db-02).preferred: there is no node 9"),
    (SMALL.replace('"prod"', '"a,b"'), "vms[0] (web-01).tags: a tag cannot contain a comma"),
    (
        SMALL.replace('"40GiB"', '"60GiB"'),
        "the VMs on node 11 and its system take 72.0 GiB of RAM; it has 64.0 GiB",
    ),
    ("[[nodes]]\n[[groups]]\nname = 'x'\ncount = 2", "groups[0] (x).name: 'x' must hold the number once"),
    ("[[nodes]]\n[[groups]]\nname = '{:q}'\ncount = 2", "must hold the number once"),
    (
        "[[nodes]]\n[[groups]]\nname = 'x{}'\ncount = 1\nvcpus = []",
        "vcpus and memory need at least one figure",
    ),
    ("[[nodes]]\n[[groups]]\nname = 'x{}'\ncount = 1\nvcpus = [-1]", "vcpus: -1; not below 0"),
    (
        "[[nodes]]\n[[groups]]\nname = 'x{}'\ncount = 1\nbursts_per_hour = 13",
        "bursts_per_hour: 13.0; 0 to 12",
    ),
    ("[[nodes]]\n[[groups]]\nname = 'x{}'\ncount = 1\nwave_period = 0", "wave_period: must be more than 0"),
    ("accounts = []\n[[nodes]]", "accounts: at least one is needed"),
    (
        "[[nodes]]\n[[accounts]]\nusername = 'x'\nroles = ['King']",
        "there is no role 'King'; the roles are Admin",
    ),
    ("[[nodes]]\n[[events]]\nat = '1m'\nfault = 'x'", "events[0].fault: there is no fault 'x'"),
    (
        "[[nodes]]\n[[events]]\nat = 1\nfault = 'proxy_error'\nclear = true\nfor = 2",
        "events[0]: 'clear' and 'for' exclude each other",
    ),
    (
        "[[nodes]]\n[[events]]\nat = 1\nfault = 'tls_broken'\nwith = {node = 11}",
        "events[0].with: tls_broken has no parameter 'node'; it takes none",
    ),
    (
        "[[nodes]]\n[[events]]\nat = 1\nfault = 'node_offline'\nwith = {node = 19}",
        "events[0]: there is no node 19; the nodes are 127.0.0.11",
    ),
    ("[[nodes]]\n[[events]]\nat = 1\nfault = 'node_offline'", "node_offline needs the parameter 'node'"),
]


@pytest.mark.parametrize(("text", "complaint"), MISTAKES)
def test_mistakes_are_told(text: str, complaint: str) -> None:
    with pytest.raises(ScenarioError, match=re.escape(complaint)) as caught:
        build(parse_scenario(text, "mine.toml"))
    assert str(caught.value).startswith("mine.toml: ")


def test_a_scenario_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(SMALL)
    assert load_scenario(path).name == "mine"
    assert len(build(load_scenario(str(path))).vms) == 5
    with pytest.raises(
        ScenarioError, match="there is no scenario or file 'nothing'; the scenarios are: default"
    ):
        load_scenario("nothing")
    path.write_bytes(b"\xff")
    with pytest.raises(ScenarioError, match="cannot be read"):
        load_scenario(path)


@pytest.mark.parametrize(("text", "expected"), [("8GiB", 8 * GIB), ("1.5 MiB", 3 * 2**19), ("2TiB", 2**41)])
def test_sizes_are_read(text: str, expected: int) -> None:
    assert Bytes.parse(text) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [("1h30m", 5400), ("90s", 90), (7, 7), ("1d", 86400), (0.5, 0.5)]
)
def test_durations_are_read(value: object, expected: float) -> None:
    assert Seconds.parse(value) == expected


@pytest.mark.parametrize("value", ["", "8", "8GB", 8, "-1GiB"])
def test_other_sizes_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match="is not a size"):
        Bytes.parse(value)


@pytest.mark.parametrize("value", ["", "5", "5x", -1, True, None])
def test_other_durations_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        Seconds.parse(value)
