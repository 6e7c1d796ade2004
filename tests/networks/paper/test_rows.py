"""What the blocks see: masks, static features, places of the output, anchors."""

import pytest
import torch

from ckts.networks import PaperCKCNN
from ckts.networks.paper.rows import append_channels, rows_as_given

VALUES = torch.tensor([[[1.0, 9.0], [9.0, 9.0], [2.0, 3.0]]])
OBSERVED = torch.tensor([[[1, 0], [0, 0], [1, 1]]]).bool()
STATIC = torch.tensor([[7.0]])


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        ("none", [[1, 0, 7], [0, 0, 7], [2, 3, 7]]),
        ("shared", [[1, 0, 1, 7], [0, 0, 0, 7], [2, 3, 1, 7]]),
        ("channels", [[1, 0, 1, 0, 7], [0, 0, 0, 0, 7], [2, 3, 1, 1, 7]]),
        ("counts", [[1, 0, 1, 0, 7], [1, 0, 0, 0, 7], [2, 1, 2, 3, 7]]),
    ],
)
def test_masks_and_static_features_are_channels(mask, expected):
    found = append_channels(VALUES, OBSERVED, STATIC, mask)
    assert found[0].tolist() == expected


def test_without_times_rows_are_the_grid():
    observed = OBSERVED.clone()
    observed[0, 2] = False
    block = PaperCKCNN(2, 1, horizon=2.0).blocks[0]
    rows = rows_as_given(VALUES, observed, None, block, mask="none", to_end=False)
    assert (rows.plans, rows.valid, rows.last.tolist()) == ((None, None), None, [0])
    rows = rows_as_given(VALUES, observed, None, block, mask="none", to_end=True)
    assert rows.last.tolist() == [2]


def test_an_anchor_of_the_past_is_as_far_as_the_training_data():
    network = PaperCKCNN(1, 2, anchor="past", horizon=11.0).double()
    times = torch.tensor([[5.0, 7.0, 9.0, 11.0, 13.0, 15.0]], dtype=torch.float64)
    values = torch.ones(1, 6, 1, dtype=torch.float64)
    _, rows = network._hidden(values, times)
    assert (rows.rate.shift.item(), rows.rate.factor.item()) == (1.0, 2.0)
    assert (rows.plans[0].quadrature.pooling_weights() == 1).all()
