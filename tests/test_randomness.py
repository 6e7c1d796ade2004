"""Generators made from keys, and the turns of who draws from the global one."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from ckts.randomness import global_numbers_of, make_generator


def draw(*key):
    return tuple(torch.rand(4, generator=make_generator(*key)).tolist())


def test_a_generator_follows_from_its_key():
    assert draw(1, 2, 3) == draw(1, 2, 3)
    large = 2**40
    keys = [(a, b, c) for a in (0, 1, large) for b in (0, 1, large) for c in (0, 1, 2)]
    assert len({draw(*key) for key in keys}) == len(keys)


def test_keys_must_be_of_one_length():
    assert draw(1) == draw(1, 0)


def test_generators_of_successive_counts_are_independent():
    numbers = torch.stack(
        [torch.rand(100, generator=make_generator(5, count)) for count in range(400)]
    )
    correlations = torch.corrcoef(numbers)
    off = correlations - torch.eye(400)
    assert off.square().mean().sqrt() == pytest.approx(0.1, abs=0.003)  # 1 / sqrt(100)
    assert numbers.mean() == pytest.approx(0.5, abs=0.006)  # 4 standard errors


def test_global_numbers_are_those_of_the_generator_and_put_back():
    before = torch.get_rng_state()
    with global_numbers_of(make_generator(3)):
        inside = torch.rand(3)
    assert torch.equal(torch.get_rng_state(), before)
    with global_numbers_of(make_generator(3)):
        assert torch.equal(torch.rand(3), inside)


def test_the_global_generator_is_put_back_after_an_error():
    before = torch.get_rng_state()

    def fail():
        with global_numbers_of(make_generator(3)):
            raise KeyError(torch.rand(3))

    for _ in range(2):  # and the turn is over
        with ThreadPoolExecutor(1) as pool, pytest.raises(KeyError):
            pool.submit(fail).result()
    assert torch.equal(torch.get_rng_state(), before)


def test_global_numbers_of_one_generator_go_on():
    generator = make_generator(3)
    drawn = set()
    for _ in range(3):
        with global_numbers_of(generator):
            drawn.add(torch.rand(()).item())
    assert len(drawn) == 3


def test_a_thread_may_draw_within_its_own_turn():
    with global_numbers_of(make_generator(1)):
        first = torch.rand(2)
        with global_numbers_of(make_generator(2)):
            torch.rand(5)
        second = torch.rand(2)
    with global_numbers_of(make_generator(1)):
        assert torch.equal(torch.rand(4), torch.cat([first, second]))


def test_threads_take_turns():
    interval = sys.getswitchinterval()
    together = threading.Barrier(4)

    def numbers(seed):
        together.wait()
        drawn = []
        for count in range(50):
            with global_numbers_of(make_generator(seed, count)):
                drawn += [torch.rand(()).item() for _ in range(5)]
        return drawn

    before = torch.get_rng_state()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            results = list(pool.map(numbers, range(4)))
    finally:
        sys.setswitchinterval(interval)
    together = threading.Barrier(1)
    assert results == [numbers(seed) for seed in range(4)]
    assert torch.equal(torch.get_rng_state(), before)
