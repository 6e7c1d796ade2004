"""The default network: gated blocks on real time stamps, nothing to tune."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor, nn

from ckts.convolution.geometry import Geometry
from ckts.layers import (
    N_SUMMARIES,
    ChannelSummary,
    CKConv,
    Dropout,
    GatedBlock,
    TimePool,
    expanding_scale,
    gelu,
    hide_rows,
    make_linear,
    own_scale,
    truncate_randomly,
)
from ckts.networks.inputs import compress
from ckts.networks.relative import RelativeBlocks
from ckts.networks.sampled import Sampled, sample_batch

# The own scale of a series sees deviations down to this share of the common one.
LEAST_SCALE = 0.01
# Causal networks learn from so many series as they were earlier, at a random row, and
# from the others as a whole.
EARLIER_SHARE = 0.5


class GatedCKCNN(nn.Module):
    """A stem that sees what was observed when, gated blocks, and a pooling head.

    Every row of the input is a time stamp at which at least one channel was observed.
    The stem joins a point-wise map of values, observation, count and gap channels
    with a continuous-kernel convolution of each channel over its own time stamps, and
    with a second, short one where stamps come in bursts. It sees the values in the
    scale of all series and in that of their own. The first half of the blocks
    convolves over the rows; the other half over bins of the relative clock, the share
    of the own span, where fast and slow series look alike. The head takes the pooled
    features of both clocks and summaries of the channels. Rows without any
    observation, such as padding, are ignored.

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
        Number of blocks. If the network is causal, all convolve over the rows: the span
        is not known before the end.
    n_bins : int, default=64
        Bins of the relative clock.
    scales : {"both", "common"}, default="both"
        Whether the stem sees the values in the scale of their series, too; if the
        network is causal, in that of the series up to then.
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
        n_bins: int = 64,
        scales: str = "both",
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
        self.in_channels, self.n_static, self.causal = in_channels, n_static, causal
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
        self.row_time_step = row_step = float(row_time_step)
        linear = partial(make_linear, generator=generator)
        self.own_scale = scales == "both"
        n_views = 1 + self.own_scale
        self.encode = linear((3 + n_views) * in_channels + causal, hidden_channels)
        sizes = n_views * in_channels, hidden_channels
        steps = n_views * steps
        self.stem = CKConv(*sizes, time_step=steps, resolution=resolution, **row_params)
        self.burst_stem = None
        if burst_time_step is not None:
            burst_params = {**conv_params, "horizon": burst_horizon}
            self.burst_stem = CKConv(*sizes, time_step=burst_time_step, **burst_params)
        block = partial(GatedBlock, hidden_channels, dropout=dropout)
        n_relative = 0 if causal else n_blocks // 2
        row_params["time_step"], row_params["resolution"] = row_step, row_resolution
        self.blocks = nn.ModuleList(
            block(**row_params) for _ in range(n_blocks - n_relative)
        )
        self.norm = nn.LayerNorm(hidden_channels)
        self.pool = TimePool()
        self.relative = None
        if n_relative:
            # Bins are regular: there is no more to gain by integrals of straight lines.
            made = partial(block, **{**conv_params, "quadrature": "gap"})
            self.relative = RelativeBlocks(hidden_channels, n_bins, n_relative * [made])
        self.summary = ChannelSummary()
        n_summaries = N_SUMMARIES * in_channels + n_static
        self.summarize = linear(n_summaries, hidden_channels)
        n_clocks = 1 + (self.relative is not None)
        self.head = linear((2 * n_clocks + 1) * hidden_channels, n_outputs)
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
        series = values, times, observed, static, geometries
        return self.head(self.embed(*series, generator))

    def embed(
        self,
        values: Tensor,
        times: Tensor,
        observed: Tensor,
        static: Tensor | None = None,
        geometries: Sequence[Geometry] | None = None,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Map each series to the features of which the outputs are linear functions.

        Parameters are those of :meth:`forward`.

        Returns
        -------
        Tensor of shape (batch, n_features)
            Pooled features of each clock, and those of the summaries.
        """
        if self.training:
            observed = self._hide(observed, generator)
        sampled = self.sample(times, observed, geometries, dtype=values.dtype)
        return self.embed_sampled(values, sampled, static, generator)

    def embed_sampled(
        self,
        values: Tensor,
        sampled: Sampled,
        static: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Map each series to features when what :meth:`sample` returns is known.

        Further parameters are those of :meth:`forward`, the result that of
        :meth:`embed`.
        """
        values = compress(values, sampled.observed)
        hidden = self._hidden(values, sampled, generator)
        pooled = [self.pool(self.norm(hidden), sampled.weights)]
        if sampled.bins is not None:
            assert self.relative is not None
            # Not as an argument of `append`: compiled, it begins anew at each list.
            other = self.relative(hidden, sampled.bins, generator)
            pooled.append(other)
        summary = self.summary(values, sampled.observed, sampled.times)
        return self._join(pooled, summary, static, generator)

    def forward_path(
        self,
        values: Tensor,
        times: Tensor,
        observed: Tensor,
        static: Tensor | None = None,
        geometries: Sequence[Geometry] | None = None,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Map each series to outputs as of each of its rows, in one pass.

        Parameters are those of :meth:`forward`; in training no row is hidden.

        Returns
        -------
        Tensor of shape (batch, time, n_outputs)
            What :meth:`forward` says of the series if it had ended with the stamp of
            the row. Rows without any observation repeat the one before.

        Raises
        ------
        ValueError
            If the network is not causal.
        """
        if not self.causal:
            raise ValueError(
                "`causal` must be True for outputs as of each row; got False. Make "
                "the network with it, and train it again."
            )
        values = compress(values, observed)
        sampled = self.sample(times, observed, geometries, dtype=values.dtype)
        hidden = self._hidden(values, sampled, generator)
        ties, latest = sampled.ties, sampled.rows.quadrature.latest_weights()
        pooled = self.pool.expanding(self.norm(hidden), sampled.weights, latest, ties)
        summary = self.summary.expanding(values, observed, ties)
        return self.head(self._join([pooled], summary, static, generator))

    def _hide(self, observed: Tensor, generator: torch.Generator | None) -> Tensor:
        """Hide observations at random."""
        if self.causal:
            observed = truncate_randomly(observed, EARLIER_SHARE, generator)
        if self.observation_dropout > 0:
            observed = hide_rows(observed, self.observation_dropout, generator)
        return observed

    def _join(
        self,
        pooled: list[Tensor],
        summary: Tensor,
        static: Tensor | None,
        generator: torch.Generator | None,
    ) -> Tensor:
        """Join pooled features and summaries of (batch, channels), or of each row."""
        if static is not None:
            static = static if summary.ndim == 2 else static.unsqueeze(1)
            static = static.expand(*summary.shape[:-1], -1)
            summary = torch.cat([summary, static], -1)
        summary = gelu(self.summarize(self.dropout(summary, generator)))
        joined = torch.cat([*pooled, summary], -1)
        return self.dropout(joined, generator)

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
        sampled = self.sample(times, observed, geometries, dtype=values.dtype)
        return self.norm(self._hidden(values, sampled, generator))

    def sample(
        self,
        times: Tensor,
        observed: Tensor,
        geometries: Sequence[Geometry] | None = None,
        *,
        dtype: torch.dtype = torch.float32,
    ) -> Sampled:
        """Compute what stamps and masks of a batch decide, whatever the values are.

        Parameters
        ----------
        times, observed, geometries
            As in :meth:`forward`.
        dtype : torch.dtype, default=torch.float32
            That of the values.

        Returns
        -------
        Sampled
        """
        return sample_batch(self, times, observed, geometries, dtype)

    def _hidden(
        self, values: Tensor, sampled: Sampled, generator: torch.Generator | None
    ) -> Tensor:
        """Compute the hidden layer at the rows of compressed values."""
        views = values
        if self.own_scale:
            views = torch.cat([values, self._own(values, sampled)], 2)
        encoded = self.encode(torch.cat([views, sampled.inputs], 2))
        hidden = encoded + self.stem(views, plan=sampled.stem)
        if self.burst_stem is not None:
            hidden = hidden + self.burst_stem(views, plan=sampled.burst_stem)
        for block in self.blocks:
            hidden = block(hidden, sampled.rows, generator)
        return hidden

    def _own(self, values: Tensor, sampled: Sampled) -> Tensor:
        """Return compressed values in the scale of their series."""
        observed = sampled.observed
        if not self.causal:
            return torch.asinh(own_scale(values, observed, common=LEAST_SCALE))
        last = sampled.ties[1] - 1
        scaled = expanding_scale(values, observed, common=LEAST_SCALE, last=last)
        return torch.asinh(scaled)
