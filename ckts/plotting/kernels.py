"""The kernels of a layer at real distances."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Self

import numpy as np

from ckts._checks import check_count
from ckts.kernels import REACH
from ckts.layers import CKConv
from ckts.networks.relative import RelativeBlocks
from ckts.panel import readable_unit
from ckts.plotting._kernel_values import SHARE, DrawnKernel, evaluate, strongest
from ckts.plotting._style import clear_frame, look, shade, use_axes

MOST_DRAWN_POINTS = 4_000


class KernelDisplay:
    """The kernels of a layer at real distances, with their reach and bandwidth.

    ``psi(distance)`` says with what weight a value enters an output that is later by
    this distance; kernels that are not causal have values before 0, for what is later
    than the output. A marker on each is at the effective reach, the distance within
    which 95 % of the energy of the kernel lies; the legend also names the shortest
    period, 1 / bandwidth: 95 % of the energy of its spectrum is in slower oscillations.

    Parameters
    ----------
    distances : ndarray of shape (n_distances,)
        Increasing, in the unit of the axis.
    kernels : list of DrawnKernel
    unit : str
        The unit of distances.
    layer : str
        Name of the layer.

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes
    lines_ : list of Line2D
        The kernels.
    reach_ : list of Line2D
        The markers at the effective reach of each.

    See Also
    --------
    KernelDisplay.from_estimator : Draw kernels of a trained network.
    KernelDisplay.from_layer : Draw those of a layer.
    """

    def __init__(
        self,
        distances: np.ndarray,
        kernels: list[DrawnKernel],
        *,
        unit: str = "",
        layer: str = "",
    ) -> None:
        self.distances = distances
        self.kernels = kernels
        self.unit = unit
        self.layer = layer

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        layer: str | None = None,
        network: int = 0,
        n_kernels: int = 4,
        pairs: Sequence[tuple[int, int]] | None = None,
        ax: Any = None,
        **plot_params: Any,
    ) -> Self:
        """Draw kernels of a trained network, in the unit of the time stamps of `fit`.

        Parameters
        ----------
        estimator : fitted CKCNNClassifier or CKCNNRegressor
        layer : str, optional
            Name of a convolution, as in ``model.net_.module_.named_modules()``; by
            default the first, which sees the channels. The blocks on the relative
            clock have distances in shares of the record.
        network : int, default=0
            Number of the network, if several are joined.
        n_kernels : int, default=4
            Largest number of kernels: those of most energy, one per input channel.
        pairs : sequence of (output, input), optional
            The kernels to draw instead.
        ax : matplotlib Axes, optional
            Where to draw; by default a new figure.
        **plot_params
            Passed on to :meth:`plot`.

        Returns
        -------
        KernelDisplay

        Raises
        ------
        TypeError
            If the estimator has no trained networks.
        ValueError
            If there is no such layer, network or kernel.
        """
        nets = getattr(estimator, "nets_", None)
        if nets is None:
            raise TypeError(
                "`estimator` must be a fitted CKCNNClassifier or CKCNNRegressor; got "
                f"{type(estimator).__name__}. Fit it; of a pipeline take the last "
                "step, `pipeline[-1]`."
            )
        if check_count("network", network, 0) >= len(nets):
            raise ValueError(
                f"`network` must be less than the number of networks, {len(nets)}; got "
                f"{network}."
            )
        layers = dict(_convolutions(nets[network].module_))
        name = next(iter(layers), None) if layer is None else layer
        if name not in layers:
            raise ValueError(
                f"`layer` must be one of the convolutions {list(layers)}; got {name!r}."
            )
        conv, relative = layers[name]
        size, unit = readable_unit(estimator.time_scale_, REACH * conv.horizon)
        if relative:
            size, unit = 1.0, "share of the record"
        return cls.from_layer(
            conv,
            n_kernels=n_kernels,
            pairs=pairs,
            input_names=_input_names(estimator, name, conv),
            size=size,
            unit=unit,
            name=name,
            ax=ax,
            **plot_params,
        )

    @classmethod
    def from_layer(
        cls,
        layer: CKConv,
        *,
        n_kernels: int = 4,
        pairs: Sequence[tuple[int, int]] | None = None,
        input_names: Sequence[str] | None = None,
        size: float = 1.0,
        unit: str = "",
        name: str = "",
        ax: Any = None,
        **plot_params: Any,
    ) -> Self:
        """Draw kernels of a layer, whatever their kind.

        Parameters
        ----------
        layer : CKConv
        n_kernels, pairs, ax, **plot_params
            As in :meth:`from_estimator`.
        input_names : sequence of str of shape (in_channels,), optional
            By default "input 0", ...
        size : float, default=1.0
            What to divide distances by, which are in the unit of the layer's horizon.
        unit : str, default=""
            The name of the unit after that.
        name : str, default=""
            The name of the layer.

        Returns
        -------
        KernelDisplay
        """
        if not isinstance(layer, CKConv):
            raise TypeError(
                f"`layer` must be a CKConv; got {type(layer).__name__}. Take one of a "
                "network, e.g. `network.stem`."
            )
        count = check_count("n_kernels", n_kernels)
        distances, features, mixing = evaluate(layer)
        chosen = strongest(layer, features, mixing)[:count]
        if pairs is not None:
            chosen = [_check_pair(layer, pair) for pair in pairs]
        names = input_names or [f"input {i}" for i in range(layer.in_channels)]
        kernels = [
            DrawnKernel.of(
                f"{names[i]} → {o}",
                features @ mixing[o, 0 if layer.depthwise else i],
                distances / size,
            )
            for o, i in chosen
        ]
        display = cls(distances / size, kernels, unit=unit, layer=name)
        return display.plot(ax=ax, **plot_params)

    def plot(self, *, ax: Any = None, title: str | None = None) -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default a new figure.
        title : str, optional
            By default the name of the layer.

        Returns
        -------
        KernelDisplay
        """
        self.figure_, self.ax_ = use_axes(ax, (7.0, 4.2))
        axis = self.ax_
        axis.axhline(0, color=shade(axis, 0.3), linewidth=0.8, zorder=1)
        self.lines_, self.reach_ = [], []
        drawn = slice(None, None, -(-len(self.distances) // MOST_DRAWN_POINTS))
        for number, kernel in enumerate(self.kernels):
            style = look(number, axis)
            marker = style.pop("marker")
            self.lines_ += axis.plot(
                self.distances[drawn], kernel.values[drawn], linewidth=1.4, **style
            )
            ends = np.flatnonzero(np.isclose(np.abs(self.distances), kernel.reach))
            self.reach_ += axis.plot(
                self.distances[ends],
                kernel.values[ends],
                linestyle="none",
                marker=marker,
                ms=7,
                mfc=style["color"],
                mec=shade(axis, 0),
                zorder=3,
            )
        self._write(title)
        return self

    def _write(self, title: str | None) -> None:
        """Label axes and curves."""
        axis, unit = self.ax_, f" ({self.unit})" if self.unit else ""
        axis.set_xlabel(f"distance to the output{unit}")
        axis.set_ylabel("kernel")
        axis.legend(
            list(zip(self.lines_, self.reach_, strict=True)),
            [self._describe(kernel) for kernel in self.kernels],
            title=f"Layer {self.layer}" if title is None and self.layer else title,
            alignment="left",
            loc="lower left",  # above the chart: curves go everywhere
            bbox_to_anchor=(0, 1),
            frameon=False,
            fontsize=8,
            handlelength=3,
        )
        clear_frame(axis)

    def _describe(self, kernel: DrawnKernel) -> str:
        unit = " of the record" if self.unit.startswith("share") else f" {self.unit}"
        period = _short(1 / kernel.bandwidth) if kernel.bandwidth > 0 else "infinity"
        share = f"{SHARE:.0%}".replace("%", " %")
        words = f"{kernel.name}: {share} within {_short(kernel.reach)}{unit}".rstrip()
        return f"{words}, periods from {period}{unit}".rstrip()


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def _check_pair(layer: CKConv, pair: Any) -> tuple[int, int]:
    """Return an (output, input) of a layer, or raise."""
    sizes = layer.out_channels, layer.in_channels
    known = np.shape(pair) == (2,) and all(
        0 <= number < size for number, size in zip(pair, sizes, strict=True)
    )
    if not known or (layer.depthwise and pair[0] != pair[1]):
        alike = ", both the same, for the layer is depth-wise" * layer.depthwise
        raise ValueError(
            f"`pairs` must hold (output, input), below {sizes}{alike}; got {pair!r}."
        )
    return int(pair[0]), int(pair[1])


def _convolutions(
    module: Any, name: str = "", relative: bool = False
) -> Iterator[tuple[str, tuple[CKConv, bool]]]:
    """Yield the convolutions of a network, and whether their clock is relative."""
    for own, child in module.named_children():
        path = f"{name}.{own}" if name else own
        inside = relative or isinstance(child, RelativeBlocks)
        if isinstance(child, CKConv):
            yield path, (child, inside)
        yield from _convolutions(child, path, inside)


def _input_names(estimator: Any, layer: str, conv: CKConv) -> list[str] | None:
    """Name the inputs of a layer that sees the channels themselves."""
    names = list(getattr(estimator, "feature_names_in_", []))
    if not names:
        names = [f"channel_{i}" for i in range(getattr(estimator, "n_features_in_", 0))]
    if not layer.endswith("stem"):
        return None
    views = {1: [""], 2: ["", ", own scale"]}  # as the stem of GatedCKCNN has them
    for n_views, words in views.items():
        if n_views * len(names) == conv.in_channels:
            return [f"{name}{word}" for word in words for name in names]
    return None
