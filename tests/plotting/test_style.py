"""Colors and shades that everybody can tell apart, on any page."""

import matplotlib.pyplot as plt
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from ckts.plotting._style import COLORS, check_axes, contrast, look, shade, use_axes


def luminance(color):
    """Relative luminance of WCAG 2."""
    parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in color]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def test_looks_repeat_after_210_curves_only():
    looks = [tuple(look(number).values()) for number in range(210)]
    assert len(set(looks)) == 210
    assert look(210) == look(0)


def test_neighbors_differ_in_color_marker_and_line():
    for number in range(30):
        one, other = look(number), look(number + 1)
        assert all(one[part] != other[part] for part in one)


@pytest.mark.parametrize("page", [0.0, 1.0])
def test_colors_stand_out_from_white_and_from_black(page):
    for color in COLORS:
        light = luminance(to_rgb(color))
        low, high = sorted([light, page])
        assert (high + 0.05) / (low + 0.05) > 1.9, color


@pytest.mark.parametrize(("style", "page"), [("default", 1), ("dark_background", 0)])
def test_a_shade_lies_between_page_and_text(style, page):
    with plt.style.context(style):
        axis = Figure().subplots()
        assert shade(axis, 0.25) == pytest.approx((abs(page - 0.25),) * 3)
        axis.set_facecolor("none")
        assert shade(axis, 0.25) == pytest.approx((abs(page - 0.25),) * 3)
        axis.figure.set_facecolor("none")
        assert shade(axis, 0.25) == pytest.approx((abs(page - 0.25),) * 3)


def test_text_on_a_color_is_black_or_white():
    assert [contrast(one) for one in ("yellow", "navy", "0.9")] == [
        *("black", "white", "black")
    ]


def test_axes_are_used_or_made():
    axis = Figure().subplots()
    assert use_axes(axis) == (axis.figure, axis)
    figure, made = use_axes(None, (3, 2))
    assert made.figure is figure
    assert figure.get_size_inches().tolist() == [3, 2]
    plt.close(figure)
    with pytest.raises(
        TypeError, match=r"`ax` must be a matplotlib Axes; got Figure\. Take"
    ):
        check_axes(Figure())
