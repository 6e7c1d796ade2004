"""What each method costs, and which one to take: a model with measured constants."""

# Forward and backward of one layer, 32 -> 32 channels, float32, one thread, in
# microseconds; docs/benchmarks/costs.py holds them against measurements. Other widths
# change the costs of all methods alike, to first order.
PER_FREQUENCY = 13.0  # mixing the kernel
PER_FREQUENCY_AND_SERIES = 2.1  # transforming and multiplying the signals
PER_PAIR = 0.5
PER_MESH_STAMP = 0.6  # spreading and sampling
PER_NEAR_STAMP = 5.0  # the near field of a causal kernel
PAIRWISE_CALL, REGULAR_CALL, MESH_CALL = 2000.0, 1500.0, 4000.0
# A mesh has an error of its own, a lattice is exact: it may cost this much more.
EXACTNESS = 1.5
# A lattice so short is always taken, with at most so many points per stamp.
SHORT, PER_STAMP = 512, 8
# Points of all series together that are accepted, some gigabytes.
MAX_POINTS = 2**26
# Pairs of all series together that are summed unasked: a quarter of an hour per layer
# and training step.
MAX_PAIRS = 2**31


def cheapest(
    batch: int,
    n_times: int,
    n_queries: int,
    *,
    mesh_length: float | None,
    causal: bool = True,
) -> tuple[str, int]:
    """Return the cheaper of pairs and mesh, and the longest lattice that beats it.

    Parameters
    ----------
    batch, n_times, n_queries : int
        Series, and observations and queries per series, padding included.
    mesh_length : float or None
        Mesh points per series; None where a mesh is no choice.
    causal : bool, default=True
        Whether a mesh needs a near field.

    Returns
    -------
    method : {"pairwise", "mesh"}
    longest : int
        Number of lattice points per series up to which a lattice is to be preferred.
    """
    method, cost = "pairwise", pairwise_cost(batch, n_times, n_queries)
    if mesh_length is not None and mesh_length <= longest_fitting(batch):
        n_stamps = batch * max(n_times, n_queries)
        on_mesh = mesh_cost(batch, n_stamps, mesh_length, causal=causal)
        if on_mesh < cost:
            method, cost = "mesh", on_mesh * EXACTNESS
    n_stamps = max(n_times, n_queries, 1)
    always = max(n_stamps, min(PER_STAMP * n_stamps, SHORT))
    affordable = (cost - REGULAR_CALL) / (regular_cost(batch, 1) - REGULAR_CALL)
    fitting = max(longest_fitting(batch), n_stamps)
    return method, int(min(max(affordable, always), fitting))


def longest_fitting(batch: int) -> int:
    """Return the most points per series that fit into memory."""
    return MAX_POINTS // max(batch, 1)


def pairwise_cost(batch: int, n_times: int, n_queries: int) -> float:
    """Microseconds of :func:`ckts.convolution.methods.pairwise.convolve_pairwise`."""
    return PAIRWISE_CALL + PER_PAIR * batch * n_times * n_queries


def regular_cost(batch: int, length: float) -> float:
    """Microseconds of :func:`ckts.convolution.methods.fft.convolve_regular`."""
    per_frequency = PER_FREQUENCY + PER_FREQUENCY_AND_SERIES * batch
    return REGULAR_CALL + length * per_frequency


def mesh_cost(batch: int, n_stamps: int, length: float, *, causal: bool) -> float:
    """Microseconds of `convolve_mesh`, `n_stamps` in all."""
    per_stamp = PER_MESH_STAMP + (PER_NEAR_STAMP if causal else 0.0)
    on_mesh = regular_cost(batch, length) - REGULAR_CALL
    return MESH_CALL + on_mesh + per_stamp * n_stamps
