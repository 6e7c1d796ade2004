"""The continuous-kernel convolution as a module."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Self

import torch
from torch import Tensor, nn

from ckts._checks import check_bool, check_choice, check_count, check_positive
from ckts.convolution.geometry import Geometry
from ckts.convolution.methods.mesh.resolution import find_mesh_step
from ckts.convolution.plan import (
    Plan,
    check_time_axis,
    layer_geometry,
    make_plan,
)
from ckts.convolution.quadrature import QUADRATURES
from ckts.convolution.quadrature.neighbors import Neighbors
from ckts.kernels import REACH, AbstractKernel, make_kernel
from ckts.transforms import untraced


class CKConv(nn.Module):
    """Continuous-kernel convolution of irregular series (paper, Eq. 4 and 8).

    ``y(t) = sum_j w_j psi(t - tau_j) x(tau_j) + b`` over the observations up to `t`
    (all of them if not causal), with inverse-density weights `w` per channel.

    Parameters
    ----------
    in_channels, out_channels : int
        Number of channels.
    kernel : str or AbstractKernel, default="bands"
        Name of a kernel in ``ckts.kernels.KERNELS``, or one with fitting channels.
    causal : bool, default=True
        Whether only observations up to the output time enter.
    horizon : float, default=1.0
        Longest lag of the training data, in the unit of the time stamps. Longer lags
        fade out smoothly, see :class:`~ckts.kernels.AbstractKernel`, and longer gaps
        get the weight of this one. It is a setting of the layer, as its sizes are, and
        not in its state_dict: make the layer with the same one before loading.
    time_step : float or sequence of shape (in_channels,), default=1.0
        Typical gap of the training data, in the unit of the time stamps: the gap that
        has weight 1.
    resolution : float, optional
        Shortest time that the kernel is to resolve, same unit; by default the median
        time step.
    quadrature : {"gap", "linear", "none"}, default="gap"
        Inverse-density weights; "none" for event data; "linear" integrates the
        linearly interpolated signal, causally with the last value held, which is more
        accurate and costs more, see `ckts.convolution.quadrature.linear`.
    bias : bool, default=True
        Whether to add a bias per output channel.
    depthwise : bool, default=False
        Whether every channel has one kernel of its own, and none for the others;
        `out_channels` is `in_channels` then.
    generator : torch.Generator, optional
        Where the random numbers of the initialization come from, if the kernel is
        given by name; by default torch's global one.
    **kernel_params
        Further parameters of the kernel if it is given by name.

    Examples
    --------
    >>> import torch
    >>> conv = CKConv(3, 8, horizon=10.0)
    >>> times = torch.rand(2, 50, dtype=torch.float64).sort().values * 10
    >>> conv(torch.randn(2, 50, 3), times).shape
    torch.Size([2, 50, 8])
    >>> conv(torch.randn(2, 50, 3), times, query_times=times[:, :4] + 0.5).shape
    torch.Size([2, 4, 8])
    """

    time_step: Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        kernel: str | AbstractKernel = "bands",
        causal: bool = True,
        horizon: float = 1.0,
        time_step: float | list[float] = 1.0,
        resolution: float | None = None,
        quadrature: str = "gap",
        bias: bool = True,
        depthwise: bool = False,
        generator: torch.Generator | None = None,
        **kernel_params: object,
    ) -> None:
        super().__init__()
        self.in_channels = check_count("in_channels", in_channels)
        self.out_channels = check_count("out_channels", out_channels)
        check_bool("causal", causal)
        check_bool("depthwise", depthwise)
        check_choice("quadrature", quadrature, tuple(QUADRATURES))
        self.horizon = check_positive("horizon", horizon)
        if resolution is not None:
            check_positive("resolution", resolution)
        step = _check_time_step(time_step, in_channels)
        if depthwise and in_channels != out_channels:
            raise ValueError(
                "`out_channels` must be `in_channels` if `depthwise`; got "
                f"{out_channels} and {in_channels}. Mix channels by a linear layer "
                "afterwards."
            )
        self.causal, self.depthwise, self.quadrature = causal, depthwise, quadrature
        self.register_buffer("time_step", step)
        self.resolution = float(step.median() if resolution is None else resolution)
        n_mixed = 1 if depthwise else in_channels
        if isinstance(kernel, str):
            kernel = make_kernel(
                kernel,
                n_mixed,
                out_channels,
                causal=causal,
                n_steps=self.horizon / self.resolution,
                generator=generator,
                **kernel_params,
            )
        else:
            _check_kernel(kernel, (n_mixed, out_channels, causal), kernel_params)
        self.kernel = kernel
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None

    @untraced
    def plan(
        self,
        times: Tensor,
        observed: Tensor | None = None,
        query_times: Tensor | None = None,
        *,
        method: str = "auto",
        geometry: Geometry | None = None,
        neighbors: Neighbors | None = None,
    ) -> Plan:
        """Make the plan of a batch.

        Parameters
        ----------
        times, observed, query_times
            As in :meth:`forward`.
        method : {"auto", "lattice", "mesh", "pairwise"}, default="auto"
            How to compute the sum, see `ckts.convolution.methods`.
        geometry : Geometry, optional
            That of `times` and `query_times`, if it is made already.
        neighbors : Neighbors, optional
            Those of `geometry` and `observed`, if they are found already.

        Returns
        -------
        Plan
        """
        if geometry is None:
            geometry = self.geometry(times, query_times, method=method)
        return make_plan(
            times,
            observed,
            query_times,
            causal=self.causal,
            quadrature=self.quadrature,
            time_step=self.time_step,
            max_gap=self.horizon,
            geometry=geometry,
            neighbors=neighbors,
        )

    @untraced
    def geometry(
        self, times: Tensor, query_times: Tensor | None = None, *, method: str = "auto"
    ) -> Geometry:
        """Make the geometry of a batch, which layers like this one may share.

        Parameters
        ----------
        times, query_times
            As in :meth:`forward`.
        method : {"auto", "lattice", "mesh", "pairwise"}, default="auto"
            How to compute the sum.

        Returns
        -------
        Geometry
        """
        # The nodes of "linear" follow the mesh step, whatever the method.
        needed = "mesh" if method == "mesh" else "auto"
        return layer_geometry(
            times,
            query_times,
            quadrature=self.quadrature,
            horizon=self.horizon,
            mesh_step=partial(self.mesh_step, needed),
            method=method,
            causal=self.causal,
        )

    def mesh_step(
        self, method: str = "auto", *, known: float | None = None
    ) -> float | None:
        """Return the mesh step that the kernel needs now, in the unit of the stamps.

        It reads from the kernel's device, which synchronizes: call it between training
        steps.

        Parameters
        ----------
        method : {"auto", "lattice", "mesh", "pairwise"}, default="auto"
            The method it is for.
        known : float, optional
            A step that was enough before; it is returned if it is still enough.

        Returns
        -------
        float or None
            None where the kernel cannot be interpolated, or `method` needs no mesh.

        Raises
        ------
        ValueError
            If `method` is "mesh" and the kernel cannot be interpolated.
        """
        return find_mesh_step(self.kernel, self.horizon, method, known)

    def forward(
        self,
        values: Tensor,
        times: Tensor | None = None,
        observed: Tensor | None = None,
        *,
        query_times: Tensor | None = None,
        plan: Plan | None = None,
    ) -> Tensor:
        """Convolve a batch of series.

        Parameters
        ----------
        values : Tensor of shape (batch, time, in_channels)
            Observations; values where nothing is observed are ignored.
        times : Tensor of shape (batch, time)
            Non-decreasing time stamps, preferably float64 or integers: float32
            cannot tell the seconds of an epoch apart. Padding repeats the last one.
        observed : Tensor of shape (batch, time, in_channels), optional
            Which values exist, boolean; False on padding. By default all exist.
        query_times : Tensor of shape (batch, query), optional
            Times of the output, in any order; by default the observation times.
        plan : Plan, optional
            The batch's plan, made by :meth:`plan` or linear with other layers. It
            replaces `times`, `observed` and `query_times`.

        Returns
        -------
        Tensor of shape (batch, query, out_channels)
        """
        mixing = self.kernel.mixing()
        own = mixing.dtype
        _check_values(values, self.in_channels, own)
        if plan is None:
            if times is None:
                raise ValueError("`times` or `plan` must be given; got neither.")
            if isinstance(times, Tensor) and times.ndim == 2:  # else the plan raises
                check_time_axis(values, times)
            plan = self.plan(times, observed, query_times)
        if plan.causal != self.causal:
            raise ValueError(
                f"`plan` must be causal={self.causal} as the layer is; got one with "
                f"causal={plan.causal}, whose weights are others. Make it with "
                "`conv.plan(...)`."
            )
        # FFTs know no bfloat16, and lags of a kernel need all the digits of float32
        dtype = torch.promote_types(own, torch.float32)
        features = partial(self.kernel.features, horizon=self.horizon, dtype=dtype)
        with torch.autocast(values.device.type, enabled=False):
            mixing = (mixing.squeeze(1) if self.depthwise else mixing).to(dtype)
            reach = REACH * self.horizon
            output = plan.convolve(values.to(dtype), features, mixing, reach=reach)
        output = output.to(own)
        return output if self.bias is None else output + self.bias

    def kernel_norm(
        self, *, squared: bool = False, n_lags: int | None = None
    ) -> Tensor:
        """Norm of the sampled kernels of all channels together: the authors' penalty.

        It comes from the Gram matrix of the features, ``trace(W G W^T)``, in float64;
        the kernels are not built.

        Parameters
        ----------
        squared : bool, default=False
            Whether to return the sum of squares; the paper's code has the norm.
        n_lags : int, optional
            Number of lags from 0 to the horizon; by default one per time step. If the
            convolution is not causal, as many negative ones come on top.

        Returns
        -------
        Tensor of shape ()
        """
        if n_lags is None:
            n_lags = round(self.horizon / self.time_step.median().item()) + 1
        n_lags = check_count("n_lags", n_lags)
        first = 0 if self.causal else 1 - n_lags
        counts = torch.arange(first, n_lags, device=self.time_step.device)
        lags = counts.double() / max(n_lags - 1, 1)
        mixing = self.kernel.mixing()
        # In float64: the features of smooth kernels are nearly dependent.
        features = self.kernel.features(lags).double()
        weights = mixing.double().flatten(0, 1)
        total = ((weights @ (features.T @ features)) * weights).sum().to(mixing.dtype)
        return total if squared else total.sqrt()

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Convert, but for the time step, which half precision would round or lose."""
        step = self.time_step
        super()._apply(fn, recurse)
        if self.time_step.dtype in (torch.float16, torch.bfloat16):
            self.time_step = step.to(self.time_step.device)
        return self

    def extra_repr(self) -> str:
        """Describe the layer in ``print(network)``."""
        sizes = f"{self.in_channels}, {self.out_channels}, causal={self.causal}"
        return f"{sizes}, horizon={self.horizon:g}, quadrature={self.quadrature!r}"


