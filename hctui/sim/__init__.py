"""A simulated HyperCore cluster that speaks the cluster's REST API.

    cluster = Cluster(load_scenario("default"), seed=1, start=time.time())
    async with serve(cluster, now=time.time, sleep=asyncio.sleep) as server:
        ...

Imports nothing of the rest of the program, so that client and simulator cannot share a mistake. Importing this
package needs no web framework; `create_app` and `serve` do, and are to be imported from `server` and `serving`.
"""

from hctui.sim.cluster import Cluster
from hctui.sim.fault_table import FAULTS
from hctui.sim.faults import FaultError, Faults
from hctui.sim.scenario import Scenario, ScenarioError, load_scenario, parse_scenario, scenario_names

__all__ = [
    "FAULTS",
    "Cluster",
    "FaultError",
    "Faults",
    "Scenario",
    "ScenarioError",
    "load_scenario",
    "parse_scenario",
    "scenario_names",
]
