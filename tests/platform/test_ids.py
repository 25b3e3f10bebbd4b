import subprocess
import sys

from meydan.platform.clock import ManualClock
from meydan.platform.ids import first_id, new_id


def test_identifiers_sort_as_they_were_made_even_within_one_moment() -> None:
    clock = ManualClock()
    made = [new_id(clock) for _ in range(1_000)]
    clock.advance(0.001)
    made.append(new_id(clock))
    assert made == sorted(set(made))
    assert all(len(id_) == 32 for id_ in made)


def test_the_first_of_a_moment_comes_before_all_made_in_it() -> None:
    clock = ManualClock()
    before = new_id(clock)
    clock.advance(0.001)
    assert before < first_id(clock.now()) <= new_id(clock)


def test_a_forked_process_makes_others() -> None:
    program = """
import os
from meydan.platform.clock import ManualClock
from meydan.platform.ids import new_id
if os.fork():
    os.wait()
print(new_id(ManualClock()), flush=True)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    first, second = done.stdout.split()
    assert first != second


def test_identifiers_never_go_back_with_the_clock() -> None:
    clock, other = ManualClock(), ManualClock()
    before = [new_id(clock)]
    for step in (-0.001, -3600, 0.0005, 3599, 3602):
        clock.advance(step)
        before.append(new_id(clock))
    assert before == sorted(set(before))
    assert new_id(other) < before[-1], "another clock has its own"
