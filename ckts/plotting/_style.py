"""Colors, markers, shades and axes that all pictures share.

Curves differ in color, marker and line at once, so that they can be told apart by the
colour-blind and in gray; text and shades follow the style in use, so that they can be
read on dark pages.
"""

from typing import Any

# Of Okabe and Ito (Color Universal Design, 2008), without yellow and black, which
# vanish on white and on dark pages.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
LINES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)))
# On dark pages colors have this share of white.
PALER = 0.25
# Ordered from little to much; equally readable for all, and in gray.
COLORMAP = "cividis"


def look(number: int, axis: Any) -> dict[str, Any]:
    """Return color, marker and line of a curve; the first 210 are different."""
    return {
        "color": tone(axis, number),
        "marker": MARKERS[number % len(MARKERS)],
        "linestyle": LINES[number % len(LINES)],
    }


def tone(axis: Any, number: int = 0) -> tuple[float, float, float]:
    """Return a color of :data:`COLORS`, paler where the page is dark."""
    from matplotlib.colors import to_rgb

    text, page = _inks(axis)
    share = PALER if sum(text) > sum(page) else 0
    return _mixed(text, to_rgb(COLORS[number % len(COLORS)]), share)


def shade(axis: Any, share: float) -> tuple[float, float, float]:
    """Mix the color of text with that of the page.

    Opaque, because not all formats of print know transparency.

    Parameters
    ----------
    axis : matplotlib Axes
    share : float
        That of the text: 0 cannot be seen, 1 is as strong as text.
    """
    return _mixed(*_inks(axis), share)


def _inks(axis: Any) -> tuple[tuple, tuple]:
    """Return the colors of text and page."""
    from matplotlib import rcParams
    from matplotlib.colors import to_rgb, to_rgba

    text = to_rgb(rcParams["text.color"])
    pages = to_rgba(axis.get_facecolor()), to_rgba(axis.figure.get_facecolor())
    seen = [page[:3] for page in pages if page[3] > 0]
    # Of a transparent page it is not known what is behind: what text stands out from.
    return text, seen[0] if seen else tuple(1 - part for part in text)


def _mixed(one: tuple, other: tuple, share: float) -> tuple[float, float, float]:
    parts = zip(one, other, strict=True)
    red, green, blue = (share * a + (1 - share) * b for a, b in parts)
    return red, green, blue


def contrast(color: Any) -> str:
    """Return black or white, whichever is read better on a color."""
    from matplotlib.colors import to_rgb

    red, green, blue = to_rgb(color)
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "white"


def check_axes(ax: Any) -> None:
    """Raise if something is no Axes."""
    from matplotlib.axes import Axes

    if not isinstance(ax, Axes):
        raise TypeError(
            f"`ax` must be a matplotlib Axes; got {type(ax).__name__}. Take one that "
            "the function subplots of pyplot returns."
        )


def use_axes(ax: Any, size: tuple[float, float] = (6.4, 4.0)) -> tuple[Any, Any]:
    """Return (figure, axes): those given, or new ones.

    Parameters
    ----------
    ax : matplotlib Axes or None
    size : (float, float)
        Width and height of a new figure in inches.
    """
    if ax is not None:
        check_axes(ax)
        return ax.figure, ax
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=size, layout="constrained")


def clear_frame(axis: Any) -> None:
    """Leave the left and the lower side of the frame, and a faint grid."""
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(color=shade(axis, 0.1), linewidth=0.8)
    axis.set_axisbelow(True)
