"""Which faults are set, and how often each is still to strike.

Knows the table and nothing of what a fault does: the modules it concerns ask here, or are told of a change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from hctui.sim.fault_table import FAULTS, SEVERITIES, FaultKind, Kind, Parameter, Value


class FaultError(ValueError):
    """A fault that does not exist, or a parameter that it does not take."""


@dataclass(slots=True)
class SetFault:
    """A fault that is set.

    `remaining` is how often it will still strike; `None` is without limit. `since` is when it was set, in
    cluster time; whoever keeps the time fills it in.
    """

    name: str
    parameters: dict[str, Value]
    remaining: int | None = None
    since: float = 0.0

    @property
    def is_spent(self) -> bool:
        """Whether it has struck as often as it was to; it stays listed until it is cleared."""
        return self.remaining == 0

    def text(self, parameter: str) -> str:
        """A parameter as text; `""` when absent."""
        value = self.parameters.get(parameter)
        return "" if value is None else str(value)

    def number(self, parameter: str) -> float:
        """A parameter that is a number."""
        return float(self.parameters[parameter] or 0)


Resolve = Callable[[Kind, Value], Value]
Listener = Callable[[SetFault, bool], None]


class Faults:
    """The faults that are set.

    Args:
        resolve: turns a node or VM that a parameter names into its id, or raises `FaultError`.
        listener: told of each fault after it was set (`True`) or cleared (`False`).
    """

    def __init__(self, resolve: Resolve, listener: Listener) -> None:
        self._resolve = resolve
        self._listener = listener
        self._set: list[SetFault] = []

    def __iter__(self) -> Iterator[SetFault]:
        return iter(tuple(self._set))

    def __contains__(self, name: str) -> bool:
        """Whether it is set, spent or not."""
        return any(fault.name == name for fault in self._set)

    def set(self, name: str, **parameters: Value) -> None:
        """Set a fault, or set it anew. Faults on different nodes, VMs or paths stand beside each other.

        Raises:
            FaultError: no such fault or parameter, or a value that it cannot have.
        """
        fault = self.checked(name, parameters)
        for known in self._alike(fault.name, fault.parameters):
            self._remove(known)
        self._set.append(fault)
        self._listener(fault, True)

    def clear(self, name: str, **parameters: Value) -> None:
        """End a fault: all of that name, or only the one on the node, VM or path that is given.

        Raises:
            FaultError: no such fault, node or VM. That it was not set is no error.
        """
        for known in self._alike(name, self.checked_target(name, parameters)):
            self._remove(known)

    def checked_target(self, name: str, parameters: Mapping[str, Value]) -> dict[str, Value]:
        """What `clear` is called with, checked.

        Raises:
            FaultError: as `clear`.
        """
        kind = _kind(name)
        unknown = sorted(set(parameters) - {kind.target})
        if unknown:
            by = f"{kind.target!r} alone" if kind.target else "its name alone"
            raise FaultError(f"{name} is not cleared by {unknown[0]!r}, but by {by}")
        return {key: self._checked(kind, key, value) for key, value in parameters.items()}

    def checked(self, name: str, parameters: Mapping[str, Value]) -> SetFault:
        """The fault with every parameter checked and filled in, without setting it.

        Raises:
            FaultError: as `set`.
        """
        kind = _kind(name)
        unknown = sorted(set(parameters) - set(kind.parameters))
        if unknown:
            takes = ", ".join(kind.parameters) or "none"
            raise FaultError(f"{name} has no parameter {unknown[0]!r}; its parameters are: {takes}")
        full = {key: self._filled(kind, key, spec, parameters) for key, spec in kind.parameters.items()}
        times = full.pop("times", None)
        return SetFault(name, full, int(times) if times is not None else None)

    def active(self, name: str) -> list[SetFault]:
        """Those of this name that are set and not spent."""
        return [fault for fault in self._set if fault.name == name and not fault.is_spent]

    def on(self, name: str, target_id: str) -> SetFault | None:
        """The active one on this node or VM (its id)."""
        target = FAULTS[name].target
        return next((fault for fault in self.active(name) if fault.parameters[target] == target_id), None)

    def strike(self, name: str, path: str | None = None) -> SetFault | None:
        """Let it strike once, if it is active and meant for this path; the count goes down by one."""
        for fault in self.active(name):
            if path is None or fnmatchcase(path, fault.text("path") or "*"):
                if fault.remaining is not None:
                    fault.remaining -= 1
                return fault
        return None

    def _alike(self, name: str, parameters: Mapping[str, Value]) -> list[SetFault]:
        target = _kind(name).target
        return [
            fault
            for fault in self._set
            if fault.name == name
            and (target not in parameters or fault.parameters[target] == parameters[target])
        ]

    def _remove(self, fault: SetFault) -> None:
        self._set.remove(fault)
        self._listener(fault, False)

    def _filled(self, kind: FaultKind, key: str, spec: Parameter, given: Mapping[str, Value]) -> Value:
        value = given.get(key, spec.default)
        if value is ...:
            raise FaultError(f"{kind.name} needs the parameter {key!r}: {spec.kind.value}")
        if value is None and spec.default is None:
            return None
        return self._checked(kind, key, value)

    def _checked(self, kind: FaultKind, key: str, value: object) -> Value:
        spec = kind.parameters[key]
        if not _FITS[spec.kind](value):
            raise FaultError(f"{kind.name}: {key} = {value!r} is not {spec.kind.value}")
        assert isinstance(value, str | int | float)  # noqa: S101 - what each entry of the table says
        return self._resolve(spec.kind, value)


def _kind(name: str) -> FaultKind:
    if name not in FAULTS:
        raise FaultError(f"there is no fault {name!r}; the faults are: {', '.join(FAULTS)}")
    return FAULTS[name]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _is_text(value: object) -> bool:
    return isinstance(value, str)


_FITS: dict[Kind, Callable[[object], bool]] = {
    Kind.PATH: _is_text,
    Kind.NODE: lambda value: _is_text(value) or (_is_number(value) and isinstance(value, int)),
    Kind.VM: _is_text,
    Kind.VMS: _is_text,
    Kind.TEXT: _is_text,
    Kind.NUMBER: _is_number,
    Kind.COUNT: lambda value: _is_number(value) and isinstance(value, int) and value >= 1,
    Kind.SESSION_STATUS: lambda value: value in (401, 503),
    Kind.SEVERITY: lambda value: value in SEVERITIES,
}
