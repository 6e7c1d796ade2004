"""The benchmark of the paper's tables: what it runs, keeps and prints."""

import argparse
import json

import numpy as np
import pytest
import torch

import reproduce
from ckts import CKCNNClassifier, Panel
from ckts.datasets import make_speed
from ckts.networks import NETWORKS
from paper import figures, memory, systems, tables


@pytest.fixture
def toy(monkeypatch):
    """A table of two systems on a few series, whose paper knew one figure."""

    def splits(n_seeds):
        for seed in range(n_seeds):
            X, y = make_speed(20, random_state=seed)
            for row in ("all", "half"):
                n = 12 if row == "all" else 6
                yield row, X[:n], y[:n], X[12:], y[12:], seed

    table = tables.Table(splits, ("gru", "lstm"), {"all": {"gru": 96.2}}, "smnist")
    monkeypatch.setattr(reproduce, "TABLES", {"toy": table})
    monkeypatch.setattr(systems, "RIVAL_PARAMETERS", 2000)
    return table


def options(runs, **changed):
    plain = {"systems": None, "rows": "", "seeds": 2, "epochs": 1, "series": None}
    return argparse.Namespace(runs=runs, **{**plain, **changed})


def test_runs_are_kept_and_continued(toy, tmp_path, monkeypatch):
    path, runs = tmp_path / "runs.json", {}
    reproduce.run("toy", toy, runs, options(path, seeds=1, rows="all"))
    assert list(runs) == ["toy | all | gru | 0", "toy | all | lstm | 0"]
    kept = json.loads(path.read_text("utf-8"))
    assert kept == runs
    first = runs["toy | all | gru | 0"]
    assert first["epochs"] == 1
    assert 1000 < first["parameters"] <= 2000
    fitted = []
    make = reproduce.make_system
    monkeypatch.setattr(
        reproduce,
        "make_system",
        lambda *given, **options: fitted.append(given[0]) or make(*given, **options),
    )
    reproduce.run("toy", toy, kept, options(path, systems=["gru"]))
    assert fitted == ["gru"] * 3  # the other seed, and the other row of both
    assert kept["toy | all | gru | 0"] == first
    with pytest.raises(SystemExit, match=r"`--runs` must hold runs of these settings"):
        reproduce.run("toy", toy, kept, options(path, epochs=2))


def test_lines_show_mean_deviation_and_the_figure_of_the_paper(toy):
    runs = {
        f"toy | all | gru | {seed}": {"accuracy": share, "cpu": 3.0, "parameters": 1990}
        for seed, share in enumerate([0.5, 0.7])
    }
    runs["toy | half | rocket | 0"] = {"accuracy": 1.0, "cpu": 1.0}
    assert list(reproduce.lines("toy", toy, runs)) == [
        "| table toy, accuracy | parameters | all | half | CPU s |",
        "|---|---|---|---|---|",
        "| gru | 1,990 | 60.00 ± 14.14 (96.2) |  | 3 |",
        "| rocket |  |  | 100.00 | 1 |",
    ]
    assert list(reproduce.lines("other", toy, runs)) == []


@pytest.mark.parametrize("name", sorted(set(NETWORKS) - {"gated", "paper"}))
def test_rivals_have_as_many_parameters_as_in_the_paper(name):
    X, y = make_speed(20, random_state=0)
    sizes = systems.Sizes(1, 2, 182)
    model = systems.make_system(name, "smnist", seed=0, epochs=1, sizes=sizes)
    model.set_params(max_epochs=1).fit(X[:4], y[:4])
    assert 80_000 < sum(p.numel() for p in model.net_.module_.parameters()) <= 89_000
    if name == "tcn":
        assert model.net_.module_.receptive_field >= 182


@pytest.mark.parametrize("task", ["smnist", "character_trajectories_70", "sepsis"])
@pytest.mark.parametrize(
    "name", ["paper", "4 blocks, 95k", "omega_0 = 10", "relu", "default", "rocket"]
)
def test_every_system_can_be_made(name, task):
    model = systems.make_system(
        name, task, seed=1, epochs=2, sizes=systems.Sizes(2, 3, 64)
    )
    X, y = make_speed(12, random_state=0)
    if name in ("default", "rocket") or task == "sepsis":
        model._check_parameters()
    else:
        assert model.set_params(early_stopping=False, scoring=None).fit(X, y)
        assert model.n_iter_ == 2


def test_dropped_rows_leave_their_stamps():
    times = np.array([0.0, 1, 2, 0, 1])
    panel = Panel(np.arange(5.0)[:, None], times, [0, 3, 5])
    found = tables.leave_stamps(panel, panel.keep_rows(np.array([0, 1, 1, 1, 0], bool)))
    np.testing.assert_array_equal(found.values[:, 0], [np.nan, 1, 2, 3, np.nan])
    assert (found.times.tolist(), found.indptr.tolist()) == (times.tolist(), [0, 3, 5])


def test_tables_name_systems_that_exist():
    words = {"network", "default", "rocket", *systems.DEPTHS, *systems.RATE_OPTIONS}
    words |= {*tables.NONLINEARITIES}
    for table in tables.TABLES.values():
        for name in table.systems:
            assert name in NETWORKS or name in words or name.startswith("omega_0")


def test_a_network_that_copies_solves_the_copy_memory_problem():
    drawn = memory.PROBLEMS["copy"].make(5, length=7, random_state=0)
    values, y = memory._tensors(*drawn)

    class Copying(torch.nn.Module):
        off = 0

        def forward_path(self, values, times, observed):
            copied = torch.zeros(values.shape[:2], dtype=torch.long)
            copied[:, -10:] = values[:, :10, 0].long()
            copied[0, -1] += self.off
            return torch.nn.functional.one_hot(copied % 10, 10).float()

    network = Copying()
    assert memory.evaluate(network, "copy", (values, y)) == (1.0, True)
    network.off = 1
    share, solved = memory.evaluate(network, "copy", (values, y))
    assert share == pytest.approx(1 - 1 / 50)
    assert not solved


