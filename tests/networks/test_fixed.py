"""Modules of one sampling pattern: the same outputs, and programs that are exported."""

import warnings

import numpy as np
import pytest
import torch
from scipy.special import softmax

from ckts import CKCNNClassifier, Panel
from ckts.layers import CKConv
from ckts.networks import FixedSampling, GatedCKCNN

REGULAR = torch.arange(40, dtype=torch.float64)
RANDOM = REGULAR + torch.rand(40, generator=torch.Generator().manual_seed(0)) / 2
PATTERNS = {"regular": REGULAR, "holes": 2 * REGULAR + (REGULAR > 9), "random": RANDOM}
SOME = torch.rand(40, 3, generator=torch.Generator().manual_seed(1)) < 0.8
# Two orders of summation of float32.
TOLERANCE = 1e-5


def make_module(kind):
    torch.manual_seed(0)
    if kind == "layer":
        return CKConv(3, 4, horizon=30.0)
    if kind == "depthwise layer":
        return CKConv(3, 3, horizon=30.0, depthwise=True, causal=False)
    sizes = {"hidden_channels": 8, "horizon": 30.0, "n_static": 2}
    return GatedCKCNN(3, 2, causal=kind == "causal network", **sizes)


def make_inputs(kind, n_series):
    generator = torch.Generator().manual_seed(n_series)
    values = torch.randn(n_series, 40, 3, generator=generator)
    static = torch.randn(n_series, 2, generator=generator)
    return (values, static) if "network" in kind else (values,)


def outputs_of(module, inputs, times, observed):
    """What the module says when it is given the stamps."""
    values, *static = inputs
    times = times.expand(len(values), -1)
    if observed is None:
        observed = torch.ones(40, 3, dtype=torch.bool)
    return module(values, times, observed.expand(len(values), -1, -1), *static)


def assert_near(found, expected):
    error = np.abs(np.asarray(found) - expected.numpy()).max()
    assert error <= TOLERANCE * expected.abs().max()


KINDS = ["layer", "depthwise layer", "network", "causal network"]


@torch.no_grad()
@pytest.mark.parametrize("observed", [None, SOME], ids=["all", "some"])
@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("kind", KINDS)
def test_outputs_are_those_of_the_module_with_these_stamps(kind, pattern, observed):
    times, module = PATTERNS[pattern], make_module(kind)
    fixed = FixedSampling(module, times, observed)
    for n_series in (3, 1):
        inputs = make_inputs(kind, n_series)
        assert_near(fixed(*inputs), outputs_of(module, inputs, times, observed))


SLOW = pytest.mark.slow
PROGRAMS = [
    ("layer", "regular", None),
    pytest.param("layer", "random", SOME, marks=SLOW),
    pytest.param("depthwise layer", "regular", None, marks=SLOW),
    pytest.param("network", "regular", None, marks=SLOW),
    pytest.param("causal network", "holes", SOME, marks=SLOW),
    pytest.param("causal network", "random", SOME, marks=SLOW),
]


def dynamic(inputs):
    return tuple({0: torch.export.Dim("batch")} for _ in inputs)


@torch.no_grad()
@pytest.mark.parametrize(("kind", "pattern", "observed"), PROGRAMS)
def test_an_exported_program_takes_batches_of_any_size(kind, pattern, observed):
    times, module = PATTERNS[pattern], make_module(kind)
    fixed, inputs = FixedSampling(module, times, observed), make_inputs(kind, 3)
    program = torch.export.export(fixed, inputs, dynamic_shapes=dynamic(inputs))
    for n_series in (3, 1, 7):
        inputs = make_inputs(kind, n_series)
        expected = outputs_of(module, inputs, times, observed)
        assert_near(program.module()(*inputs), expected)


