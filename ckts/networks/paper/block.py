"""Convolution, norm and residual block of Fig. 8, as the published code has them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from ckts.convolution.methods.fft import convolve_regular
from ckts.convolution.plan import Plan
from ckts.kernels import REACH
from ckts.kernels.networks import AbstractMLPKernel, WeightNormLinear, uniform
from ckts.layers import CKConv, make_linear
from ckts.networks.paper.grid import convolve_dense, convolve_odd
from ckts.networks.paper.options import KERNEL_OF
from ckts.networks.paper.rate import Rate, resample

# Added to variances: by the published norm, and by torch's over channels.
EPSILON = {"channels_time": 1e-12, "channels": 1e-5}


class PaperConv(CKConv):
    """Causal convolution with a sine network, on stamps or on a regular grid.

    Parameters
    ----------
    in_channels, out_channels : int
        Number of channels.
    horizon : float
        Longest lag of the training data: position -1; lag 0 is +1.
    time_step : float or sequence of shape (in_channels,)
        Typical gap, where weights are 1.
    grid_step : float
        Distance of two points of the grid.
    quadrature : {"gap", "linear", "none"}
        Weights of observations at stamps.
    nonlinearity : {"sine", "relu", "leaky_relu", "swish"}, default="sine"
        Of the kernel.
    initialization : {"published", "siren"}
        See :class:`PaperCKCNN`.
    odd_lengths : {"exact", "published"}
    factor : bool, default=True
    blur : {"none", "published", "wide"}, default="none"
        See :class:`PaperCKCNN`.
    weight_dropout : float
        Share of the sampled kernel that is dropped in training, on a grid.
    kernel_params : mapping
        Those of the kernel, :class:`~ckts.kernels.SirenKernel` for sines.
    generator : torch.Generator or None
        Where the random numbers of the initialization come from.
    """

    kernel: AbstractMLPKernel
    bias: nn.Parameter

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        horizon: float,
        time_step: float | Sequence[float],
        grid_step: float,
        quadrature: str,
        nonlinearity: str = "sine",
        initialization: str,
        odd_lengths: str,
        factor: bool = True,
        blur: str = "none",
        weight_dropout: float,
        kernel_params: Mapping[str, Any],
        generator: torch.Generator | None,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel=KERNEL_OF[nonlinearity],
            horizon=horizon,
            time_step=time_step if isinstance(time_step, float) else list(time_step),
            resolution=grid_step,
            quadrature=quadrature,
            generator=generator,
            **kernel_params,
        )
        self.grid_step, self.weight_dropout = grid_step, weight_dropout
        self.odd_lengths, self.factor, self.blur = odd_lengths, factor, blur
        if initialization == "published" and nonlinearity == "sine":
            forget_initialization(self.kernel, generator)

    def convolve(
        self,
        values: Tensor,
        plan: Plan | None,
        *,
        rate: Rate | None = None,
        rows: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Convolve at the stamps of a plan, or on the grid.

        Parameters
        ----------
        values : Tensor of shape (batch, time, in_channels)
        plan : Plan or None
            None is the grid: every row is one of its points.
        rate : Rate, optional
            How the kernel is sampled for series of another rate.
        rows : Tensor of shape (batch, time, 1), optional
            Which points of a grid longer than the training data are no padding.
        generator : torch.Generator, optional
            Where the random numbers of dropout come from.

        Returns
        -------
        Tensor of shape (batch, time, out_channels)
        """
        if plan is None:
            return self._on_grid(values, rows, generator)
        if rate is None:
            return self(values, plan=plan)
        (_, first), *others = rate.ratios
        output = self._resampled(values, plan, rate, first)
        for series, ratio in others:
            other = self._resampled(values, plan, rate, ratio)
            output = torch.where(series, other, output)
        return output + self.bias

    def _resampled(self, values: Tensor, plan: Plan, rate: Rate, ratio: int) -> Tensor:
        """Convolve with the kernel as series of some ratio need it, without a bias."""
        units = {"step": self.grid_step, "horizon": self.horizon}
        trained = partial(self.kernel.features, horizon=self.horizon)
        features = resample(trained, rate, ratio, blur=self.blur, **units)
        reach = REACH * self.horizon
        return plan.convolve(values, features, self.kernel.mixing(), reach=reach)

    def mesh_step(
        self, method: str = "auto", *, known: float | None = None
    ) -> float | None:
        """Return the mesh step that the kernel needs; a blurred one has none.

        Its samples next to lag 0 are not blurred, or as the present: it has kinks.
        """
        if self.blur != "none" and method == "auto":
            return None
        return super().mesh_step(method, known=known)

    def _on_grid(
        self, values: Tensor, rows: Tensor | None, generator: torch.Generator | None
    ) -> Tensor:
        length, kernel = values.shape[1], self.kernel
        lags, factor = self._grid_lags(length, values.device)
        odd = length >= self.n_trained > 1 == self.n_trained % 2
        warped = self.odd_lengths == "published" and odd
        if not warped and not (self.training and self.weight_dropout):
            samples = factor * kernel.features(lags)
            return convolve_regular(values, samples, kernel.mixing()) + self.bias
        sampled = drop(kernel(lags), self.weight_dropout, self.training, generator)
        if warped:
            return convolve_odd(values, sampled, self.n_trained, rows) + self.bias
        return convolve_dense(values, factor * sampled) + self.bias

    def _grid_lags(self, length: int, device: torch.device) -> tuple[Tensor, int]:
        """Return the lags of a grid, in horizons, and the factor of the kernel.

        Fewer points than in training are a coarser grid over the same time, as the
        published code takes them: its rate is rounded, its oldest lag is -1, and its
        sums are exact also at odd lengths.
        """
        steps = torch.arange(length, device=device).double()
        if length >= self.n_trained:
            return steps * (self.grid_step / self.horizon), 1
        rate = round(self.n_trained / length)
        factor = rate if self.factor else 1
        missing = ((self.n_trained - 1) % rate) / (self.n_trained - 1)
        oldest = torch.linspace(missing, 1, length, dtype=steps.dtype, device=device)
        return oldest, factor

    @property
    def n_trained(self) -> int:
        """Points of the grid over the horizon."""
        return round(self.horizon / self.grid_step) + 1


