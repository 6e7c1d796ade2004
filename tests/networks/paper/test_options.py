"""Options of the paper's network: wrong ones, and those that do not go together."""

import pytest
import torch

from ckts.networks import PaperCKCNN
from ckts.networks.paper.options import OPTIONS, input_steps, n_mask_channels


@pytest.mark.parametrize("name", list(OPTIONS))
def test_values_that_an_option_does_not_have_are_named(name):
    message = f"`{name}` must be one of '{OPTIONS[name][0]}'.*got 'some'"
    with pytest.raises(ValueError, match=message):
        PaperCKCNN(2, 3, **{name: "some"})


@pytest.mark.parametrize("name", ["dropout", "input_dropout", "weight_dropout"])
def test_shares_are_checked(name):
    with pytest.raises(ValueError, match=rf"`{name}` must be in \[0, 1\); got 1.5"):
        PaperCKCNN(2, 3, **{name: 1.5})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_blocks": 0}, "`n_blocks` must be at least 1; got 0"),
        ({"hidden_channels": 0}, "`hidden_channels` must be at least 1; got 0"),
        ({"n_static": -1}, "`n_static` must be at least 0; got -1"),
        ({"kernel_penalty": -1.0}, "`kernel_penalty` must be finite and at least 0"),
        ({"horizon": 0.0}, "`horizon` must be positive and finite; got 0.0"),
        ({"row_time_step": 0.0}, "`row_time_step` must be positive and finite; got"),
        (
            {"odd_lengths": "published"},
            "`sampling` must be 'grid' for odd_lengths='published'; got 'stamps'",
        ),
        ({"padding": "last"}, "`sampling` must be 'grid' for padding='last'"),
        ({"weight_dropout": 0.1}, "`sampling` must be 'grid' for weight_dropout=0.1"),
        ({"output": "end"}, "`sampling` must be 'grid' for output='end'"),
        (
            {"sampling": "grid", "anchor": "past"},
            "`sampling` must be 'stamps' for anchor='past'; got 'grid'",
        ),
        (
            {"sampling": "grid", "blur": "published"},
            "`sampling` must be 'stamps' for blur='published'; got 'grid', whose",
        ),
    ],
)
def test_options_that_do_not_go_together_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        PaperCKCNN(2, 3, **options)


def test_the_factor_is_there_or_not():
    with pytest.raises(TypeError, match=r"`factor` must be True or False; got 2\.0"):
        PaperCKCNN(2, 3, factor=2.0)


def test_series_of_other_sizes_are_named():
    network = PaperCKCNN(2, 3, mask="channels", n_static=1)
    message = (
        r"`values` must have the shape \(batch, time, 2\); got \(5, 9, 4\).*adds 2"
    )
    with pytest.raises(ValueError, match=message):
        network(torch.ones(5, 9, 4))
    with pytest.raises(ValueError, match=r"`static` must have the shape \(batch, 1\)"):
        network(torch.ones(5, 9, 2))


def test_a_grid_that_is_too_long_is_refused():
    network = PaperCKCNN(1, 2, sampling="grid", horizon=1e6, row_time_step=1.0)
    times = torch.tensor([[0.0, 1e6]], dtype=torch.float64)
    message = "`sampling` must be 'stamps' where.*got 'grid' and 1,000,001 points"
    with pytest.raises(ValueError, match=message):
        network(torch.ones(1, 2, 1), times)
    network = PaperCKCNN(1, 2, sampling="grid", horizon=10.0, row_time_step=1.0)
    with pytest.raises(ValueError, match="`sampling` must be 'stamps' where"):
        network(torch.ones(1, 2, 1), times)


def test_inputs_know_their_own_gaps():
    assert [n_mask_channels(mask, 4) for mask in OPTIONS["mask"]] == [0, 1, 4, 4]
    assert input_steps([2.0, 3.0], 3, 1.0, "channels") == [2, 3, 1, 1, 1]
    assert input_steps([2.0, 3.0], 3, 1.0, "counts") == [1, 1, 2, 3, 1]
