"""Who trains together, and what each is told."""

import pickle

import numpy as np
import pytest
import torch
import torch.distributed as dist

from ckts.estimators.training import processes
from ckts.estimators.training.processes import (
    OneProcess,
    ProcessGroup,
    find_processes,
)
from parallel_fits import X, Y, model_of


@pytest.fixture
def group():
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    yield ProcessGroup()
    dist.destroy_process_group()


def test_one_process_is_found_where_nothing_is_connected():
    for wanted in (False, True):
        found = find_processes(wanted)
        assert (found.rank, found.n_processes, found.n_local) == (0, 1, 1)
        found.check_same(lambda: pytest.fail("nobody to compare with"))
        assert found.first(lambda: 3) == found.learn(None, None, lambda: 3) == 3


def test_a_group_is_asked_only_if_that_is_wanted(group, monkeypatch):
    monkeypatch.setattr(dist, "get_world_size", lambda: 2)
    assert isinstance(find_processes(False), OneProcess)
    assert isinstance(find_processes(True), ProcessGroup)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "1")
    assert (group.n_processes, group.n_local) == (2, 1)


def test_a_group_of_one_is_one_process(group):
    assert isinstance(find_processes(True), OneProcess)


def test_processes_that_are_not_connected_raise(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    message = r"`data_parallel` must find a process group.*got True, 2 processes and"
    with pytest.raises(ValueError, match=message):
        model_of().fit(X, Y)
    model_of().set_params(data_parallel=False).fit(X, Y)


def test_learning_takes_over_attributes_and_numbers(group):
    class Model:
        old, kept = 1, 2

    model, generator = Model(), np.random.RandomState(0)
    model.gone = 3

    def function():
        del model.gone
        model.new = generator.randint(9)
        return "result"

    assert group.learn(model, generator, function) == "result"
    expected = np.random.RandomState(0)
    assert vars(model) == {"new": expected.randint(9)}
    assert generator.randint(99) == expected.randint(99)


def test_the_second_takes_over_what_the_first_learned(group, monkeypatch):
    class Model:
        pass

    sent = []
    monkeypatch.setattr(dist, "broadcast_object_list", lambda x, src: sent.append(x[0]))
    first, second = Model(), Model()
    generators = [np.random.RandomState(0), np.random.RandomState(1)]
    second.gone = first.gone = 1

    def function():
        del first.gone
        first.new = generators[0].randint(9)

    group.learn(first, generators[0], function)
    monkeypatch.setattr(dist, "get_rank", lambda: 1)
    receive = lambda x, src: x.__setitem__(0, sent[0])  # noqa: E731
    monkeypatch.setattr(dist, "broadcast_object_list", receive)
    group.learn(second, generators[1], lambda: pytest.fail("the first learns"))
    assert vars(second) == vars(first)
    assert generators[1].randint(99) == generators[0].randint(99)


def test_errors_of_the_first_reach_all(group, monkeypatch):
    class Unknown(Exception):
        """One that no other process can unpickle."""

    for error in (KeyError("a"), Unknown("b")):

        def fail(error=error):
            raise error

        sent = []
        monkeypatch.setattr(
            dist,
            "broadcast_object_list",
            lambda x, src, sent=sent: sent.append(pickle.dumps(x[0])),
        )
        with pytest.raises(type(error)):
            group.first(fail)
        _, received = pickle.loads(sent[0])
        assert str(error) in str(received)
    assert type(received) is RuntimeError


def test_other_data_name_the_process(group, monkeypatch):
    def gather(found, own):
        found[:] = [own, "other"]

    monkeypatch.setattr(dist, "get_world_size", lambda: 2)
    monkeypatch.setattr(dist, "all_gather_object", gather)
    message = "must be the same in every process.*got others in process 1 than in 0.*Gi"
    with pytest.raises(ValueError, match=message):
        group.check_same(lambda: [np.arange(3)])


def test_sums_keep_shapes_and_modules_their_layout(group):
    parts = [torch.tensor(2.0), torch.ones(2, 3), torch.zeros(0, 1)]
    found = group.add_up(parts)
    assert [one.shape for one in found] == [one.shape for one in parts]
    assert found[1].sum() == 6.0
    module = torch.nn.Linear(2, 3)
    module.weight.data = module.weight.data.T.contiguous().T  # not contiguous
    before = module.weight.detach().clone()
    group.copy_first(module)
    assert torch.equal(module.weight, before)


def test_one_states_of_generators_agree(group):
    generator = np.random.RandomState(3)
    state = generator.get_state()[1].copy()
    agreed = processes.ProcessGroup().agree_on(generator)
    assert agreed is generator
    np.testing.assert_array_equal(generator.get_state()[1], state)
