"""Blocks of features: each becomes vectors whose products are a kernel of series."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.utils import gen_batches

from ckts.estimators.saving.values import savable

# Landmarks of a Gaussian kernel; up to so many different series it is exact.
MOST_LANDMARKS = 1024
# Points of the quadrature of gradients.
N_NODES = 8
# Directions of the landmarks with less than this share of their variance are rounding.
LEAST_VARIANCE = 1e-5
# Rows of features that moments take at once: a copy in float64 of all would be large.
MOMENT_ROWS = 256


class AbstractBlock(ABC):
    """A map of one block of features, learned from training series.

    The squares of a mapped series sum up to about 1 on average, and the mean of each
    column is 0: blocks of many and of few features are comparable.
    """

    @classmethod
    @abstractmethod
    def learn(
        cls, features: np.ndarray, weight: np.ndarray, order: np.ndarray
    ) -> AbstractBlock:
        """Learn the map.

        Parameters
        ----------
        features : ndarray of shape (n_series, n_features)
            float32.
        weight : ndarray of shape (n_series,)
            A weight of 2 is the same as the series twice.
        order : ndarray of int of shape (n_series,)
            Series in a random order that does not depend on that of the rows.
        """

    @classmethod
    def learn_and_map(
        cls, features: np.ndarray, weight: np.ndarray, order: np.ndarray
    ) -> tuple[AbstractBlock, np.ndarray]:
        """Return what :meth:`learn` does, and what it maps these features to."""
        block = cls.learn(features, weight, order)
        return block, block.map(features)

    @abstractmethod
    def map(self, features: np.ndarray) -> np.ndarray:
        """Map features.

        Parameters
        ----------
        features : ndarray of shape (n_series, n_features)

        Returns
        -------
        ndarray of shape (n_series, n_mapped)
            float32.
        """

    @abstractmethod
    def divide(
        self, features: np.ndarray, coefficients: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Divide what mapped features add to outputs among the features.

        Parameters
        ----------
        features : ndarray of shape (n_series, n_features)
        coefficients : ndarray of shape (n_mapped, n_outputs)

        Returns
        -------
        values : ndarray of shape (n_series, n_outputs, n_features)
            Compared with the mean of the training series.
        rest : ndarray of shape (n_outputs,)
            What the mean itself adds.
        """


@savable
@dataclass(frozen=True, eq=False)
class LinearBlock(AbstractBlock):
    """Standardized features.

    Attributes
    ----------
    center, scale : ndarray of shape (n_features,)
        Weighted mean, and the weighted standard deviation times the root of the number
        of features that vary. Infinite where a feature does not vary.
    """

    center: np.ndarray
    scale: np.ndarray

    @classmethod
    def learn(cls, features, weight, order=None):
        """Learn center and scale."""
        center, variance = weighted_moments(features, weight)
        varies = variance > 1e-12
        size = max(1, np.count_nonzero(varies))
        return cls(center, np.sqrt(np.where(varies, variance, np.inf) * size))

    def map(self, features):
        """Return the standardized features."""
        scaled = features - self.center.astype(np.float32)
        scaled /= self.scale.astype(np.float32)
        return scaled

    def divide(self, features, coefficients):
        """Multiply features and coefficients; the mean adds nothing."""
        values = self.map(features)[:, None].astype(np.float64) * coefficients.T
        return values, np.zeros(coefficients.shape[1])


