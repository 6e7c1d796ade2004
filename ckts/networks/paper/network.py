"""The network of the CKConv paper (Fig. 8), with its faults or without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self, cast

import torch
from torch import Tensor, nn

from ckts._checks import check_count, check_positive
from ckts.convolution.geometry import Geometry
from ckts.layers import make_linear
from ckts.networks.paper.block import PaperBlock, PaperConv, drop
from ckts.networks.paper.options import (
    check_options,
    check_series,
    input_steps,
    n_mask_channels,
)
from ckts.networks.paper.published import make_published
from ckts.networks.paper.rows import Rows, make_rows


class PaperCKCNN(nn.Module):
    """The network of the paper (Fig. 8): residual blocks and the last time step.

    By default it computes and begins as the published code; each option repairs a
    departure of that code from the paper, or brings the paper to real time stamps.

    Parameters
    ----------
    in_channels : int
        Channels of the series, without those of `mask` and `n_static`.
    n_outputs : int
        Logits, or regression targets.
    n_static : int, default=0
        Static features: channels that are the same at all times.
    hidden_channels : int, default=30
        Channels of the blocks.
    n_blocks : int, default=2
        Number of blocks.
    dropout : float, default=0.0
        Dropout in the blocks, of single numbers.
    input_dropout : float, default=0.0
        Dropout of the inputs.
    weight_dropout : float, default=0.0
        Dropout of the sampled kernels; with `sampling="grid"` only.
    kernel_penalty : float, default=0.0
        Factor of the norm of the sampled kernels in the loss, see :meth:`penalty`: what
        Tables 8 and 9 call weight decay.
    kernel_params : mapping, optional
        Those of :class:`~ckts.kernels.SirenKernel`: `omega_0`, which scales both hidden
        layers, and `hidden_features`.
    norm : {"channels_time", "channels"}, default="channels_time"
        The paper says layer normalization; the published code takes the statistics over
        channels *and time*: outputs look ahead, and depend on padding. "channels"
        normalizes each time step, and the network is causal.
    nonlinearity : {"sine", "relu", "leaky_relu", "swish"}, default="sine"
        Of the kernels' hidden layers (Table 6); `initialization` is for "sine" only.
    initialization : {"published", "siren"}, default="published"
        In the published code weight normalization undoes the initialization of SIREN:
        layers begin the same whatever `omega_0` is, with sines that grow as its square.
        "siren" keeps it, and spreads the biases as Appendix B.2 says. The published
        `omega_0` are for "published".
    sampling : {"stamps", "grid"}, default="stamps"
        "stamps" convolves over the real time stamps (Section 4.1). "grid" is the
        published code: rows are put on the regular grid of `grid_step`, over the
        horizon, with zeros between. On complete regular series both are the same.
    mask : {"none", "shared", "channels", "counts"}, default="none"
        Channels that say what is observed: none, one for all channels (Section 5), one
        for each, or how often each was observed up to then, which the published code
        has for patients.
    output : {"observed", "end", "every"}, default="observed"
        The time step of the output: the last observed row; the end of the grid, as
        published, where short series are padded; or all rows (the copy memory task).
    padding : {"zero", "last"}, default="zero"
        What the grid holds after the last row: nothing, or the last row again, as
        published for CharacterTrajectories.
    odd_lengths : {"exact", "published"}, default="exact"
        For grids of an odd length the published code forgets the length in the inverse
        transform: outputs are stretched in time, and look ahead. "published" repeats
        that, but for series beyond the grid, for weights that were trained so.
    anchor : {"present", "past", "ends"}, default="present"
        Where the relative positions, -1 to +1 over the training data, are held fixed in
        series of another rate: lag 0 is +1; or the longest lag of the batch is -1, as
        published, which moves all lags by up to one step of the coarser rate; or both,
        the displacement of E.2. With the last two, series of a batch have one rate and
        length, and all weights are Eq. 5's factor, that of the stamps. The published
        one is of numbers of rows, 15 for every 16th of 182, and lags are stretched to
        it: ``network(values)``, without times, does so.
    factor : bool, default=True
        Whether other rates have Eq. 5's factor: on stamps, the weights of `quadrature`.
    blur : {"none", "published", "wide"}, default="none"
        Whether kernels are blurred for series of at least 1.5 times the rate (E.3):
        by a Gaussian with a deviation of half a step of the series, but next to lag 0
        and the longest one, as published; or of half a step of the training data.
    quadrature : {"gap", "linear", "none"}, default="gap"
        Inverse-density weights of Appendix A.1, which the published code lacks. They
        are 1 on a regular grid at the training rate, and Eq. 5's factor at others.
    horizon : float, default=1.0
        Longest lag of the training data: position -1.
    time_step : sequence of shape (in_channels,), optional
        Typical gap of each channel; `row_time_step` by default.
    row_time_step : float, default=1.0
        Typical gap of the rows.
    grid_step : float, optional
        Step of the grid, `row_time_step` by default. Estimators give the common step of
        the training stamps, which lost rows do not change.
    dtype : torch.dtype, default=torch.float32
        Type of the parameters.
    generator : torch.Generator, optional
        Where the random numbers of the initialization come from; by default torch's
        global one.

    References
    ----------
    Romero et al., CKConv: Continuous Kernel Convolution For Sequential Data, 2021:
    Section 4, Fig. 8, Appendices A and E.

    Examples
    --------
    >>> import torch
    >>> network = PaperCKCNN(3, 20, horizon=181.0, kernel_params={"omega_0": 21.45})
    >>> sum(p.numel() for p in network.parameters())
    100696
    >>> network(torch.randn(2, 182, 3)).shape
    torch.Size([2, 20])
    """

    # What `kernel_params` are of, whatever `kernel` an estimator has.
    kernel_name: ClassVar[str] = "siren"

    def __init__(
        self,
        in_channels: int,
        n_outputs: int,
        *,
        n_static: int = 0,
        hidden_channels: int = 30,
        n_blocks: int = 2,
        dropout: float = 0.0,
        input_dropout: float = 0.0,
        weight_dropout: float = 0.0,
        kernel_penalty: float = 0.0,
        kernel_params: Mapping[str, Any] | None = None,
        norm: str = "channels_time",
        nonlinearity: str = "sine",
        initialization: str = "published",
        sampling: str = "stamps",
        mask: str = "none",
        output: str = "observed",
        padding: str = "zero",
        odd_lengths: str = "exact",
        anchor: str = "present",
        factor: bool = True,
        blur: str = "none",
        quadrature: str = "gap",
        horizon: float = 1.0,
        time_step: Sequence[float] | None = None,
        row_time_step: float = 1.0,
        grid_step: float | None = None,
        dtype: torch.dtype = torch.float32,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        check_options(locals())
        self.in_channels = check_count("in_channels", in_channels)
        self.n_static, self.hidden_channels = n_static, hidden_channels
        self.norm, self.sampling, self.mask = norm, sampling, mask
        self.output, self.padding, self.anchor = output, padding, anchor
        self.input_dropout, self.kernel_penalty = input_dropout, kernel_penalty
        self.horizon = check_positive("horizon", horizon)
        self.row_time_step = step = check_positive("row_time_step", row_time_step)
        if sampling == "grid" and grid_step is not None:
            step = check_positive("grid_step", grid_step)
        n_extra = n_mask_channels(mask, in_channels) + n_static
        gaps = in_channels * [step] if time_step is None else list(time_step)
        gaps = input_steps(gaps, n_extra, step, mask)
        inputs = [(in_channels + n_extra, gaps)]
        inputs += (n_blocks - 1) * [(hidden_channels, hidden_channels * [step])]
        self.blocks = nn.ModuleList(
            PaperBlock(
                n_inputs,
                hidden_channels,
                norm=norm,
                dropout=dropout,
                time_step=gaps,
                grid_step=step,
                horizon=self.horizon,
                quadrature=quadrature if factor and anchor == "present" else "none",
                nonlinearity=nonlinearity,
                initialization=initialization,
                odd_lengths=odd_lengths,
                factor=factor,
                blur=blur,
                weight_dropout=weight_dropout,
                kernel_params=dict(kernel_params or {}),
                generator=generator,
            )
            for n_inputs, gaps in inputs
        )
        self.head = make_linear(hidden_channels, n_outputs, generator=generator)
        with torch.no_grad():
            self.head.weight.normal_(0.0, 0.01, generator=generator)
            self.head.bias.zero_()
        self.to(dtype)

    @classmethod
    def from_published_state_dict(
        cls,
        state_dict: Mapping[str, Any],
        *,
        omega_0: float,
        length: int | None = None,
        mask: str = "none",
        n_static: int = 0,
        **options: Any,
    ) -> Self:
        """Make the network of a checkpoint of the paper's authors, with its weights.

        Channels, classes, blocks, widths and the training length are those of the
        checkpoint. The network takes series of that length on their grid, as in
        ``network(values)``; masks and static features are channels of `values`, unless
        `mask` and `n_static` say that the network makes them.

        Parameters
        ----------
        state_dict : mapping
            What ``torch.load(path, weights_only=True)`` returns: tensors by name,
            perhaps within "model_state_dict" or "state_dict", or under "module.".
        omega_0 : float
            Of the sines: no checkpoint holds it; it is in the names of the files.
        length : int, optional
            Time steps of the training series, where the checkpoint lacks them.
        mask : {"none", "shared", "channels", "counts"}, default="none"
            Which of the last input channels the network is to make of `observed`.
        n_static : int, default=0
            How many of the last input channels are static.
        **options
            Other options of :class:`PaperCKCNN`. By default `sampling` is "grid",
            `output` "end", and `odd_lengths` "published": the weights were trained so.
            A coarser rate needs nothing else, see `times` of :meth:`forward`; for
            other series take `sampling="stamps"`, and give `times` in training steps.

        Returns
        -------
        PaperCKCNN
            In evaluation mode.

        Raises
        ------
        TypeError, ValueError
            If the checkpoint is not that of such a network.
        """
        given = {"omega_0": omega_0, "length": length, "mask": mask, **options}
        return make_published(cls, state_dict, n_static=n_static, **given)

    def forward(
        self,
        values: Tensor,
        times: Tensor | None = None,
        observed: Tensor | None = None,
        static: Tensor | None = None,
        geometries: Sequence[Geometry] | None = None,
        generator: torch.Generator | None = None,
        lead: Tensor | None = None,
    ) -> Tensor:
        """Map a batch of series to outputs.

        Parameters
        ----------
        values : Tensor of shape (batch, time, in_channels)
            Values; those where nothing is observed are ignored.
        times : Tensor of shape (batch, time), optional
            Time stamps, float64, in the unit of `horizon`; padding repeats the last. By
            default rows are the points of the grid of the training data, and fewer
            rows those of a coarser one over the same time, as in the published code.
        observed : Tensor of shape (batch, time, in_channels), optional
            Which values exist, boolean; False on padding. By default all exist.
        static : Tensor of shape (batch, n_static), optional
            Static features without NaN.
        geometries : sequence of Geometry, optional
            Those of `times`, if they are made already.
        generator : torch.Generator, optional
            Where the random numbers of training come from, on any device; by default
            torch's global one.
        lead : Tensor of shape (batch,), optional
            Time from the beginning of the grid to the first row. By default they are
            the same.

        Returns
        -------
        Tensor of shape (batch, n_outputs), or (batch, time, n_outputs)
            The latter if `output` is "every".
        """
        series: dict[str, Any] = {"observed": observed, "static": static}
        series |= {"geometries": geometries, "generator": generator, "lead": lead}
        if self.output == "every":
            return self.head(self._hidden(values, times, **series)[0])
        return self.head(self.embed(values, times, **series))

    def embed(
        self, values: Tensor, times: Tensor | None = None, **series: Any
    ) -> Tensor:
        """Map each series to the features of its last time step.

        Parameters are those of :meth:`forward`; (batch, hidden_channels) is returned.
        """
        hidden, rows = self._hidden(values, times, **series)
        last = rows.last.view(-1, 1, 1).expand(-1, 1, hidden.shape[2])
        return hidden.gather(1, last).squeeze(1)

    def forward_path(
        self, values: Tensor, times: Tensor, observed: Tensor, **series: Any
    ) -> Tensor:
        """Map each series to outputs as of each of its rows, in one pass.

        Parameters are those of :meth:`forward`.

        Returns
        -------
        Tensor of shape (batch, time, n_outputs)
            Rows without any observation repeat the one before.

        Raises
        ------
        ValueError
            If the network is not causal at stamps.
        """
        if self.norm != "channels" or self.sampling != "stamps":
            raise ValueError(
                "`norm` must be 'channels' and `sampling` 'stamps' for outputs as of "
                f"each row; got {self.norm!r} and {self.sampling!r}. Statistics over "
                "time look ahead: make the network with these, and train it again."
            )
        hidden, _ = self._hidden(values, times, observed, **series)
        index = torch.arange(hidden.shape[1], device=hidden.device)
        latest = torch.where(observed.any(2), index, 0).cummax(1).values
        latest = latest.unsqueeze(2).expand_as(hidden)
        return self.head(hidden.gather(1, latest))

    def penalty(self) -> Tensor:
        """Return `kernel_penalty` times the norms of the sampled kernels, summed.

        The norms are not squared, as in the published code.

        DIFF[code]: it adds those of the convolutions' biases.

        Returns
        -------
        Tensor of shape ()
        """
        if not self.kernel_penalty:
            return self.head.bias.new_zeros(())
        convs = self._groups()[0]
        norms = [conv.kernel_norm(n_lags=conv.n_trained) for conv in convs]
        return self.kernel_penalty * torch.stack(norms).sum()

    def convolutions(self) -> list[list[PaperConv]]:
        """Return the layers, which share a geometry; on a grid there is none."""
        return [] if self.sampling == "grid" else self._groups()

    def _groups(self) -> list[list[PaperConv]]:
        blocks = (cast(PaperBlock, block) for block in self.blocks)
        return [[conv for b in blocks for conv in (b.conv1, b.conv2)]]

    def _hidden(
        self,
        values,
        times,
        observed=None,
        static=None,
        geometries=None,
        generator=None,
        lead=None,
    ) -> tuple[Tensor, Rows]:
        """Compute the features of the last block, (batch, time, hidden_channels)."""
        check_series(values, static, (self.in_channels, self.n_static), self.mask)
        if observed is None:
            observed = torch.ones_like(values, dtype=torch.bool)
        rows = make_rows(self, values, times, observed, static, geometries, lead)
        hidden = drop(rows.values, self.input_dropout, self.training, generator)
        plans = rows.plans
        options = {"rate": rows.rate, "rows": rows.valid, "generator": generator}
        for block in self.blocks:
            hidden = block(hidden, plans, **options)
            plans = plans[1], plans[1]
        return hidden, rows
