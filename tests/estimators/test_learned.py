"""What fit learned is told: by verbose=2, and below the diagram of scikit-learn."""

import numpy as np
import pytest
from sklearn import config_context
from sklearn.pipeline import make_pipeline

from ckts import CKCNNClassifier, CKCNNRegressor, CKRocketClassifier, PanelScaler
from ckts.datasets import make_bursty_visits, make_speed
from ckts.estimators._learned import in_html, in_lines, learned_classes

QUICK = {"max_epochs": 1, "hidden_channels": 4, "n_blocks": 1, "random_state": 0}
X, y = make_speed(40, n_channels=2, random_state=0)


def facts(model):
    return dict(model._learned())


def test_numbers_are_those_of_the_model():
    model = CKCNNClassifier(**QUICK, rocket=False).fit(X, y)
    found = facts(model)
    center, scale = model.statistics_.values.center, model.statistics_.values.scale
    expected = [f"channel_{i} {center[i]:.4g} ± {scale[i]:.4g}" for i in range(2)]
    assert found["channels"] == ", ".join(expected)
    time = model.statistics_.time
    assert f"horizon {time.horizon:.4g}" in found["clock"]
    assert f"a row every {time.row_time_step:.4g}" in found["clock"]
    size = sum(one.numel() for one in model.net_.module_.parameters())
    assert f"GatedCKCNN, {size:,} numbers" in found["network"]
    assert found["training"].startswith(f"{model.net_.n_steps_} steps in batches of 8")
    assert f"weight_decay {model.weight_decay_:.4g}" in found["chosen"]
    assert "joined" not in found


def test_joined_models_tell_the_shares():
    model = CKCNNRegressor(**QUICK).fit(X, y.astype(float))
    found = facts(model)
    assert "3 times GatedCKCNN" in found["network"]
    assert found["joined"].startswith(f"networks {100 * model.network_share_:.0f} %")
    rocket = facts(model.rocket_)
    assert rocket["kernels"].startswith(f"{model.rocket_.kernels_.n_features:,} over")
    assert set(rocket) >= {"channels", "clock", "blocks", "left out"}


def test_bursts_static_features_and_times_without_meaning_are_told():
    visits, _ = make_bursty_visits(40, random_state=0)
    bursts = CKRocketClassifier(n_kernels=84, random_state=0).fit(visits, y)
    assert "for up to" in facts(bursts)["bursts"]
    static = X.with_static(np.arange(40.0)[:, None], ["age"])
    model = CKRocketClassifier(n_kernels=84, random_state=0).fit(static, y)
    assert facts(model)["static"].startswith("age 19.5 ± ")
    single = X.keep_rows(X.elapsed == 0)
    model = CKRocketClassifier(n_kernels=84, random_state=0).fit(single, y)
    assert facts(model)["clock"].startswith("none")


def test_verbose_2_prints_before_and_after_the_training(capsys):
    model = CKCNNClassifier(**QUICK, rocket=False, class_weight={1: 3.0}, verbose=2)
    model.fit(X, y)
    captured = capsys.readouterr()
    lines = captured.out.splitlines()
    assert lines[0] == "CKCNNClassifier learned from 40 series"
    assert [line.split()[0] for line in lines[1:5]] == [
        *("channels", "clock", "chosen", "weights")
    ]
    assert lines[4].split(None, 1)[1] == "0 25 %, 1 75 %"
    assert lines[5] == "It trained"
    for name in ("network", "training"):
        assert f"  {name:<9}{facts(model)[name]}" in lines
    assert "1/1" in captured.err  # the bar


@pytest.mark.parametrize("verbose", [0, 1])
def test_less_verbose_fits_print_nothing(verbose, capsys):
    CKCNNClassifier(**QUICK, rocket=False, verbose=verbose).fit(X, y)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert ("1/1" in captured.err) == bool(verbose)


def test_facts_stand_below_the_diagram_of_scikit_learn():
    model = CKRocketClassifier(n_kernels=84, random_state=0)
    assert "What fit learned" not in model._repr_html_()
    model.fit(X, y)
    html = model._repr_html_()
    diagram, _, below = html.partition("What fit learned")
    assert "sk-container-id" in diagram
    assert "fitted" in diagram
    assert facts(model)["clock"] in below
    bundle = model._repr_mimebundle_()
    assert "What fit learned" in bundle["text/html"]
    assert bundle["text/plain"] == repr(model)
    with config_context(display="text"):
        assert "text/html" not in model._repr_mimebundle_()
    pipeline = make_pipeline(PanelScaler(), model).fit(X, y)
    assert "sk-container-id" in pipeline._repr_html_()


def test_names_are_escaped_in_html_only():
    given = [("channels", "<script>")]
    assert "&lt;script&gt;" in in_html(given)
    assert "<script>" not in in_html(given)
    assert in_lines("It", given) == "It\n  channels <script>"
    assert in_html([]) == ""


def test_classes_have_the_shares_of_the_weights():
    codes, weight = np.array([0, 0, 1, 2]), np.array([1.0, 1, 2, 4])
    found = learned_classes(["a", "b", "c"], codes, weight)
    assert found == ("weights", "a 25 %, b 25 %, c 50 %")