def forget_initialization(
    kernel: AbstractMLPKernel, generator: torch.Generator | None
) -> None:
    """Draw the parameters that a published kernel began with.

    There, weights are initialized as in SIREN after they were normalized: the first
    pass computes them anew from those of torch's layers, ``U(-1/sqrt(n), 1/sqrt(n))``
    of `n` inputs whatever `omega_0` is. All biases, also the last, are from U(-1, 1).
    """
    for layer in (kernel.first, kernel.second, kernel.last):
        rows, columns = layer.direction.shape
        weight = uniform(rows, columns, 1 / math.sqrt(columns), generator)
        bias = uniform(rows, 1, 1.0, generator)[:, 0]
        begun = WeightNormLinear(weight, bias).state_dict()
        layer.load_state_dict(begun)


class PaperNorm(nn.Module):
    """Standardize a series, then scale and shift its channels.

    Parameters
    ----------
    channels : int
        Number of channels.
    over : {"channels_time", "channels"}
        "channels_time" takes mean and variance over the channels and the rows of the
        series, as ``GroupNorm(1, channels)`` of the published code; "channels" at each
        row, as layer normalization is.
    """

    def __init__(self, channels: int, over: str) -> None:
        super().__init__()
        self.over = over
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, values: Tensor, rows: Tensor | None = None) -> Tensor:
        """Normalize.

        Parameters
        ----------
        values : Tensor of shape (batch, time, channels)
        rows : Tensor of shape (batch, time, 1), optional
            Which rows are no padding, boolean; by default all.

        Returns
        -------
        Tensor of shape (batch, time, channels)
        """
        epsilon = EPSILON[self.over]
        if self.over == "channels":
            shape = (values.shape[2],)
            norm = nn.functional.layer_norm
            return norm(values, shape, self.weight, self.bias, epsilon)
        if rows is None:
            mean = values.mean((1, 2), keepdim=True)
            centered = values - mean
            variance = centered.square().mean((1, 2), keepdim=True)
        else:
            counted = rows.sum((1, 2), keepdim=True).clamp(min=1) * values.shape[2]
            mean = (values * rows).sum((1, 2), keepdim=True) / counted
            centered = (values - mean) * rows
            variance = centered.square().sum((1, 2), keepdim=True) / counted
        scaled = centered * (variance + epsilon).rsqrt()
        return scaled * self.weight + self.bias


