import itertools
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from meydan.telegram.fair import FairQueue, best_of


def filled(*lanes: str, each: int = 3) -> FairQueue[str, str]:
    queue: FairQueue[str, str] = FairQueue()
    for number in range(each):
        for lane in lanes:
            queue.push(lane, f"{lane}{number}", f"{lane}{number}", order=f"{number}")
    return queue


def drain(queue: FairQueue[str, str], now: float = 0.0) -> list[str]:
    order = []
    while (popped := queue.pop(now)) is not None:
        order.append(popped[1])
        queue.free(popped[0])
    return order


def test_lanes_take_turns_and_keep_their_order() -> None:
    assert drain(filled("a", "b", "c")) == ["a0", "b0", "c0", "a1", "b1", "c1", "a2", "b2", "c2"]


def test_a_lane_that_waits_is_hurried_alone_or_with_all() -> None:
    queue = filled("a", "b", "c", each=2)
    assert queue.pop(0) == ("a", "a0")
    for lane in ("a", "b", "c"):
        queue.wait(lane, 1e9)
    assert queue.pop(0) is None
    queue.hurry("b")
    queue.hurry("nobody")
    assert drain(queue) == ["b0", "b1"]
    queue.hurry()
    assert drain(queue) == ["c0", "c1"]  # the other is still busy
    queue.free("a")
    assert drain(queue) == ["a1"]


def test_a_busy_lane_is_passed_over() -> None:
    queue = filled("a", "b", each=2)
    assert queue.pop(0) == ("a", "a0")
    assert queue.pop(0) == ("b", "b0")
    assert queue.pop(0) is None
    queue.free("b")
    assert queue.pop(0) == ("b", "b1")
    assert len(queue) == 1


def test_a_lane_waits_for_its_moment() -> None:
    queue = filled("a", "b", each=1)
    queue.wait("a", 5.0)
    assert queue.pop(0) == ("b", "b0")
    assert queue.pop(1) is None
    assert queue.next_moment() == 5.0
    queue.push("c", "c0", "c0", order="c0")
    assert queue.next_moment() == 1  # the last moment it knows: now
    assert queue.pop(1) == ("c", "c0")
    queue.wait("a", 7.0)
    queue.wait("a", 6.0)
    assert queue.pop(5) is None
    assert queue.next_moment() == 7.0
    assert queue.pop(7) == ("a", "a0")
    assert queue.next_moment() is None


def test_an_urgent_lane_goes_first_and_starves_nobody() -> None:
    queue = filled("a", "b", "c", each=10)
    for number in range(40):
        queue.push("c", f"urgent{number}", "C", priority=2, order=f"{number:02}")
    order = drain(queue)
    assert order[:6] == ["C", "C", "a0", "C", "C", "b0"]


def test_an_urgent_item_lifts_its_lane() -> None:
    queue = filled("a", "b", "c", each=2)
    queue.push("c", "urgent", "C", priority=2, order="9")
    assert drain(queue) == ["C", "a0", "b0", "c0", "a1", "b1", "c1"]
    queue = filled("a", "b", "c", each=2)
    queue.push("c", "urgent", "C", priority=2, order="9")
    queue.remove("urgent")
    assert drain(queue) == ["a0", "b0", "c0", "a1", "b1", "c1"]


def test_an_album_pays_with_its_turns() -> None:
    queue: FairQueue[str, str] = FairQueue()
    for number in range(4):
        queue.push("album", f"A{number}", "A", cost=3, order=f"{number}")
    for number in range(12):
        queue.push("plain", f"p{number}", "p", order=f"{number:02}")
    assert "".join(drain(queue)) == "ppApppApppApppAp"


def test_removing_and_clearing() -> None:
    queue = filled("a", "b", each=2)
    queue.remove("a0")
    queue.remove("a0")
    assert (len(queue), queue.depth("a"), list(queue.heads())) == (3, 1, ["1", "0"])
    queue.push("a", "a0", "a0 again", order="0")
    assert queue.clear("b") == ["b0", "b1"]
    assert queue.clear("nobody") == []
    assert drain(queue) == ["a0 again", "a1"]
    assert queue.lanes() == 0


def test_what_comes_back_keeps_its_place() -> None:
    queue = filled("a", each=2)
    lane, item = queue.pop(0) or ("", "")
    queue.push(lane, item, item, order="0")
    queue.wait(lane, 3.0)
    queue.free(lane)
    assert queue.pop(1) is None
    assert drain(queue, now=3.0) == ["a0", "a1"]


LANES = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4)), min_size=1, max_size=9)


