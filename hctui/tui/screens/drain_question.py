"""The question before a node is drained, with the plan, or what stands in its way; and before a drain ends."""

from __future__ import annotations

from hctui.core import draining
from hctui.core.model import NodeId
from hctui.core.policy import Mode
from hctui.core.situation import Situation
from hctui.core.state import Draining
from hctui.core.wording import gib
from hctui.engine.view import View
from hctui.tui.screens.question import Answer, Question
from hctui.tui.screens.questions import NO, YES


def beginning(s: Situation, node_id: NodeId, view: View) -> Question:
    """Before a node is drained: every step of the plan. One that cannot be drained can only be left as it is."""
    name, plan = s.node_name(node_id), draining.plan(s, node_id)
    if view.state.drain is not None:
        text = f"{view.state.drain.name} is being drained, and one node is drained at a time. End that first."
        return Question(f"Drain {name}", text, (Answer(NO, "Back", is_safe=True),))
    if plan.blocked:
        text = "\n".join((f"{name} cannot be drained.", "", *plan.blocked))
        return Question(f"Drain {name}", text, (Answer(NO, "Back", is_safe=True),))
    steps = [
        f"{number}. {step.vm.name} ({gib(step.vm.mem_bytes)}) to {step.target.name}"
        for number, step in enumerate(plan.steps, 1)
    ]
    text = "\n".join((f"{plan.sentence} {_how(view)}", "", *steps))
    answers = (Answer(NO, "Not yet", is_safe=True), Answer(YES, f"Drain {name}"))
    return Question(f"Drain {name}", text, answers)


def _how(view: View) -> str:
    """What comes of a yes, as the two switches stand."""
    if view.policy.dry_run:
        return "DRY RUN: it is only imagined."
    if view.policy.mode is Mode.APPROVE:
        return "Each move waits for your approval. The node takes no VM until the drain is ended."
    return "VMs move one at a time. The node takes no VM until the drain is ended."


def ending(drain: Draining) -> Question:
    """Before a drained node may take VMs again."""
    now = "It is empty." if drain.is_empty else "It is not empty yet; the rest of its VMs stay."
    text = f"{drain.name} is being drained. {now} Once the drain is ended it may take VMs again."
    answers = (Answer(NO, "Go on draining", is_safe=True), Answer(YES, "End the drain"))
    return Question(f"End the drain of {drain.name}", text, answers)
