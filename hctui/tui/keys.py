"""The table of keys: what bindings, footer, help and the settings' remapping are all made from.

One row a key. Knows no screen and no widget, only the names of the actions they offer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from textual.binding import Binding, BindingType


class Where(StrEnum):
    """What has the focus when a key works."""

    EVERYWHERE = "everywhere"
    DASHBOARD = "on the dashboard"
    VMS = "in the table of VMs"
    NODES = "in the table of nodes"
    LOG = "in the log"
    PROPOSAL = "while a proposal waits"
    LIST = "in every list"
    PAGE = "on every other screen"
    VM = "on the page of a VM"
    EXPLANATION = "in the explanation"
    MATRIX = "in the matrix"
    TARGETS = "in the list of nodes that a VM may go to"
    CHARTS = "on the charts"
    HISTORY = "in the history"
    SETTINGS = "in the settings"
    WHAT_IF = "on the page of What if"
    QUESTION = "in a question"


@dataclass(frozen=True, slots=True)
class Key:
    """One key.

    Attributes:
        id: the name under which it can be remapped, `keys = ["approve=ctrl+a"]`.
        keys: the keys as Textual names them, separated by commas.
        action: what the focused widget, screen or application is asked to do.
        label: a word or two for the footer; empty where it is not shown there.
        meaning: what it does, for the help.
        where: what must have the focus.
    """

    id: str
    keys: str
    action: str
    label: str
    meaning: str
    where: Where


KEYS: tuple[Key, ...] = (
    Key(
        "help",
        "question_mark,f1",
        "help",
        "help",
        "All keys and what they do, those that work where you are first.",
        Where.EVERYWHERE,
    ),
    Key(
        "palette",
        "ctrl+p",
        "command_palette",
        "",
        "Find by name: everything there is to do, and every VM and node.",
        Where.EVERYWHERE,
    ),
    Key(
        "dry_run",
        "d",
        "flip_dry_run",
        "dry run",
        "Switch between dry run, in which nothing is sent to the cluster, and live. Going live asks first.",
        Where.EVERYWHERE,
    ),
    Key(
        "mode",
        "m",
        "flip_mode",
        "mode",
        "Switch between auto, which moves VMs by itself, and approve, which waits for your yes to each move. "
        "Auto while live asks first.",
        Where.EVERYWHERE,
    ),
    Key(
        "pause",
        "p",
        "flip_pause",
        "pause",
        "Pause: go on watching and decide nothing; a proposal that waits is withdrawn. The same key resumes.",
        Where.EVERYWHERE,
    ),
    Key("settings", "c", "settings", "settings", "See and change every setting.", Where.EVERYWHERE),
    Key(
        "charts", "h", "charts", "charts", "CPU and RAM of the nodes over time, as charts.", Where.EVERYWHERE
    ),
    Key(
        "history",
        "i",
        "history",
        "history",
        "Past migrations, decisions and orders, and their export.",
        Where.EVERYWHERE,
    ),
    Key(
        "matrix",
        "w",
        "matrix",
        "matrix",
        "The matrix: every VM against every node, with the first check that keeps it from moving there.",
        Where.EVERYWHERE,
    ),
    Key(
        "what_if",
        "k",
        "what_if",
        "what if",
        "What if: what other settings would have done with the recorded days, beside what these would have.",
        Where.EVERYWHERE,
    ),
    Key(
        "undo",
        "u",
        "undo",
        "",
        "Undo the last move: opens its VM with the node where it came from chosen. Nothing moves before you say yes.",
        Where.EVERYWHERE,
    ),
    Key(
        "quit",
        "q,ctrl+q",
        "leave",
        "quit",
        "Quit. Asks first if something would be left undone.",
        Where.EVERYWHERE,
    ),
    Key(
        "approve",
        "a",
        "approve",
        "approve",
        "Open the proposal. On its page: approve it.",
        Where.PROPOSAL,
    ),
    Key(
        "reject",
        "x",
        "reject",
        "reject",
        "Reject the proposal: this VM and node are not proposed again until the VM cooldown is over.",
        Where.PROPOSAL,
    ),
    Key(
        "next_best",
        "n",
        "next_best",
        "next best",
        "Other moves instead of the proposal: opens their list, then goes to the next one; enter has it wait instead.",
        Where.PROPOSAL,
    ),
    Key(
        "explain",
        "e",
        "explain",
        "explain",
        "Explain why: in the log what the line under the cursor tells of, in a table why its VM stays or moves, "
        "else the last decision.",
        Where.DASHBOARD,
    ),
    Key(
        "filter",
        "slash",
        "filter",
        "filter",
        "Show only the VMs that match: part of a name, node or tag; violation for those that break a rule, cooldown "
        "for those that rest. In the log: only the lines with these words.",
        Where.DASHBOARD,
    ),
    Key(
        "panel",
        "v",
        "switch_panel",
        "rules",
        "In a small terminal: show the broken rules in place of the log, and back.",
        Where.DASHBOARD,
    ),
    Key(
        "move",
        "g",
        "move",
        "move",
        "Move the VM under the cursor by hand: opens every node with what speaks against it, and asks.",
        Where.VMS,
    ),
    Key(
        "drain",
        "o",
        "drain",
        "drain",
        "Empty the node under the cursor for maintenance: shows the plan and asks. On a drained node: end that.",
        Where.NODES,
    ),
    Key(
        "sort", "s", "sort", "sort", "Sort by the next column; a click on a header does the same.", Where.VMS
    ),
    Key("reverse", "r", "reverse", "", "Sort the other way round.", Where.VMS),
    Key(
        "copy",
        "y",
        "copy",
        "copy",
        "Copy the row, or on a page of text all of it: to the terminal's clipboard and to a file.",
        Where.LIST,
    ),
    Key("follow", "f", "follow", "follow", "Follow the newest line, or hold the log where it is.", Where.LOG),
    Key(
        "verbose",
        "t",
        "verbose",
        "all lines",
        "Show every line, also those that tell how a decision was worked out, or only what came of it.",
        Where.LOG,
    ),
    Key(
        "back",
        "escape",
        "back",
        "back",
        "Back to where you came from. On the dashboard: forget the filters.",
        Where.PAGE,
    ),
    Key("vm_charts", "h", "charts_of_vm", "charts", "CPU of this VM over time, as a chart.", Where.VM),
    Key("earlier", "left", "earlier", "earlier", "The decision before this one.", Where.EXPLANATION),
    Key("later", "right", "later", "later", "The decision after this one.", Where.EXPLANATION),
    Key("node_before", "left", "other_node(-1)", "", "The node to the left.", Where.MATRIX),
    Key("node_after", "right", "other_node(1)", "next node", "The node to the right.", Where.MATRIX),
    Key(
        "move_there",
        "enter",
        "choose",
        "move there",
        "Move the VM to the node under the cursor; asks once more, or says why it cannot go there.",
        Where.TARGETS,
    ),
    Key("wider", "plus,equals_sign", "wider", "longer", "Show a longer time.", Where.CHARTS),
    Key("narrower", "minus", "narrower", "shorter", "Show a shorter time.", Where.CHARTS),
    Key("subject", "n", "next_subject", "next", "Show the next node or VM.", Where.CHARTS),
    Key(
        "figure",
        "t",
        "swap_figure",
        "CPU/RAM",
        "Switch between CPU and RAM, where there is room for one of them.",
        Where.CHARTS,
    ),
    Key("swap", "t", "swap", "switch", "Go round the lists: migrations, decisions, orders.", Where.HISTORY),
    Key(
        "export",
        "o",
        "export",
        "export",
        "Write the whole list to a file, as CSV or JSON lines.",
        Where.HISTORY,
    ),
    Key(
        "history_filter",
        "slash",
        "filter",
        "filter",
        "Show only what matches: a VM, a node, an outcome, words of the sentence.",
        Where.HISTORY,
    ),
    Key("history_wider", "plus,equals_sign", "wider", "longer", "Show a longer time.", Where.HISTORY),
    Key("history_narrower", "minus", "narrower", "shorter", "Show a shorter time.", Where.HISTORY),
    Key(
        "edit",
        "enter,space",
        "choose",
        "edit",
        "Edit the setting; a switch or a choice goes to its next value.",
        Where.SETTINGS,
    ),
    Key(
        "settings_filter",
        "slash",
        "filter",
        "filter",
        "Show only what matches: a name, a source, edited, locked, wrong.",
        Where.SETTINGS,
    ),
    Key(
        "save",
        "ctrl+s",
        "save",
        "save",
        "Show what would change in the settings file; after a yes, save it and use it at once.",
        Where.SETTINGS,
    ),
    Key(
        "apply",
        "ctrl+a",
        "apply",
        "apply",
        "Use the changes at once without saving them. The next start does not know them.",
        Where.SETTINGS,
    ),
    Key(
        "revert",
        "ctrl+z",
        "revert",
        "revert",
        "Take back the unsaved change under the cursor; if there is none, all of them, after a question.",
        Where.SETTINGS,
    ),
    Key(
        "run",
        "ctrl+r",
        "run",
        "try it",
        "Replay the recorded days with what stands in the form; enter in a field does the same.",
        Where.WHAT_IF,
    ),
    Key("answer_before", "left", "other_answer(-1)", "", "The answer to the left.", Where.QUESTION),
    Key("answer_after", "right", "other_answer(1)", "", "The answer to the right.", Where.QUESTION),
    Key("text_up", "up,pageup", "scroll_text(-1)", "", "Scroll the text of a question up.", Where.QUESTION),
    Key(
        "text_down",
        "down,pagedown",
        "scroll_text(1)",
        "",
        "Scroll the text of a question down.",
        Where.QUESTION,
    ),
)

BY_ID: Mapping[str, Key] = {key.id: key for key in KEYS}


def bindings(*places: Where) -> list[BindingType]:
    """The bindings of a screen or widget that offers the actions of these places."""
    return [_binding(key) for key in KEYS if key.where in places]


def named(*ids: str) -> list[Binding]:
    """The bindings of a screen that offers these actions of other places too, on the same keys."""
    return [_binding(BY_ID[key_id]) for key_id in ids]


_OF_A_TABLE = frozenset({Where.VMS, Where.NODES, Where.LOG, Where.LIST})
"""Keys that a table has while it has the focus; what they do is the screen's business all the same."""


def _binding(key: Key) -> Binding:
    action = f"screen.{key.action}" if key.where in _OF_A_TABLE else key.action
    return Binding(
        key.keys, action, key.label or key.meaning, show=bool(key.label), tooltip=key.meaning, id=key.id
    )
