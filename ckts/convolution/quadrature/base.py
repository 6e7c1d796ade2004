"""What a quadrature is: sources to sum over, and a correction of causal outputs."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from torch import Tensor

from ckts.convolution.geometry import Geometry
from ckts.convolution.methods.base import Batch, FactoredKernel
from ckts.convolution.quadrature.neighbors import Neighbors


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How a batch was sampled: stamps, masks, and the unit of the weights.

    Attributes
    ----------
    geometry : Geometry
        Time stamps of the batch.
    observed : Tensor of shape (batch, time, channels), optional
        Which values exist; False on padding. By default every row is one, and all
        channels share its weight.
    causal : bool, default=True
        Whether outputs must not depend on later time stamps.
    time_step : float or Tensor of shape (channels,), default=1.0
        Median gap of the training data, the unit of the weights.
    max_gap : float, default=inf
        Longer gaps count as this one, same unit as `times`. A kernel that ends at a
        horizon sees no more of a gap than that.
    neighbors : Neighbors, optional
        Those of `observed`, if they are found already.
    """

    geometry: Geometry
    observed: Tensor | None = None
    causal: bool = True
    time_step: Tensor | float = 1.0
    max_gap: float = math.inf
    neighbors: Neighbors | None = None


class AbstractQuadrature(ABC):
    """The integral of a kernel times a signal as a sum over sources.

    By default the sources are the observations. One that samples the signal at nodes
    between them sets :attr:`needs_nodes`, and places them.

    Attributes
    ----------
    needs_nodes : bool
        Whether geometries have nodes of this quadrature.
    observed : Tensor of shape (batch, time, channels or 1)
        Which values exist.
    """

    needs_nodes: ClassVar[bool] = False

    observed: Tensor

    @classmethod
    def place_nodes(cls, batch: Batch) -> tuple[Batch, Any]:
        """Return the sources as a batch, and a dataclass of what places them."""
        return batch, None

    @classmethod
    @abstractmethod
    def make(cls, sampling: Sampling) -> Self:
        """Prepare for the stamps and masks of a batch."""

    @abstractmethod
    def pooling_weights(self) -> Tensor:
        """Return two-sided weights for averages over time.

        Returns
        -------
        Tensor of shape (batch, time, channels or 1)
            0 where there is no observation.
        """

    @abstractmethod
    def latest_weights(self) -> Tensor:
        """Return what :meth:`pooling_weights` would be of each observation as the last.

        That is, if its series had ended with its stamp. Of causal quadratures only.

        Returns
        -------
        Tensor of shape (batch, time, channels or 1)
            0 where there is no observation.
        """

    @abstractmethod
    def signal(self, values: Tensor) -> Tensor:
        """Return what is to be convolved.

        Parameters
        ----------
        values : Tensor of shape (batch, time, channels)
            Observations, 0 where there are none.

        Returns
        -------
        Tensor of shape (batch, source, channels)
        """

    @abstractmethod
    def correction(self, values: Tensor, kernel: FactoredKernel) -> Tensor | None:
        """Return what is to be added to causal outputs, which know no later stamp.

        Others need none: it is called for causal convolutions only.

        Parameters
        ----------
        values : Tensor of shape (batch, time, channels)
            Observations, 0 where there are none.
        kernel : FactoredKernel
            The kernel.

        Returns
        -------
        Tensor of shape (batch, query, out_channels) or None
            None where nothing is to be added.
        """
