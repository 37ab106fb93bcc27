"""VMs and nodes in the command palette: type a few letters of a name to see its details, or to move a VM.

Names are literal. Textual's own matcher is not used for them: it reads a name as markup where it highlights, and the
time it takes can grow without bound with the length of a name.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from hctui.core.model import Node, NodeId, Vm, VmId
from hctui.tui.cell import visible
from hctui.tui.format import called

if TYPE_CHECKING:
    from hctui.tui.app import Console

MOST_DISCOVERED = 20
"""So many are listed before anything has been typed."""

MOST_FOUND = 50
"""So many are listed of those that match: who looks for one of more types another letter."""

_AT_ONCE = 200
"""So many are looked at before the loop gets its turn."""


@dataclass(frozen=True, slots=True)
class Place:
    """Something to go to.

    Attributes:
        kind: what it is: `node`, `VM`, `move` and so on.
        name: as the cluster has it.
        where: the node a VM is on, which tells VMs of one name apart.
        help: what is done there. Textual reads this as markup, so nothing of the cluster may be in it.
        open: goes there.
    """

    kind: str
    name: str
    where: str
    help: str
    open: Callable[[], object]

    @property
    def text(self) -> str:
        """What stands in the list."""
        return f"{self.kind} {called(self.name)}"


def score(wanted: str, place: Place) -> float:
    """How well a place fits, from 0 (not at all) to 1: every word must be found, and is best at a beginning.

    The name's own beginning counts more than that of a word in it, and what is found in a short name more than in a
    long one.
    """
    words, name, text = wanted.casefold().split(), place.name.casefold(), place.text.casefold()
    if not words or not all(word in text for word in words):
        return 0.0
    whole = wanted.strip().casefold()
    if whole == name:
        return 1.0
    best = 0.8 if name.startswith(whole) else 0.6 if whole in name else 0.4
    return best + 0.1 * min(1.0, len(whole) / max(1, len(name)))


def highlighted(wanted: str, place: Place) -> Content:
    """The text as it stands in the list, what was looked for in bold. It is never read as markup."""
    text = visible(place.text)
    content, folded = Content(text), text.casefold()
    # Where folding has moved the characters, nothing can be pointed at.
    for word in wanted.casefold().split() if len(folded) == len(text) else ():
        if (at := folded.find(word)) >= 0:
            content = content.stylize("bold", at, at + len(word))
    return content + Content(f"  {visible(place.where)}" if place.where else "").stylize("dim")


class Places(Provider):
    """Offers each VM and each node of the latest picture."""

    async def search(self, query: str) -> Hits:
        """Those that match, the best of them where there are many."""
        found: list[tuple[float, Place]] = []
        for number, place in enumerate(self._places()):
            if number % _AT_ONCE == _AT_ONCE - 1:
                await asyncio.sleep(0)
            if (fits := score(query, place)) > 0:
                found.append((fits, place))
        found.sort(key=lambda each: -each[0])
        for fits, place in found[:MOST_FOUND]:
            yield Hit(fits, highlighted(query, place), place.open, text=place.text, help=place.help)

    async def discover(self) -> Hits:
        """The nodes and the first VMs."""
        for place in islice(self._places(), MOST_DISCOVERED):
            yield DiscoveryHit(highlighted("", place), place.open, text=place.text, help=place.help)

    def _places(self) -> Iterator[Place]:
        console = cast("Console", self.app)
        snapshot = console.picture.snapshot
        if snapshot is None:
            return
        for node in snapshot.nodes.values():
            yield _node(console, node)
        for vm in snapshot.vms.values():
            yield from _vm(console, vm)
        for node in snapshot.nodes.values():
            yield _drain(console, node)


def _node(console: Console, node: Node) -> Place:
    return Place("node", node.name, "", "Details of this node.", partial(_open_node, console, node.id))


def _drain(console: Console, node: Node) -> Place:
    return Place("drain", node.name, "", "Empty it, or end that.", partial(console.drain, node.id))


def _vm(console: Console, vm: Vm) -> Iterator[Place]:
    where = console.picture.node_name(vm.node_id)
    yield Place("VM", vm.name, where, "Details of this VM.", partial(_open_vm, console, vm.id))
    yield Place("move", vm.name, where, "Every node with its verdict.", partial(_move, console, vm.id))
    yield Place("explain", vm.name, where, "Why it stays or moves.", partial(_explain, console, vm.id))


# The screens are loaded when they are opened.


def _open_node(console: Console, node_id: NodeId) -> None:
    from hctui.tui.screens.detail import NodeDetail

    console.push_screen(NodeDetail(node_id))


def _open_vm(console: Console, vm_id: VmId) -> None:
    from hctui.tui.screens.detail import VmDetail

    console.push_screen(VmDetail(vm_id))


def _explain(console: Console, vm_id: VmId) -> None:
    from hctui.tui.screens.explain import Explanation

    console.push_screen(Explanation(vm_id=vm_id))


def _move(console: Console, vm_id: VmId) -> None:
    from hctui.tui.screens.move import MovePage

    console.push_screen(MovePage(vm_id))
