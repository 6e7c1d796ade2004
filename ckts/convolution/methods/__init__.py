"""The methods to compute a convolution, and the choice of one for a batch."""

from ckts._checks import check_choice
from ckts.convolution.methods.base import AbstractMethod, Batch
from ckts.convolution.methods.lattice import Lattice
from ckts.convolution.methods.mesh.mesh import Mesh
from ckts.convolution.methods.pairwise import Pairwise

# In the order of preference. The last one serves every batch.
METHODS: dict[str, type[AbstractMethod]] = {
    "lattice": Lattice,
    "mesh": Mesh,
    "pairwise": Pairwise,
}


def prepare_method(batch: Batch) -> AbstractMethod:
    """Prepare the method that a batch names, or else the cheapest one.

    Parameters
    ----------
    batch : Batch
        The time stamps, and the kernels they are prepared for.

    Returns
    -------
    AbstractMethod
    """
    if batch.method != "auto":
        check_choice("method", batch.method, ("auto", *METHODS))
    if 0 in (batch.stamps.times.numel(), batch.stamps.query_times.numel()):
        return Pairwise.prepare(batch)  # there is nothing to sum
    if batch.method != "auto":
        return METHODS[batch.method].prepare(batch)
    offers = []
    for method in METHODS.values():
        offer = method.propose(batch)
        if offer is not None:
            offers.append(offer)
            # Nothing is cheaper than a regular grid: skip the search for a mesh step.
            if offer.cost == 0:
                break
    best = offers.pop()
    for offer in reversed(offers):
        if offer.cost <= best.margin * best.cost:
            best = offer
    return best.prepare()
