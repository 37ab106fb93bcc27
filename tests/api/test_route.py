import pytest
from hypothesis import given
from hypothesis import strategies as st

from hctui.api import route
from hctui.api.address import MOST_NODES, Address, node_addresses
from hctui.api.route import RETURN_SECONDS, Route

HOME = Address("cluster.example", 8443)
NODES = ("10.0.0.11", "10.0.0.12", "10.0.0.13")
NODE_11, NODE_12, NODE_13 = (Address(ip, 8443) for ip in NODES)


def known(*lan_ips: str) -> Route:
    return route.knowing(route.route_to(HOME), lan_ips or NODES)


@pytest.mark.parametrize(
    ("lan_ip", "expected"),
    [
        ("10.0.0.11", "10.0.0.11:443"),
        (" 10.0.0.11 ", "10.0.0.11:443"),
        ("fd00::0001", "[fd00::1]:443"),
        *(
            (text, None)
            for text in ("", "evil.example", "10.0.0", "10.0.0.1/24", "0.0.0.0/0", "::", "fe80::1%eth0")
        ),
        *(
            (text, None)
            for text in ("224.0.0.1", "255.255.255.255", "10.0.0.11:22", "[fd00::1]", "a@10.0.0.1")
        ),
    ],
)
def test_only_the_address_of_a_machine_is_one_of_a_node(lan_ip: str, expected: str | None) -> None:
    assert [str(one) for one in node_addresses([lan_ip], 443)] == ([expected] if expected else [])


def test_so_many_nodes_there_are_not() -> None:
    found = node_addresses([f"10.0.{n}.1" for n in range(200)] * 2, 443)
    assert len(found) == MOST_NODES
    assert len(set(found)) == MOST_NODES


def test_a_cluster_of_which_nothing_is_known_has_one_address() -> None:
    alone = route.route_to(HOME)
    assert alone.in_use == HOME
    assert route.moved_on(alone, "Nobody.", 0.0) == alone


def test_each_has_its_turn() -> None:
    found = known()
    turns = []
    for _ in range(5):
        found = route.moved_on(found, "Nobody.", 0.0)
        turns.append(found.in_use)
    assert turns == [NODE_11, NODE_12, NODE_13, HOME, NODE_11]


def test_the_configured_address_is_not_among_the_nodes_again() -> None:
    found = route.knowing(route.route_to(NODE_12), NODES)
    assert found.ring == (NODE_12, NODE_11, NODE_13)


def test_of_an_empty_list_nothing_is_learnt() -> None:
    assert route.knowing(known(), []) == known()
    assert route.knowing(known(), ["", "x"]) == known()


def test_a_detour_says_why_and_since_when() -> None:
    found = route.moved_on(known(), "Nobody.", 1000.0)
    assert found.reach == route.Reach(str(HOME), str(NODE_11), 1000.0, "Nobody.")
    found = route.moved_on(found, "Nobody there either.", 1030.0)
    assert found.reach == route.Reach(str(HOME), str(NODE_12), 1000.0, "Nobody.")
    home = route.answered(route.returned(found))
    assert home.reach == route.Reach(str(HOME))


def test_an_outage_that_comes_round_began_when_it_began() -> None:
    found = known()
    for now in range(0, 150, 30):
        found = route.moved_on(found, f"Nobody at {now} s.", float(now))
    assert found.in_use == NODE_11
    assert (found.reach.since, found.reach.why) == (0.0, "Nobody at 120 s.")


def test_who_is_passed_over_is_remembered_until_the_configured_address_answers() -> None:
    found = route.moved_on(known(), "Nobody.", 0.0)
    for _ in range(2):
        found = route.passed_over(found, NODE_11, "Not trusted.")
    found = route.answered(route.moved_on(found, "", 0.0))
    assert found.reach.passed_over == ("10.0.0.11:8443 is not used: Not trusted.",)
    assert route.answered(route.returned(found)).passed_over == ()


def test_who_answers_after_all_is_not_passed_over() -> None:
    found = route.passed_over(route.moved_on(known(), "Nobody.", 0.0), NODE_11, "Not trusted.")
    assert route.answered(found).passed_over == ()


@pytest.mark.parametrize(
    ("now", "due"),
    [(1000.0, False), (999.0 + RETURN_SECONDS, False), (1000.0 + RETURN_SECONDS, True), (0.0, True)],
)
def test_the_configured_address_is_tried_again_now_and_then(now: float, due: bool) -> None:
    """Also after a clock that was wrong by years has been set back."""
    assert route.is_return_due(route.moved_on(known(), "Nobody.", 1000.0), now) is due
    assert not route.is_return_due(known(), now)


def test_in_vain_it_is_tried_again_as_late() -> None:
    found = route.kept_away(route.moved_on(known(), "Nobody.", 0.0), 5000.0)
    assert not route.is_return_due(found, 5001.0)
    assert route.is_return_due(found, 5000.0 + RETURN_SECONDS)


IPS = st.lists(st.sampled_from([*NODES, "10.0.0.14", "x", ""]), max_size=6)
STEPS = st.lists(
    st.one_of(
        st.builds(lambda ips: lambda r, now: route.knowing(r, ips), IPS),
        st.just(lambda r, now: route.moved_on(r, "Nobody.", now)),
        st.just(lambda r, now: route.passed_over(r, r.in_use, "Not trusted.")),
        st.just(lambda r, now: route.answered(r)),
        st.just(lambda r, now: route.kept_away(r, now)),
        st.just(lambda r, now: route.returned(r)),
    ),
    max_size=40,
)


@given(STEPS)
def test_whatever_happens_there_is_a_way(steps: list) -> None:  # type: ignore[type-arg]
    found = route.route_to(HOME)
    for number, step in enumerate(steps):
        found = step(found, float(number))
        assert len(found.passed_over) <= MOST_NODES
        assert bool(found.reach.via) == (found.in_use != HOME)
        assert not found.is_detour or found.why
        after = found
        for _ in found.ring:
            after = route.moved_on(after, "Nobody.", 0.0)
            if after.in_use == HOME:
                break
        assert after.in_use == HOME, "the configured address always has its turn"