class PaperBlock(nn.Module):
    """Residual block of two convolutions (Fig. 8).

    ``h = drop(relu(norm1(conv1(x))))`` and
    ``y = relu(drop(relu(norm2(conv2(h)))) + shortcut(x))``.

    Parameters
    ----------
    in_channels, out_channels : int
        The shortcut is linear if they differ.
    norm : {"channels_time", "channels"}
        See :class:`PaperNorm`.
    dropout : float
        Share of the numbers that are dropped.
    time_step : float or sequence of shape (in_channels,)
        That of the first convolution.
    grid_step : float
        That of the second, and of the grid.
    generator : torch.Generator or None
        Where the random numbers of the initialization come from.
    **conv_params
        Other parameters of :class:`PaperConv`.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        norm: str,
        dropout: float,
        time_step: float | Sequence[float],
        grid_step: float,
        generator: torch.Generator | None,
        **conv_params: Any,
    ) -> None:
        super().__init__()
        conv_params |= {"grid_step": grid_step, "generator": generator}
        sizes = in_channels, out_channels
        self.conv1 = PaperConv(*sizes, time_step=time_step, **conv_params)
        self.norm1 = PaperNorm(out_channels, norm)
        square = out_channels, out_channels
        self.conv2 = PaperConv(*square, time_step=grid_step, **conv_params)
        self.norm2 = PaperNorm(out_channels, norm)
        self.shortcut: nn.Module = nn.Identity()
        if in_channels != out_channels:
            self.shortcut = make_linear(*sizes, generator=generator)
        self.dropout = dropout

    def forward(
        self,
        values: Tensor,
        plans: tuple[Plan | None, Plan | None],
        *,
        rate: Rate | None = None,
        rows: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Transform (batch, time, in_channels) to (batch, time, out_channels).

        `plans` are those of the two convolutions; `rate` as in
        :meth:`PaperConv.convolve`, `rows` as in :meth:`PaperNorm.forward`.
        """
        hidden = values
        options: dict[str, Any] = {"rate": rate, "rows": rows}
        options["generator"] = generator
        layers = (self.conv1, self.norm1), (self.conv2, self.norm2)
        for (conv, norm), plan in zip(layers, plans, strict=True):
            hidden = torch.relu(norm(conv.convolve(hidden, plan, **options), rows))
            hidden = drop(hidden, self.dropout, self.training, generator)
        return torch.relu(hidden + self.shortcut(values))


def drop(
    values: Tensor, rate: float, training: bool, generator: torch.Generator | None
) -> Tensor:
    """Set single numbers to 0 at random in training; scale the others by 1/(1 - rate).

    DIFF[default network]: :class:`ckts.layers.Dropout` drops whole channels.
    """
    if not training or rate == 0:
        return values
    device = values.device if generator is None else generator.device
    kept = torch.empty(values.shape, dtype=values.dtype, device=device)
    kept.bernoulli_(1 - rate, generator=generator).div_(1 - rate)
    return values * kept.to(values.device)