def _check_time_step(time_step: Any, in_channels: int) -> Tensor:
    """Return steps as float64, or raise if they are not positive numbers.

    One number, or one per channel.
    """
    try:
        time_step = torch.as_tensor(time_step, dtype=torch.float64)
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(
            f"`time_step` must be one number or one per channel ({in_channels}); got "
            f"{time_step!r}."
        ) from None
    if time_step.shape not in ((), (in_channels,)):
        raise ValueError(
            f"`time_step` must be one number or one per channel ({in_channels}); got "
            f"the shape {tuple(time_step.shape)}."
        )
    wrong = time_step[~(time_step.isfinite() & (time_step > 0))]
    if len(wrong):
        raise ValueError(
            f"`time_step` must be positive and finite; got {wrong[0].item()!r}."
        )
    return time_step


def _check_kernel(
    kernel: Any, wanted: tuple[int, int, bool], params: Mapping[str, object]
) -> None:
    """Raise if a made kernel has other sizes than its convolution, or `params`."""
    if params:
        raise ValueError(
            f"`kernel_params` must be empty if `kernel` is a module; got "
            f"{sorted(params)}. Make the kernel with them."
        )
    try:
        got = (kernel.in_channels, kernel.out_channels, kernel.causal)
    except AttributeError:
        raise TypeError(
            f"`kernel` must be a name or an AbstractKernel; got {kernel!r}."
        ) from None
    if got != wanted:
        raise ValueError(
            f"`kernel` must have (in_channels, out_channels, causal) = {wanted}; "
            f"got {got}. Make it with the sizes of the convolution."
        )


def _check_values(values: Tensor, in_channels: int, dtype: torch.dtype) -> None:
    """Raise if values are not (batch, time, in_channels) of the layer's dtype.

    Under autocast any floating dtype is converted.
    """
    if not isinstance(values, Tensor):
        raise TypeError(
            f"`values` must be a Tensor; got {type(values).__name__}. Use "
            "`torch.as_tensor(values)`."
        )
    if values.ndim != 3 or values.shape[2] != in_channels:
        raise ValueError(
            f"`values` must have the shape (batch, time, {in_channels}); got "
            f"{tuple(values.shape)}."
        )
    if not values.is_floating_point():
        raise TypeError(
            f"`values` must be floating; got {values.dtype}. Use `values.float()`."
        )
    if values.dtype != dtype and not torch.is_autocast_enabled(values.device.type):
        raise TypeError(
            f"`values` must have the dtype of the layer, {dtype}; got {values.dtype}. "
            "Convert one of them: `values.to(...)` or `conv.to(...)`."
        )
