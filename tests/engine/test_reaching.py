"""A change of the address in use is told once, and its end once."""

from __future__ import annotations

from hctui.api.route import Reach
from hctui.engine import reaching
from hctui.engine.view import Contact, Level

HOME = "cluster.example:443"
ASIDE = "10.0.0.13:443 is not used: its fingerprint differs."
CONTACT = Contact("https://cluster.example", "TLS pinned")


def over(via: str, *passed_over: str) -> Reach:
    return Reach(HOME, via, 1000.0, "Connection refused.", passed_over)


def told(*reaches: Reach | None) -> list[tuple[str, Level]]:
    """The lines over several polls; `None` is one that failed."""
    contact, lines = CONTACT, []
    for reach in reaches:
        after = (
            reaching.reached(contact, reach, 0.1)
            if reach
            else reaching.not_reached(contact, over("", ASIDE), "Nobody answers.")
        )
        lines += [(line.text, line.level) for line in reaching.lines(contact, after, 0.0)]
        contact = after
    return lines


def test_as_long_as_all_is_well_nothing_is_told() -> None:
    assert told(Reach(HOME), Reach(HOME)) == []


def test_a_detour_is_told_once_and_its_end_once() -> None:
    assert told(Reach(HOME), over("10.0.0.12:443"), over("10.0.0.12:443"), Reach(HOME), Reach(HOME)) == [
        (
            "Asking the node at 10.0.0.12:443 now, instead of cluster.example:443. cluster.example:443 is tried again "
            "every 5:00 min. What is wrong there: Connection refused.",
            Level.WARNING,
        ),
        (
            "cluster.example:443 answers again, and is asked again instead of the node at 10.0.0.12:443.",
            Level.INFO,
        ),
    ]


def test_from_one_node_to_the_next_is_told_too() -> None:
    lines = told(over("10.0.0.12:443"), None, over("10.0.0.13:443"))
    assert [text for text, _ in lines if text.startswith("Asking")][1].startswith(
        "Asking the node at 10.0.0.13:443 now, instead of 10.0.0.12:443."
    )


def test_who_is_not_used_is_told_once_also_while_nobody_answers() -> None:
    assert told(Reach(HOME), None, None, over("10.0.0.12:443", ASIDE))[0] == (ASIDE, Level.WARNING)
    assert [text for text, _ in told(None, None, over("10.0.0.12:443", ASIDE))].count(ASIDE) == 1


def test_the_contact_shows_the_address_in_use() -> None:
    met = reaching.reached(CONTACT, over("10.0.0.12:443"), 0.2)
    assert (met.address, met.used, met.latency_seconds) == ("https://cluster.example", "10.0.0.12:443", 0.2)
    lost = reaching.not_reached(met, over(""), "Nobody answers.")
    assert (lost.used, lost.error, lost.latency_seconds) == ("10.0.0.12:443", "Nobody answers.", 0.2)
    assert reaching.reached(lost, Reach(HOME), 0.2).used == "https://cluster.example"


def test_the_way_is_told_in_sentences_while_it_is_not_as_the_settings_say() -> None:
    away = reaching.reached(CONTACT, over("10.0.0.12:443", ASIDE), 0.1)
    assert away.told_way(1090.0) == (
        "The node at 10.0.0.12:443 is asked instead of cluster.example:443, which was left 1:30 min ago. What is "
        "wrong there: Connection refused.",
        ASIDE,
    )
    assert reaching.reached(CONTACT, Reach(HOME), 0.1).told_way(1090.0) == ()
    silent = reaching.not_reached(away, over("", ASIDE), "Nobody answers.")
    assert (silent.detour, silent.told_way(1090.0)) == (None, (ASIDE,)), "nobody is asked with success"
