"""How much CPU a VM wants at a moment: a base, a slow wave, bursts and noise.

A pure function of the VM's key and the time since the cluster's start. Knows nothing of nodes: whether a VM
gets what it wants is a matter of `physics`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from hctui.sim.noise import between, unit

_NOISE_LATTICE_SECONDS = 120
_BURST_SECONDS = (60.0, 180.0)
MAX_BURSTS_PER_HOUR = 12.0


@dataclass(frozen=True, slots=True)
class Demand:
    """The course of one VM's demand, in percent of its own vCPUs.

    Attributes:
        base_percent: what the wave, noise and bursts are added to.
        wave_percent: the wave goes so far up and down.
        wave_period_seconds: one full wave; a day unless the scenario says otherwise.
        wave_peak_seconds: when, after the start, the wave is at its highest.
        noise_percent: the noise goes at most so far up and down.
        burst_percent: what a burst adds; it lasts one to three minutes.
        bursts_per_hour: at most `MAX_BURSTS_PER_HOUR`; 0 for none.
    """

    base_percent: float
    wave_percent: float = 0.0
    wave_period_seconds: float = 86_400.0
    wave_peak_seconds: float = 0.0
    noise_percent: float = 0.0
    burst_percent: float = 0.0
    bursts_per_hour: float = 0.0

    def percent_at(self, elapsed_seconds: float, *key: object, factor: float = 1.0) -> float:
        """Demand so long after the start, 0 to 100; `factor` scales it (a surge), `key` names seed and VM."""
        turn = (elapsed_seconds - self.wave_peak_seconds) / self.wave_period_seconds
        wanted = self.base_percent + self.wave_percent * math.cos(2 * math.pi * turn)
        wanted += self.noise_percent * _noise(elapsed_seconds, key)
        if self.bursts_per_hour and self._bursting(elapsed_seconds, key):
            wanted += self.burst_percent
        return min(100.0, max(0.0, wanted * factor))

    def _bursting(self, elapsed_seconds: float, key: tuple[object, ...]) -> bool:
        """Time is cut into slots, each of which holds one burst somewhere."""
        slot_seconds = 3600.0 / self.bursts_per_hour
        slot, into_slot = divmod(elapsed_seconds, slot_seconds)
        length = between(*_BURST_SECONDS, "burst length", key, slot)
        begin = between(0.0, slot_seconds - length, "burst begin", key, slot)
        return begin <= into_slot < begin + length


def _noise(elapsed_seconds: float, key: tuple[object, ...]) -> float:
    """Noise in [-1, 1]: a part that drifts over minutes and a part that is new at each moment."""
    cell, into_cell = divmod(elapsed_seconds, _NOISE_LATTICE_SECONDS)
    here, there = unit("drift", key, cell), unit("drift", key, cell + 1)
    drift = here + (there - here) * into_cell / _NOISE_LATTICE_SECONDS
    return 1.2 * drift + 0.8 * unit("jitter", key, elapsed_seconds) - 1.0
