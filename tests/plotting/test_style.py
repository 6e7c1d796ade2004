"""Colors and shades that everybody can tell apart, on any page."""

import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure

from ckts.plotting._style import (
    COLORS,
    check_axes,
    contrast,
    look,
    shade,
    tone,
    use_axes,
)


def luminance(color):
    """Relative luminance of WCAG 2."""
    parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in color]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def test_looks_repeat_after_210_curves_only():
    axis = Figure().subplots()
    looks = [tuple(look(number, axis).values()) for number in range(210)]
    assert len(set(looks)) == 210
    assert look(210, axis) == look(0, axis)


def test_neighbors_differ_in_color_marker_and_line():
    axis = Figure().subplots()
    for number in range(30):
        one, other = look(number, axis), look(number + 1, axis)
        assert all(one[part] != other[part] for part in one)


@pytest.mark.parametrize(
    ("style", "page", "least"), [("default", 1, 2), ("dark_background", 0, 5)]
)
def test_colors_stand_out_from_the_page(style, page, least):
    with plt.style.context(style):
        axis = Figure().subplots()
        for number in range(len(COLORS)):
            low, high = sorted([luminance(tone(axis, number)), page])
            assert (high + 0.05) / (low + 0.05) > least


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
