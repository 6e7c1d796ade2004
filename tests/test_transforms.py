"""What torch transforms runs plain operations, and what it compiles runs as it is."""

import pytest
import torch
from torch.func import grad, jvp, vmap

import ckts.layers  # noqa: F401  # all operations are defined in what it imports
from ckts.transforms import AbstractFused, is_transformed, untraced


def draw(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(0)).double()


class Cube(AbstractFused):
    @staticmethod
    def plain(inputs):
        return inputs**3

    @staticmethod
    def forward(ctx, inputs):
        ctx.save_for_backward(inputs)
        return inputs.pow(3)

    @staticmethod
    def backward(ctx, gradient):
        return 3 * ctx.saved_tensors[0] ** 2 * gradient


def test_what_is_not_transformed_runs_the_fast_pass():
    inputs = draw(3).requires_grad_()
    assert type(Cube.run(inputs).grad_fn).__name__ == "CubeBackward"


# torch itself compiles rules of jvp by what it calls deprecated.
@pytest.mark.filterwarnings("ignore:.torch.jit.script:DeprecationWarning")
@pytest.mark.parametrize(
    "transformed",
    [
        lambda x: vmap(Cube.run)(x),
        lambda x: vmap(grad(Cube.run))(x) * x / 3,
        lambda x: vmap(grad(grad(Cube.run)))(x) * x**2 / 6,
        lambda x: jvp(Cube.run, (x,), (x,))[1] / 3,
    ],
)
def test_what_is_transformed_runs_the_plain_one(transformed):
    inputs = draw(3)
    torch.testing.assert_close(transformed(inputs), inputs**3)


def test_transformations_are_noticed_and_forgotten():
    inside = []
    vmap(lambda x: inside.append(is_transformed()) or x)(draw(2))
    assert inside == [True]
    assert not is_transformed()


def test_every_operation_has_a_plain_twin():
    kinds = [one for one in AbstractFused.__subclasses__() if one is not Cube]
    assert len(kinds) >= 6
    for kind in kinds:
        assert kind.plain is not AbstractFused.plain


def test_a_compiler_does_not_see_what_is_untraced():
    seen = []

    @untraced
    def double(inputs):
        seen.append(torch.compiler.is_compiling())
        return 2 * inputs

    compiled = torch.compile(lambda x: double(x + 1) + 1, backend="eager")
    assert compiled(torch.ones(2)).tolist() == [5.0, 5.0]
    assert double(torch.ones(2)).tolist() == [2.0, 2.0]
    assert seen == [False, False]
    torch.compiler.reset()
