"""Arrays with named dimensions, as those of xarray: roles by names and coordinates.

xarray need not be installed: what is read is what such an array says of itself.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from ckts.panel._arrays import as_floats
from ckts.panel._long import is_channel_name, is_instance_name, mentions_time
from ckts.panel._rows import Rows, check_some_series, pivot
from ckts.panel._times import parse_times

_SERIES = {
    *("ts", "sample", "samples", "trial", "trials", "person", "participant", "stay"),
}
_STEPS = {"step", "steps", "timestep", "timesteps", "timepoint", "timepoints"}
_NUMBERING = re.compile(r"_(ids?|idx|index)$")  # pyrregular: ts_id, signal_id, time_id


def read_dataset(X: Any) -> Rows:
    """Read a Dataset, whose variables are channels over the same two dimensions."""
    variables = {name: tuple(one.dims) for name, one in X.data_vars.items()}
    dims = max(variables.values(), key=len, default=())
    for name, own in variables.items():
        if set(own) != set(dims) or len(own) != 2:
            raise ValueError(
                "`X` must be a Dataset of variables over the same (instance, time); "
                f"got {name!r} over {own}. Drop it, {str([name])[1:-1]} in "
                "`X.drop_vars(...)`, and add what does not change in time by "
                "`Panel.with_static`."
            )
    if not variables:
        raise ValueError(
            "`X` must be a Dataset with a variable; got none. Each is a channel."
        )
    if len({hasattr(one.data, "fill_value") for one in X.data_vars.values()}) > 1:
        raise ValueError(
            "`X` must be a Dataset whose variables are all dense or all sparse; got "
            "both. Make the sparse ones dense: `X[name].copy(data=X[name].data."
            "todense())`."
        )
    return read_data_array(X.to_dataarray(dim="channel"))


def read_data_array(X: Any) -> Rows:
    """Read a DataArray over (instance, time) or (instance, channel, time).

    Its dimensions are in any order. The coordinate of the time holds the stamps of all
    series, or of each, of shape (n_series, n_steps); without one, steps are at 0, 1, 2,
    ... NaN is not observed: what a series lacks on the common axis of times is no row
    of it. Arrays of `sparse` stay lists of what was observed.
    """
    instance, channel, time, stamps = _roles(X)
    dims = [dim for dim in (instance, channel, time) if dim is not None]
    array = X.transpose(*dims)
    check_some_series(array.shape[0])
    cells = _listed(array) if hasattr(array.data, "fill_value") else _dense(array)
    series, steps, channels, values = cells
    raw = np.arange(array.shape[-1])
    if stamps is not None:
        raw = X.coords[stamps].transpose(..., time).values
    if raw.ndim == 2:
        times, scale = parse_times(raw[series, steps])
    else:
        times, scale = parse_times(raw)
        times = times[steps]
    if channels is not None:
        n_channels = 1 if channel is None else array.shape[1]
        series, times, values = pivot(series, times, channels, values, n_channels)
    return Rows(
        *(series, times, values, array.shape[0], scale),
        channels=_labels(X, channel),
        instances=_labels(X, instance),
    )


def _dense(array):
    """Return series and step of each row, and the table of those with a value."""
    values = as_floats(np.asarray(array.values), "X")
    if values.ndim == 2:
        values = values[:, None]
    table = values.transpose(0, 2, 1)
    series, steps = np.nonzero(~np.isnan(table).all(axis=2))
    return series, steps, None, table[series, steps]


def _listed(array):
    """Return series, step, channel and value of what a sparse array stores."""
    listed = array.data
    for convert in ("tocoo", "to_coo"):  # other formats of the library
        listed = getattr(listed, convert)() if hasattr(listed, convert) else listed
    if not np.isnan(as_floats(listed.fill_value, "X")):
        raise ValueError(
            "`X` must have NaN, not observed, where a sparse array stores nothing; got "
            f"the fill value {listed.fill_value}. Use `X.copy(data=sparse.COO("
            "X.data.coords, X.data.data, X.shape, fill_value=numpy.nan))`, or "
            "`X.copy(data=X.data.todense())` if that is what was measured."
        )
    series, *channels, steps = np.asarray(listed.coords)
    channels = channels[0] if channels else np.zeros_like(series)
    return series, steps, channels, as_floats(listed.data, "X")


def _labels(X, dim):
    """Return the labels of a dimension, or None."""
    return np.asarray(X.coords[dim].values) if dim in X.coords else None


def _roles(X):
    """Return the dimensions of instances, channels, times, and the times' coordinate.

    That of channels and the coordinate may be None. Nothing is guessed: a
    dimension without a telling name has the role that is left over, if one is.
    """
    found = {dim: _role(X, dim) for dim in X.dims}
    stamps = [
        name
        for name, one in X.coords.items()
        if len(one.dims) == 2 and _tells_time(name, one)
    ]
    if len(stamps) == 1:  # a clock for each series
        for dim in X.coords[stamps[0]].dims:
            found[dim] = "instance" if found[dim] == "instance" else "time"
    unknown = [dim for dim, role in found.items() if role is None]
    left = {"instance", "channel", "time"} - set(found.values())
    if len(found) == 3 and len(unknown) == len(left) == 1:
        found[unknown[0]] = left.pop()
    by_role = {role: dim for dim, role in found.items()}
    required = {"instance", "time"} <= set(by_role)
    if None in by_role or len(by_role) < len(found) or not required or len(stamps) > 1:
        told = ", ".join(f"{dim!r}: {role or 'unknown'}" for dim, role in found.items())
        clocks = f" and clocks {stamps}" if len(stamps) > 1 else ""
        raise ValueError(
            "`X` must have a dimension of instances, one of times and at most one of "
            f"channels, told by their names; got {{{told}}}{clocks}. Name them: "
            '`X.rename({"...": "instance", "...": "channel", "...": "time"})`; one '
            'series is `X.expand_dims("instance")`.'
        )
    time = by_role["time"]
    own = time if time in X.coords else None
    return *(by_role["instance"], by_role.get("channel"), time), *(stamps or [own])


def _role(X, dim):
    """Tell a role by the name of a dimension, then by the type of its coordinate."""
    plain = _NUMBERING.sub("", str(dim).strip().lower())
    if is_channel_name(plain):
        return "channel"
    if mentions_time(dim) or plain in _STEPS:
        return "time"
    if is_instance_name(dim) or plain in _SERIES:
        return "instance"
    if dim in X.coords and _tells_time(dim, X.coords[dim]):
        return "time"
    return None


def _tells_time(name, coordinate):
    return mentions_time(name) or coordinate.dtype.kind in "Mm"
