"""What an engine would publish next: cycles of the real core on a stand-in front."""

from __future__ import annotations

from dataclasses import replace

from hctui.core import balancer
from hctui.core.answers import Accepted, Answer
from hctui.core.commands import Command
from hctui.core.model import Snapshot, TaskId
from hctui.core.policy import Policy
from hctui.engine import narrative
from hctui.engine.view import Level, Line
from tests.core.build import history
from tests.tui.stage import StandInFront


def next_cycle(
    front: StandInFront,
    *orders: Command,
    snapshot: Snapshot | None = None,
    policy: Policy | None = None,
    after_seconds: float = 30.0,
    unread: bool = False,
) -> balancer.Step:
    """One more cycle with these orders, on a window that has been like the snapshot all along."""
    front.clock += after_seconds
    view, policy = front.view, policy or front.view.policy
    seen = snapshot or view.snapshot
    assert seen
    seen = replace(seen, taken_at=front.clock)
    state = replace(view.state, samples=history(seen))
    step = balancer.step(state, None if unread else seen, orders, policy, front.clock)
    front.publish(at=front.clock, policy=policy, state=step.state, decision=step.decision, snapshot=seen)
    return step


def sent(front: StandInFront, step: balancer.Step, answer: Answer | None = None) -> None:
    """The request of the step, made and answered."""
    assert step.send
    begun = balancer.begun(front.view.state, step.send, "m1", front.clock)
    answer = answer or Accepted(TaskId("7"))
    state, _ = balancer.answered(begun, answer, front.clock)
    front.log(
        narrative.executing(front.clock, step.send), Line(front.clock, "answer", "The cluster accepted it.")
    )
    front.publish(state=state)


def not_sent(front: StandInFront, step: balancer.Step, why: str) -> None:
    """The request of the step, not made."""
    assert step.send
    front.log(
        narrative.executing(front.clock, step.send),
        Line(front.clock, "not_sent", f"Not sent: {why}", Level.WARNING),
    )