@savable
@dataclass(frozen=True, eq=False)
class GaussianBlock(AbstractBlock):
    r"""Standardized features, and how they go together.

    The kernel of two series is :math:`\exp(-|u - v|^2 / 4)` of their standardized
    features `u` and `v`, whose squares sum up to about 1: nearly linear, with products
    of two and three features as well. It is the Nystroem approximation by some of the
    training series (Williams and Seeger, 2001), which is exact where they are few.

    Attributes
    ----------
    linear : LinearBlock
    landmarks : ndarray of shape (n_landmarks, n_features)
        Standardized features of training series, float32.
    weight : ndarray of shape (n_landmarks, n_mapped)
        From kernels with the landmarks to mapped features.
    center : ndarray of shape (n_mapped,)
        Weighted mean of the mapped features.
    """

    linear: LinearBlock
    landmarks: np.ndarray
    weight: np.ndarray
    center: np.ndarray

    @classmethod
    def learn(cls, features, weight, order):
        """Choose landmarks, and learn the center and the size of the kernel."""
        return cls.learn_and_map(features, weight, order)[0]

    @classmethod
    def learn_and_map(cls, features, weight, order):
        """Compute the kernel of series and landmarks once for both."""
        linear = LinearBlock.learn(features, weight)
        series = linear.map(features)
        landmarks = series[np.sort(order[:MOST_LANDMARKS])]
        kernel = torch.from_numpy(gaussian_kernel(landmarks, landmarks))
        values, vectors = (found.numpy() for found in torch.linalg.eigh(kernel))
        kept = values > LEAST_VARIANCE * max(1.0, values[-1])
        vectors = vectors[:, kept] / np.sqrt(values[kept])
        across = gaussian_kernel(series, landmarks)
        raw = (across @ vectors).astype(np.float32)
        center, variance = weighted_moments(raw, weight)
        size = np.sqrt(max(variance.sum(), 1e-12))
        block = cls(linear, landmarks, vectors / size, center / size)
        return block, block._map_kernel(across)

    def map(self, features):
        """Return features whose products are the kernel, centered and divided."""
        series = self.linear.map(features)
        return self._map_kernel(gaussian_kernel(series, self.landmarks))

    def _map_kernel(self, kernel: np.ndarray) -> np.ndarray:
        return (kernel @ self.weight - self.center).astype(np.float32)

    def divide(self, features, coefficients):
        r"""Integrate the gradient from the mean to each series.

        Feature `j` gets :math:`u_j \int_0^1 \partial f(s u) / \partial u_j \, ds`:
        integrated gradients (Sundararajan et al., 2017), whose sum is what all of them
        add. The integrand is smooth, so that a few Gauss-Legendre nodes are exact.
        """
        dual = self.weight @ coefficients
        series = self.linear.map(features).astype(np.float64)
        nodes, shares = np.polynomial.legendre.leggauss(N_NODES)
        values = np.zeros((len(series), dual.shape[1], series.shape[1]))
        for node, share in zip((nodes + 1) / 2, shares / 2, strict=True):
            kernel = gaussian_kernel(node * series, self.landmarks)
            for output, weight in enumerate(dual.T):
                pull = (kernel * weight) @ self.landmarks
                pull -= (kernel @ weight)[:, None] * node * series
                values[:, output] += share / 2 * pull * series
        origin = gaussian_kernel(np.zeros((1, series.shape[1])), self.landmarks)
        rest = (origin @ self.weight - self.center) @ coefficients
        return values, rest.ravel()


def gaussian_kernel(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return ``exp(-|u - v|**2 / 4)`` of all pairs of rows, as float64."""
    # The products of float32 hang on the company of a row, and small directions of the
    # landmarks would make much of that.
    left, right = left.astype(np.float64), right.astype(np.float64)
    products = (torch.from_numpy(left) @ torch.from_numpy(right).T).numpy()
    squares = np.square(left).sum(1)[:, None] + np.square(right).sum(1)
    return np.exp(-np.clip(squares - 2.0 * products, 0.0, None) / 4)


def weighted_moments(
    features: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return weighted mean and variance of columns, a piece in float64 at a time.

    Parameters
    ----------
    features : ndarray of shape (n_series, n_features)
        float32.
    weight : ndarray of shape (n_series,)

    Returns
    -------
    mean, variance : ndarray of shape (n_features,)
        float64.
    """
    share = weight / weight.sum()
    pieces = list(gen_batches(len(features), MOMENT_ROWS))
    mean = sum(share[piece] @ features[piece] for piece in pieces)
    variance = sum(share[piece] @ np.square(features[piece] - mean) for piece in pieces)
    return mean, variance