@torch.no_grad()
@pytest.mark.parametrize(("kind", "pattern", "observed"), PROGRAMS)
def test_onnx_runtime_says_the_same(kind, pattern, observed, tmp_path):
    pytest.importorskip("onnxscript", reason="onnxscript is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="it is not installed")
    times, module = PATTERNS[pattern], make_module(kind)
    fixed, inputs = FixedSampling(module, times, observed), make_inputs(kind, 3)
    path = tmp_path / "model.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch's exporter about itself
        shapes = dynamic(inputs)
        program = torch.onnx.export(
            fixed, inputs, dynamo=True, dynamic_shapes=shapes, verbose=False
        )
        program.save(path)
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    for n_series in (3, 1, 7):
        inputs = make_inputs(kind, n_series)
        names = [one.name for one in session.get_inputs()]
        given = dict(zip(names, (one.numpy() for one in inputs), strict=True))
        (output,) = session.run(None, given)
        assert_near(output, outputs_of(module, inputs, times, observed))


@pytest.mark.parametrize("causal", [False, True])
def test_onnx_runtime_serves_a_fitted_estimator(causal, tmp_path):
    pytest.importorskip("onnxscript", reason="onnxscript is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="it is not installed")
    rng = np.random.default_rng(0)
    stamps = np.cumsum(rng.exponential(size=20)) * 3
    panel = Panel(
        rng.normal(size=(40 * 20, 2)) * [5.0, 0.1] + [80.0, 7.4],
        np.tile(stamps, 40),
        20 * np.arange(41),
        static=rng.normal(60, 9, size=(40, 1)),
    )
    model = CKCNNClassifier(
        rocket=False, causal=causal, max_epochs=2, hidden_channels=8, random_state=0
    ).fit(panel[:30], np.arange(30) % 2)
    records = model.statistics_.dataset(panel[30:], model.time_scale_).batch(range(10))
    fixed = FixedSampling(model.net_.module_, records["times"][0])
    inputs = records["values"], records["static"]
    path = tmp_path / "model.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch's exporter about itself
        program = torch.onnx.export(
            fixed, inputs, dynamo=True, dynamic_shapes=dynamic(inputs), verbose=False
        )
        program.save(path)
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [one.name for one in session.get_inputs()]
    expected = model.predict_proba(panel[30:])
    for part in (slice(10), slice(3, 4)):
        given = dict(zip(names, (one[part].numpy() for one in inputs), strict=True))
        (logits,) = session.run(None, given)
        found = softmax(logits, axis=1)
        np.testing.assert_allclose(found, expected[part], atol=1e-5)


def test_a_fast_transform_of_the_export_leaves_no_trace():
    module = make_module("layer")
    fixed, inputs = FixedSampling(module, REGULAR), make_inputs("layer", 2)
    before = fixed(*inputs)
    torch.export.export(fixed, inputs)
    assert torch.equal(fixed(*inputs), before)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"module": torch.nn.Linear(3, 2)}, TypeError, "`module` must be.*got Linear"),
        ({"times": REGULAR.expand(2, -1)}, ValueError, r"`times` must be.*\(2, 40\)"),
        ({"times": [0.0, 1.0]}, ValueError, r"`times` must be.*\[0.0, 1.0\]"),
        (
            {"module": CKConv(3, 4, quadrature="linear")},
            ValueError,
            "`quadrature` must be 'gap' or 'none'.*got 'linear'.*Train with",
        ),
        ({"method": "mesh"}, ValueError, "`method` must be.*got 'mesh'.*Take 'auto'"),
        ({"observed": SOME[:7]}, ValueError, r"`observed` must be.*got \(7, 3\)"),
        ({"observed": SOME[:, :2]}, ValueError, r"`observed` must.*\(40, 3\).*, 2\)"),
        ({"observed": SOME[None]}, ValueError, r"`observed` must.*got \(1, 40, 3\)"),
        ({"observed": [[True]]}, ValueError, r"`observed` must be a Tens.*got a list"),
    ],
)
def test_what_cannot_be_fixed_is_told(change, error, message):
    arguments = {"module": make_module("layer"), "times": REGULAR, **change}
    with pytest.raises(error, match=message):
        FixedSampling(**arguments)


@pytest.mark.parametrize("kind", ["layer", "network"])
@pytest.mark.parametrize("shape", [(2, 39, 3), (2, 40, 4), (40, 3)])
def test_values_of_another_shape_are_told(kind, shape):
    fixed = FixedSampling(make_module(kind), REGULAR)
    told = r"`values` must have the shape \(batch, 40, 3\).*Make a FixedSampling"
    with pytest.raises(ValueError, match=told):
        fixed(torch.ones(shape), *make_inputs(kind, 2)[1:])


def test_static_features_that_lack_or_are_too_many_are_told():
    fixed, values = FixedSampling(make_module("network"), REGULAR), torch.ones(2, 40, 3)
    for static, found in ((None, "None"), (torch.ones(2, 3), r"\(2, 3\)")):
        told = rf"`static` must have the shape \(batch, 2\); got {found}. They are"
        with pytest.raises(ValueError, match=told):
            fixed(values, static)
    layer = FixedSampling(make_module("layer"), REGULAR)
    with pytest.raises(
        ValueError, match=r"`static` must .* \(batch, 0\); got \(2, 3\)"
    ):
        layer(values, torch.ones(2, 3))


def test_what_is_served_has_no_dropout():
    torch.manual_seed(0)
    network = GatedCKCNN(3, 2, hidden_channels=8, horizon=30.0, dropout=0.5)
    fixed, values = FixedSampling(network, REGULAR), make_inputs("layer", 3)[0]
    expected = fixed(values)
    assert not fixed.train().training
    assert not any(module.training for module in fixed.modules())
    assert torch.equal(fixed(values), expected)
