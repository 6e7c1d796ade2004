"""The default network: gated blocks on real time stamps, nothing to tune."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor, nn

from ckts.convolution.geometry import Geometry
from ckts.convolution.planner import Planner
from ckts.convolution.quadrature.neighbors import Neighbors, find_neighbors
from ckts.layers import (
    N_SUMMARIES,
    ChannelSummary,
    CKConv,
    Dropout,
    GatedBlock,
    Plan,
    TimePool,
    gelu,
    hide_rows,
    make_linear,
    make_plan,
)


class GatedCKCNN(nn.Module):
    """A stem that sees what was observed when, gated blocks, and a pooling head.

    Every row of the input is a time stamp at which at least one channel was observed.
    The stem joins a point-wise map of values, observation, count and gap channels
    with a continuous-kernel convolution of each channel over its own time stamps, and
    with a second, short one where stamps come in bursts; the blocks convolve over the
    rows. The head takes the pooled features and summaries of
    the channels. Rows without any observation, such as padding, are ignored.

    DIFF[paper]: Fig. 8 has no stem, other blocks, and the last time step instead of
    pooling. What the parts are worth is in ``docs/decisions/default-network.md``.

    Parameters
    ----------
    in_channels : int
        Channels of the series.
    n_outputs : int
        Logits, or regression targets.
    n_static : int, default=0
        Static features; they join the summaries.
    hidden_channels : int, default=32
        Channels of the blocks.
    n_blocks : int, default=2
        Number of blocks.
    dropout : float, default=0.2
        Dropout in the blocks and in the head.
    observation_dropout : float, default=0.5
        In training, a random share of the rows of each series is hidden, uniform
        between 0 and this. The network learns to live with gaps, and overfits less.
    kernel : str, default="bands"
        Name of the kernels, see ``ckts.kernels.KERNELS``.
    kernel_params : mapping, optional
        Further parameters of the kernels.
    causal : bool, default=False
        Whether features at a time may depend on nothing later.
    quadrature : {"gap", "linear", "none"}, default="gap"
        Weights of the observations, or "linear": the integral of the signal between
        them. The pooling has gap weights then, too.
    horizon : float, default=1.0
        Longest lag of the training data.
    time_step : sequence of shape (in_channels,), optional
        Typical gap of each channel, same unit as `horizon`; 1 by default.
    row_time_step : float, default=1.0
        Typical gap of the rows.
    resolution, row_resolution : float, optional
        Shortest time that the kernels of the stem, and of the blocks, resolve; by
        default the median time step.
    burst_time_step, burst_horizon : float, optional
        Typical gap within bursts, and how long they last. A kernel that resolves both
        the bursts and the time between them would want a thousand times as many bands,
        and gap weights that suit one of the two. By default there are no bursts.
    dtype : torch.dtype, default=torch.float32
        Type of the parameters.
    generator : torch.Generator, optional
        Where the random numbers of the initialization come from; by default torch's
        global one.
    """

    def __init__(
        self,
        in_channels: int,
        n_outputs: int,
        *,
        n_static: int = 0,
        hidden_channels: int = 32,
        n_blocks: int = 2,
        dropout: float = 0.2,
        observation_dropout: float = 0.5,
        kernel: str = "bands",
        kernel_params: Mapping[str, object] | None = None,
        causal: bool = False,
        quadrature: str = "gap",
        horizon: float = 1.0,
        time_step: Sequence[float] | None = None,
        row_time_step: float = 1.0,
        resolution: float | None = None,
        row_resolution: float | None = None,
        burst_time_step: float | None = None,
        burst_horizon: float | None = None,
        dtype: torch.dtype = torch.float32,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.causal = causal
        self.quadrature = quadrature
        self.observation_dropout = observation_dropout
        conv_params: dict[str, Any] = {
            "kernel": kernel,
            "causal": causal,
            "quadrature": quadrature,
            "generator": generator,
            **(kernel_params or {}),
        }
        row_params = {**conv_params, "horizon": horizon}
        steps = [1.0] * in_channels if time_step is None else list(time_step)
        row_step = float(row_time_step)
        self.row_time_step = row_step
        linear = partial(make_linear, generator=generator)
        self.encode = linear(4 * in_channels, hidden_channels)
        sizes = in_channels, hidden_channels
        self.stem = CKConv(*sizes, time_step=steps, resolution=resolution, **row_params)
        self.burst_stem = None
        if burst_time_step is not None:
            burst_params = {**conv_params, "horizon": burst_horizon}
            self.burst_stem = CKConv(*sizes, time_step=burst_time_step, **burst_params)
        self.blocks = nn.ModuleList(
            GatedBlock(
                hidden_channels,
                dropout=dropout,
                time_step=row_step,
                resolution=row_resolution,
                **row_params,
            )
            for _ in range(n_blocks)
        )
        self.norm = nn.LayerNorm(hidden_channels)
        self.pool = TimePool()
        self.summary = ChannelSummary()
        n_summaries = N_SUMMARIES * in_channels + n_static
        self.summarize = linear(n_summaries, hidden_channels)
        self.head = linear(3 * hidden_channels, n_outputs)
        self.dropout = Dropout(dropout)
        self.to(dtype)

    def forward(
        self,
        values: Tensor,
        times: Tensor,
        observed: Tensor,
        static: Tensor | None = None,
        geometries: Sequence[Geometry] | None = None,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Map a batch of series to outputs.

        Parameters
        ----------
        values : Tensor of shape (batch, time, in_channels)
            Values; those where nothing is observed are ignored.
        times : Tensor of shape (batch, time)
            Time stamps, float64, in the unit of `horizon`; padding repeats the last.
        observed : Tensor of shape (batch, time, in_channels)
            Which values exist, boolean; False on padding.
        static : Tensor of shape (batch, n_static), optional
            Static features without NaN.
        geometries : sequence of Geometry, optional
            Those of `times`, one for each group of :meth:`convolutions`, if they are
            made already, see :class:`ckts.convolution.planner.Planner`. Then nothing
            here synchronizes the device.
        generator : torch.Generator, optional
            Where the random numbers of training come from, on any device: the only
            thing that changes here. By default torch's global one.

        Returns
        -------
        Tensor of shape (batch, n_outputs)
        """
        if self.training and self.observation_dropout > 0:
            observed = hide_rows(observed, self.observation_dropout, generator)
        values = compress(values, observed)
        features, rows = self._features(values, times, observed, geometries, generator)
        pooled = self.pool(features, rows.quadrature.pooling_weights())
        summary = self.summary(values, observed, rows.geometry.times)
        if static is not None:
            summary = torch.cat([summary, static], 1)
        summary = gelu(self.summarize(self.dropout(summary, generator)))
        joined = torch.cat([pooled, summary], 1)
        return self.head(self.dropout(joined, generator))

    def convolutions(self) -> list[list[CKConv]]:
        """Return the layers in groups that share their geometries.

        Returns
        -------
        list of list of CKConv
            Those over the rows, and, if there are bursts, those of bursts.
        """
        blocks = (cast(GatedBlock, block) for block in self.blocks)
        rows = [self.stem, *(block.conv for block in blocks)]
        return [rows] if self.burst_stem is None else [rows, [self.burst_stem]]

    def features(
        self,
        values: Tensor,
        times: Tensor,
        observed: Tensor,
        geometries: Sequence[Geometry] | None = None,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Compute the features over time, before pooling.

        Parameters are those of :meth:`forward`; if the network is causal, the
        features at a time depend on nothing later.

        Returns
        -------
        Tensor of shape (batch, time, hidden_channels)
        """
        values = compress(values, observed)
        return self._features(values, times, observed, geometries, generator)[0]

    def _features(
        self,
        values: Tensor,
        times: Tensor,
        observed: Tensor,
        geometries: Sequence[Geometry] | None,
        generator: torch.Generator | None,
    ) -> tuple[Tensor, Plan]:
        """Return the features of compressed values, and the plan of the rows."""
        if geometries is None:
            geometries = Planner(0).geometries(
                self.convolutions(), times, device=times.device
            )
        geometry, seen = geometries[0], observed.any(2, keepdim=True)
        neighbors = find_neighbors(geometry, torch.cat([observed, seen], 2))
        own = neighbors.select(slice(-1))
        plan = self.stem.plan(times, observed, geometry=geometry, neighbors=own)
        units = self.stem.time_step, self.stem.horizon
        described = describe_observations(own, *units, dtype=values.dtype)
        inputs = [values, observed.to(values.dtype), described]
        encoded = self.encode(torch.cat(inputs, 2))
        hidden = encoded + self.stem(values, plan=plan)
        if self.burst_stem is not None:
            plan = self.burst_stem.plan(times, observed, geometry=geometries[1])
            hidden = hidden + self.burst_stem(values, plan=plan)
        rows = make_plan(
            times,
            seen,
            causal=self.causal,
            quadrature=self.quadrature,
            time_step=self.row_time_step,
            max_gap=self.stem.horizon,
            geometry=geometry,
            neighbors=neighbors.select(slice(-1, None)),
        )
        for block in self.blocks:
            hidden = block(hidden, rows, generator)
        return self.norm(hidden), rows


def compress(values: Tensor, observed: Tensor) -> Tensor:
    """Compress heavy tails by ``asinh``, and write 0 where nothing is observed.

    Parameters
    ----------
    values : Tensor of shape (batch, time, channels)
        Standardized values.
    observed : Tensor of shape (batch, time, channels)
        Which values exist.

    Returns
    -------
    Tensor of shape (batch, time, channels)
    """
    return torch.asinh(torch.where(observed, values, 0))


def describe_observations(
    neighbors: Neighbors, time_step: Tensor, horizon: float, dtype: torch.dtype
) -> Tensor:
    """Channels that say how often a channel was observed, and how long ago.

    Rows of one time stamp see each other, in whatever order they stand.

    Parameters
    ----------
    neighbors : Neighbors
        Gaps and counts of the observations.
    time_step : Tensor of shape (channels,)
        Unit of the gaps.
    horizon : float
        Longer gaps count as this one: a wrong stamp says nothing beyond it.
    dtype : torch.dtype
        That of the result.

    Returns
    -------
    Tensor of shape (batch, time, 2 * channels)
        ``log(1 + count)`` of the observations up to this time, and
        ``log(1 + gap / time_step)`` since the one before this time; 0 if none.
    """
    gaps = neighbors.previous.nan_to_num(posinf=0).clamp(max=horizon) / time_step
    return torch.cat([neighbors.counts.to(dtype), gaps.to(dtype)], 2).log1p()