def test_the_sum_solves_the_adding_problem_and_its_mean_does_not():
    drawn = memory.PROBLEMS["adding"].make(400, length=30, random_state=0)
    data = memory._tensors(*drawn)

    class Summing(torch.nn.Module):
        def forward(self, values, times, observed):
            return (values[..., 0] * values[..., 1]).sum(1, keepdim=True)

    class Guessing(torch.nn.Module):
        def forward(self, values, times, observed):
            return torch.ones(len(values), 1)

    assert memory.evaluate(Summing(), "adding", data)[1]
    loss, solved = memory.evaluate(Guessing(), "adding", data)
    assert loss == pytest.approx(1 / 6, rel=0.1)  # 2 / 12, the variance
    assert not solved


def test_a_learning_rate_that_decays_ends_at_zero(monkeypatch):
    rates = []

    def remember(network, optimizer, *arguments):
        train(network, optimizer, *arguments)
        rates.append(optimizer.param_groups[0]["lr"])

    train = memory._train
    monkeypatch.setattr(memory, "_train", remember)
    own = {"n_series": 70, "epochs": 2}  # three batches an epoch
    assert len(list(memory.run("gru", "copy", 12, decay=True, **own))) == 3
    assert rates == pytest.approx([2.5e-4, 0.0])  # half of it, halfway
    list(memory.run("gru", "copy", 12, **own))
    assert rates[2:] == [5e-4, 5e-4]


@pytest.mark.parametrize("name", ["gru", "paper"])
@pytest.mark.parametrize("problem", ["copy", "adding"])
def test_networks_train_on_table_two(name, problem):
    lines = memory.run(name, problem, 12, n_series=64, seconds=0.0)
    line, last = list(lines)
    assert line["epoch"] == last["epoch"] == 1
    assert np.isfinite([line["score"], last["test"]]).all()
    assert not last["solved"]
    network = memory.make_network(name, problem, 12)
    wanted = memory.PROBLEMS[problem].n_parameters
    n_parameters = sum(one.numel() for one in network.parameters())
    assert n_parameters == pytest.approx(wanted, rel=0.1)


def test_blurring_keeps_lines_and_takes_away_what_alternates():
    line = torch.linspace(0, 1, 41)
    torch.testing.assert_close(figures.blur(line, 8)[8:-8], line[8:-8])
    waves = torch.cos(2 * torch.pi * torch.arange(65) / 8)  # one training step
    # of a Gaussian of deviation 0.5, cut at two deviations
    taps = torch.linspace(-1, 1, 17)
    weights = torch.exp(-((taps / 0.5) ** 2) / 2)
    kept = float((weights * torch.cos(2 * torch.pi * taps)).sum() / weights.sum())
    torch.testing.assert_close(figures.blur(waves, 8)[8:-8], kept * waves[8:-8])
    assert abs(kept) < 0.05


def test_sines_fit_noise_where_rectifiers_do_not():
    target = torch.tensor(figures.TARGETS["noise"](np.zeros(figures.N_POINTS))).float()
    errors = {
        name: figures.fit(figures.make_function(name), target, n_steps=500)
        for name in ("sine", "ReLU")
    }
    assert errors["sine"] < 0.1
    assert errors["ReLU"] > 0.8


def test_a_model_is_fitted_once_for_all_rates(toy):
    X, y = make_speed(12, random_state=0)
    fits = reproduce.Fits(toy, options(None))
    first = fits.fit("gru", ("all", X, y, X, y, 0))[0]
    assert fits.fit("gru", ("half", X, y, X[:6], y[:6], 0))[0] is first
    assert fits.fit("gru", ("all", X[:], y, X, y, 1))[0] is not first


def test_options_of_rates_need_no_training(monkeypatch):
    X, y = make_speed(12, random_state=0)
    task, options_ = "character_trajectories, stamps", systems.RATE_OPTIONS
    table = tables.Table(lambda n_seeds: [], ("paper", *options_), {}, task)
    fits = reproduce.Fits(table, options(None))
    fits.score("paper", ("1 -> 1/2", X, y, X, y, 0))
    model = fits.kept["paper"][1]
    within = np.arange(len(X.times)) - np.repeat(X.indptr[:-1], X.lengths)
    coarse = X.keep_rows(within % 2 == 0)
    expected = model.predict_proba(coarse)
    found = systems.with_options(model, {"factor": False})
    assert np.abs(found.predict_proba(coarse) - expected).max() > 1e-6
    np.testing.assert_array_equal(model.predict_proba(coarse), expected)
    assert found.net_.module_.blocks[0].conv1.factor is False
    monkeypatch.setattr(CKCNNClassifier, "fit", None)
    for name in options_:
        assert 0 <= fits.score(name, ("1 -> 1/2", X, y, coarse, y, 0))["accuracy"] <= 1


def test_sines_keep_their_omega_0_among_the_nonlinearities():
    sizes = systems.Sizes(3, 20, 182)
    made = {
        name: systems.make_system(
            name, "character_trajectories_70", seed=0, epochs=1, sizes=sizes
        )
        for name in ("paper", "sine", "relu")
    }
    assert made["sine"].kernel_params == made["paper"].kernel_params
    assert made["relu"].kernel_params is None


def test_a_tcn_of_table_two_sees_the_first_digit():
    for length in (100, 1000):
        network = memory.make_network("tcn", "copy", length)
        assert network.receptive_field >= length + 20