@given(LANES)
def test_no_lane_that_has_something_to_say_waits_twice_its_share(plan: list[tuple[int, int]]) -> None:
    """Every lane always has something: between two of its turns at most twice a share of each is said, and one more."""
    queue: FairQueue[int, int] = FairQueue()
    keys = itertools.count()

    def refill(lane: int) -> None:
        priority, cost = plan[lane]
        key = next(keys)
        queue.push(lane, f"{key}", cost, cost=cost, priority=priority, order=f"{key:09}")

    for lane in range(len(plan)):
        refill(lane)
    spoken, last, largest = 0, dict.fromkeys(range(len(plan)), 0), max(cost for _, cost in plan)
    for _ in range(40 * len(plan)):
        lane, cost = queue.pop(0) or (-1, 0)
        spoken += cost
        assert spoken - last[lane] <= 2 * len(plan) * (cost + largest - 1) + largest
        last[lane] = spoken
        refill(lane)
        queue.free(lane)
    bounds = {lane: 2 * len(plan) * (plan[lane][1] + largest - 1) + largest for lane in last}
    assert all(spoken - moment <= bounds[lane] for lane, moment in last.items())


@given(st.lists(st.integers(1, 10), min_size=2, max_size=6))
def test_lanes_of_one_priority_say_equally_much(costs: list[int]) -> None:
    queue: FairQueue[int, int] = FairQueue()
    said: Counter[int] = Counter()
    for number in range(400):
        for lane, cost in enumerate(costs):
            queue.push(lane, f"{lane}.{number}", cost, cost=cost, order=f"{number:03}")
    for _ in range(200):
        lane, cost = queue.pop(0) or (-1, 0)
        said[lane] += cost
        queue.free(lane)
    assert max(said.values()) - min(said[lane] for lane in range(len(costs))) <= 2 * max(costs)


class Model(RuleBasedStateMachine):
    """Does to the queue and to a plain list what senders do, in any order, and looks for differences."""

    def __init__(self) -> None:
        super().__init__()
        self.queue: FairQueue[int, str] = FairQueue()
        self.items: dict[str, tuple[int, int, str]] = {}
        self.busy: set[int] = set()
        self.until: dict[int, float] = {}
        self.now = 0.0
        self.keys = itertools.count()

    @rule(lane=st.integers(0, 3), priority=st.integers(-1, 4), cost=st.integers(1, 5))
    def push(self, lane: int, priority: int, cost: int) -> None:
        key = f"{next(self.keys):05}"
        self.queue.push(lane, key, key, cost=cost, priority=priority, order=key)
        self.items[key] = (lane, -priority, key)

    @rule(pause=st.integers(0, 3))
    def pop(self, pause: int) -> None:
        self.now += pause
        ready = {
            lane
            for lane, _, _ in self.items.values()
            if lane not in self.busy and self.until.get(lane, 0.0) <= self.now
        }
        popped = self.queue.pop(self.now)
        assert (popped is not None) == bool(ready)
        if popped is not None:
            lane, key = popped
            assert lane in ready
            assert key == min((rank, one) for at, rank, one in self.items.values() if at == lane)[1]
            del self.items[key]
            self.busy.add(lane)
            return
        waiting = [
            self.until[lane]
            for lane, _, _ in self.items.values()
            if lane not in self.busy and self.until.get(lane, 0.0) > self.now
        ]
        moment = self.queue.next_moment()
        assert moment is not None or not waiting
        assert moment is None or moment > self.now
        assert moment is None or not waiting or moment <= min(waiting)

    @precondition(lambda self: self.busy)
    @rule(data=st.data())
    def free(self, data: st.DataObject) -> None:
        lane = data.draw(st.sampled_from(sorted(self.busy)))
        self.busy.discard(lane)
        self.queue.free(lane)

    @rule(lane=st.integers(0, 3), seconds=st.integers(0, 4))
    def wait(self, lane: int, seconds: int) -> None:
        self.queue.wait(lane, self.now + seconds)
        self.until[lane] = max(self.until.get(lane, 0.0), self.now + seconds)

    @precondition(lambda self: self.items)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.items)))
        self.queue.remove(key)
        del self.items[key]

    @rule(lane=st.integers(0, 3))
    def clear(self, lane: int) -> None:
        mine = sorted((rank, key) for at, rank, key in self.items.values() if at == lane)
        assert self.queue.clear(lane) == [key for _, key in mine]
        for _, key in mine:
            del self.items[key]

    @invariant()
    def counts(self) -> None:
        assert len(self.queue) == len(self.items)
        depths = Counter(lane for lane, _, _ in self.items.values())
        assert all(self.queue.depth(lane) == depths[lane] for lane in range(4))

    def teardown(self) -> None:
        for lane in self.busy:
            self.queue.free(lane)
        while (popped := self.queue.pop(self.now + 100)) is not None:
            self.items.pop(popped[1])
            self.queue.free(popped[0])
        assert not self.items
        assert self.queue.lanes() == 0


TestModel = Model.TestCase
TestModel.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)


def test_the_planner_takes_who_can_speak_first_and_spreads_the_rest() -> None:
    assert best_of(["a", "b", "c"], [3.0, 0.5, 1.0], last_used={}) == "b"
    assert best_of(["a", "b"], [0.0, 0.0], last_used={"a": 2.0, "b": 1.0}) == "b"
    assert best_of(["a", "b"], [0.0, 0.0], last_used={"a": 2.0}) == "b"
