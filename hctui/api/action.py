"""The one write: the body that asks for a live migration, and what the answer to it means. Pure; sends nothing."""

from __future__ import annotations

import json

from hctui.api import convert, wire
from hctui.api.errors import ApiSurprise
from hctui.api.reply import Reply
from hctui.core.answers import Accepted, Answer, Refused, SessionEnded, Unanswered
from hctui.core.model import NodeId, VmId

MIGRATION_PATH = "/VirDomain/action"


def migration_body(vm_id: VmId, target: NodeId) -> str:
    """JSON of the request. The API wants a list; one item, because results of several cannot be told apart."""
    return json.dumps([{"virDomainUUID": vm_id, "actionType": "LIVEMIGRATE", "nodeUUID": target}])


def answer_of(reply: Reply) -> Answer:
    """What a reply to the request says about what was started.

    A proxy that reports a fault (502, 503, 504) may have passed the request on before, so that is no refusal.
    500 is the API's own word for a precondition that does not hold.
    """
    if reply.says_session_ended:
        return SessionEnded()
    if reply.is_success:
        return _accepted(reply)
    if 400 <= reply.status <= 500:
        needed = " The account needs the role VM Power Controls." if reply.status == 403 else ""
        return Refused(reply.status, f"{reply.quote()}.{needed}" if needed else reply.quote())
    return Unanswered(f"HTTP {reply.status} ({reply.quote()}).")


def _accepted(reply: Reply) -> Answer:
    if reply.status == 204:
        return Accepted(None)
    try:
        return Accepted(convert.task_id(wire.decode(reply, wire.RESULT).taskTag))
    except ApiSurprise as surprise:
        return Unanswered(surprise.detail)
