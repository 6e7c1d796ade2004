"""How a ridge regression on random kernels is learned: in memory, or in passes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils import check_random_state

from ckts._warnings import warn
from ckts.estimators._interface import Training
from ckts.estimators._joining import OutOfFold, draw_folds
from ckts.estimators.preprocessing.batches import PanelStatistics, learn_statistics
from ckts.estimators.preprocessing.on_disk import labels_on_disk
from ckts.estimators.preprocessing.sampling import (
    check_classes_drawn,
    draw_sample,
    most_sampled,
)
from ckts.estimators.rocket.attributions import AbstractAttributed
from ckts.estimators.rocket.base import Learned, observed_rows
from ckts.estimators.rocket.blocks import AbstractBlock, GaussianBlock, LinearBlock
from ckts.estimators.rocket.duplicates import Duplicates, join_groups
from ckts.estimators.rocket.passes import RidgeSums, read_parts
from ckts.estimators.rocket.ridge import (
    BlockRidge,
    ChosenRidge,
    choose_ridge,
    solve_ridge,
)
from ckts.estimators.saving.card import TrainingData, durations_of
from ckts.panel import ParquetPanel

# Kernels over common and own scale, summaries, levels, periods.
BLOCKS: list[type[AbstractBlock]] = [
    *(LinearBlock, LinearBlock),
    *(GaussianBlock, GaussianBlock, GaussianBlock),
]


@dataclass(frozen=True, eq=False)
class Different:
    """A ridge regression that is chosen, and the different series that chose it.

    Attributes
    ----------
    found : ChosenRidge
    target : ndarray of shape (n_different, n_outputs)
    weight : ndarray of shape (n_different,)
    predicted : OutOfFold or None
    """

    found: ChosenRidge
    target: np.ndarray
    weight: np.ndarray
    predicted: OutOfFold | None


class AbstractLearning(AbstractAttributed):
    """Learn features, a ridge regression of them, and its calibration."""

    ridge_: BlockRidge
    unexplained_: float

    _n_truncated = 3

    def _learn(
        self,
        X,
        y,
        sample_weight,
        groups,
        statistics: PanelStatistics | None = None,
        *,
        folded: bool = False,
    ) -> OutOfFold | None:
        """Learn all; if asked to, predict series by those of other folds."""
        rng = check_random_state(self.random_state)
        if isinstance(X, ParquetPanel):
            self._check_parameters()
            if len(X) > most_sampled(self._n_prefixes()):
                self._learn_in_passes(X, y, sample_weight, groups, rng)
                return None
            X = X.load()
        given = self._check_training(X, y, sample_weight, groups)
        self._check_groups(given)
        used, panel = given.used, given.panel
        panel = panel if len(used) == len(panel) else panel[used]
        panel = observed_rows(panel)
        statistics = statistics or learn_statistics(panel, given.weight)
        learned = self._learn_features(panel, given.weight, rng, statistics)
        prefixes = learned.prefixes
        encoded, _ = self._encode(given.y[prefixes.owner], prefixes.weight)
        chosen = self._choose_ridge(learned, encoded, given.groups, rng, folded=folded)
        with self._limit_threads(len(chosen.target) ** 2):
            self.ridge_ = solve_ridge(chosen.found, chosen.target, chosen.weight)
        return chosen.predicted

    def _learn_in_passes(self, X: ParquetPanel, y, sample_weight, groups, rng) -> None:
        """Learn from a sample but for the coefficients, which all series tell."""
        given = self._check_targets(X, y, sample_weight, groups)
        self._check_groups(given)
        used = X[given.used]
        encoded, _ = self._encode(given.y, given.weight)
        codes = encoded if is_classifier(self) else None
        most = most_sampled(self._n_prefixes())
        parts = codes, given.groups, used.lengths
        sample, factor = draw_sample(*parts, most, rng)
        if codes is not None:
            check_classes_drawn(codes, sample, "fit `X.load()` if that fits in memory")
        self._keep_landmark()
        one_hot = labels_on_disk(used, self._landmark)
        panel = self._check_panel(used[sample].load(), reset=True, one_hot=one_hot)
        weight = given.weight[sample] * factor
        learned = self._learn_features(panel, weight, rng)
        groups = None if given.groups is None else given.groups[sample]
        prefixes = encoded[sample][learned.prefixes.owner]
        chosen = self._choose_ridge(learned, prefixes, groups, rng)
        sums = RidgeSums(chosen.found, chosen.target.shape[1])
        del learned, chosen, panel  # the sums need their memory
        self.training_data_ = self._pass_over(used, given, encoded, sums)
        with self._limit_threads(sums.n_features**2):
            self.ridge_ = sums.solve()

    def _pass_over(
        self, used: ParquetPanel, given: Training, encoded: np.ndarray, sums: RidgeSums
    ) -> TrainingData:
        """Add all series to the sums; return what they are."""
        lengths, durations = [], []
        parts = read_parts(used, self._n_prefixes(), shown=self.verbose > 0)
        for rows, panel in parts:
            panel = self._check_part(panel)
            lengths.append(panel.lengths)
            durations.append(durations_of(panel))
            learned, keys = self._learn_prefixes(panel, given.weight[rows])
            target = self._ridge_target(encoded[rows][learned.prefixes.owner])
            with self._limit_threads(sums.n_features**2):
                sums.add(learned, keys, target)
        return TrainingData.of(
            np.concatenate(lengths),
            np.concatenate(durations),
            given.y,
            classes=is_classifier(self),
        )

    def _n_prefixes(self) -> int:
        """Return how many rows of features a series is at most."""
        return 1 + self._n_truncated * bool(self._causal)

    def _check_groups(self, given: Training) -> None:
        """Warn where all series are of one group."""
        if given.groups is not None and len(np.unique(given.groups)) == 1:
            warn(
                "`groups` should have at least two values; got one, so that each "
                "series is predicted from others of its group. Leave `groups` out if "
                "that is meant.",
            )

    def _choose_ridge(
        self,
        learned: Learned,
        encoded: np.ndarray,
        groups: np.ndarray | None,
        rng,
        *,
        folded: bool = False,
    ) -> Different:
        """Choose a ridge regression, and calibrate it by what it says of the left out.

        Equal series are one of the sum of their weights and of their mean target: so
        they are left out together, and a weight of 2 is the same as a series twice.
        """
        prefixes, features = learned.prefixes, learned.features
        owner, weight = prefixes.owner, prefixes.weight
        equal = Duplicates.of(prefixes.twins)
        for block, table in enumerate(features):  # one at a time: they are large
            features[block] = table[equal.first]
        together = owner if groups is None else groups[owner]
        connected = join_groups(prefixes.twins, together)
        folds, whole = None, owner.max() + 1
        if folded:
            classes = encoded[:whole] if is_classifier(self) else None
            folds = draw_folds(connected[:whole], classes, rng)
        target = equal.mean(self._ridge_target(encoded), weight)
        with self._limit_threads(len(equal.first) ** 2):
            found = choose_ridge(
                features,
                BLOCKS[: len(features)],
                target,
                equal.sum(weight),
                connected[equal.first],
                rng,
                None if folds is None else folds[owner[equal.first]],
            )
        known, place = equal.places(found.chosen)
        left_out, parts = found.left_out[place], (encoded[known], weight[known])
        self._calibrate(left_out, *parts, len(found.chosen))
        losses = self._losses(self._calibrated(left_out), parts[0])
        self.unexplained_ = _ratio(losses, self._baseline_losses(*parts), parts[1])
        predicted = None
        if folds is not None and found.of_folds is not None:
            # of a causal model, not its prefixes
            outputs = self._calibrated(found.of_folds[equal.which[:whole]])
            predicted = OutOfFold(folds, np.arange(whole), outputs)
        found = self._forget_periods(found)
        return Different(found, target, equal.sum(weight), predicted)

    def _forget_periods(self, found: ChosenRidge) -> ChosenRidge:
        """Compute no more periods if they have no share: they take some time."""
        if self._periods is None or found.shares[-1] > 0:
            return found
        self._periods, self._codings = None, self._codings[:-1]
        names = "blocks", "tables", "shares"
        return replace(found, **{name: getattr(found, name)[:-1] for name in names})

    def _calibrate(self, left_out, encoded, weight, n_different) -> None:
        """Learn from predictions of series that were left out."""

    def _calibrated(self, outputs: np.ndarray) -> np.ndarray:
        return outputs


def _ratio(losses: np.ndarray, most: np.ndarray, weight: np.ndarray) -> float:
    """Return the ratio of two weighted sums of losses, at most 1; 0 of no losses."""
    total = weight @ most
    return float(min(weight @ losses / total, 1.0)) if total > 0 else 0.0
