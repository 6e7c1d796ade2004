"""What the estimators of random kernels share: from a panel to blocks of features."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np
from skorch.exceptions import DeviceWarning

from ckts._checks import check_bool, check_count
from ckts._warnings import warn
from ckts.estimators._interface import AbstractPanelEstimator
from ckts.estimators._learned import Fact
from ckts.estimators._parameters import resolve_device
from ckts.estimators._rules import Rule, check_n_jobs, check_verbose
from ckts.estimators._threads import limit_threads
from ckts.estimators.preprocessing.batches import (
    PanelDataset,
    PanelStatistics,
    learn_statistics,
)
from ckts.estimators.rocket.kernel_features import KernelFeatures, content_keys
from ckts.estimators.rocket.kernel_time import learn_kernel_time
from ckts.estimators.rocket.periods import Periods
from ckts.estimators.rocket.prefixes import Prefixes
from ckts.estimators.rocket.scales import learn_limits
from ckts.estimators.rocket.summaries import (
    StepCoding,
    summarize_at,
    summarize_ends,
    summarize_series,
    summary_names,
)
from ckts.estimators.rocket.views import (
    AbstractViews,
    CausalViews,
    CenteredViews,
    SpanFreeViews,
)
from ckts.panel import Panel, merge_ties
from ckts.rocket import CHUNK

# A summary is coded by at most so many steps, one for each so many different series:
# few series do not tell the height of many steps. A level always has the fewest.
MOST_STEPS, FEWEST_STEPS, SERIES_PER_STEP = 20, 4, 40

# Features of kernels, and tables of summaries and levels.
Computed = tuple[np.ndarray, list[np.ndarray]]


@dataclass(frozen=True, eq=False)
class Learned:
    """What training learns without a target.

    Attributes
    ----------
    features : list of ndarray of shape (n_prefixes, n_features)
        One of each block: kernels over common and own scale, summaries, levels.
    prefixes : Prefixes
        The series of each row, whole or truncated.
    """

    features: list[np.ndarray]
    prefixes: Prefixes


@dataclass(kw_only=True, eq=False, repr=False)
class AbstractCKRocket(AbstractPanelEstimator):
    """Random kernels, and summaries coded by steps.

    Parameters
    ----------
    n_kernels : int
        Number of random kernels, each with a bias: so many, less up to 83; at least 84.
    summaries : bool
        Whether mean, deviation, extremes, first, last and count of each channel, and
        the static features, join the kernels: on clinical data they tell most.
    lengths : bool
        Whether features may tell how long and how often a series was observed. False
        leaves out counts, spans, gaps, extremes and the relative clock, and keeps
        kernels from seeing where a series ends; for where that reveals the answer, see
        the guide, "Length leakage".
    causal : bool
        Whether features as of an observation depend on earlier ones only: kernels that
        look back, values that last until the next, scales and summaries of what came
        before, and the time since the first observation instead of its share of the
        span.
    landmark : number, timedelta or None
        Use only what was observed up to this long after the first observation of each
        series; a number is in the unit of the stamps of `fit`.
    device : str
        "cpu", "cuda", "cuda:1", ...; "auto" takes the GPU if there is one.
    n_jobs : int or None
        Threads of torch on the CPU. None takes one for features, which are computed in
        pieces that fit in a cache, and for the model of many series as many as cores
        are idle; -1 takes all cores for that.
    verbose : int
        1 shows a bar, in a notebook or on stderr, over series on disk that `fit` passes
        over.
    random_state : int, RandomState or None
        Draws kernels, and the series that biases are learned from. The same integer
        gives the same features in every thread and process, and, up to the rounding of
        centers and scales, for every order of the series.

    Attributes
    ----------
    kernels_ : KernelFeatures
        The kernels, and the clocks and scales that they see.
    device_ : str
        Where features are computed.
    """

    n_kernels: int = 10_000
    summaries: bool = True
    lengths: bool = True
    causal: bool = False
    landmark: Any = None
    device: Any = "auto"
    n_jobs: int | None = None
    verbose: int = 0
    random_state: int | np.random.RandomState | None = None

    # Prefixes of each series that a causal model learns from, besides the whole.
    _n_truncated: ClassVar[int] = 0
    _rules: ClassVar[dict[str, Rule]] = {
        "n_kernels": partial(check_count, minimum=84),
        "summaries": check_bool,
        "lengths": check_bool,
        "causal": check_bool,
        "n_jobs": check_n_jobs,
        "verbose": check_verbose,
    }

    def __setstate__(self, state: dict) -> None:
        """Continue on the CPU where a pickle comes from a device that is not here."""
        super().__setstate__(state)
        if "device_" not in state:
            return
        try:
            self.device_ = resolve_device(self.device_)
        except ValueError:
            message = f"The model was fitted on {self.device_!r}; it goes on on 'cpu'."
            warn(message, DeviceWarning)
            self.device_ = "cpu"

    def _check_parameters(self) -> None:
        """Raise if a parameter is not as its description says; keep what is fitted."""
        for name, rule in self._rules.items():
            rule(name, getattr(self, name))
        self._summaries, self._lengths = self.summaries, self.lengths
        self._causal = self.causal

    def _learned(self) -> Iterator[Fact]:
        yield from super()._learned()
        if "kernels_" in vars(self):
            clocks = sorted({clock for clock, _ in self.kernels_.views.names})
            seen = f"{self.kernels_.n_features:,} over {' and '.join(clocks)} time"
            yield "kernels", f"{seen}, on {self.device_}"

    def _learn_features(
        self,
        panel: Panel,
        weight: np.ndarray,
        rng: np.random.RandomState,
        statistics: PanelStatistics | None = None,
    ) -> Learned:
        """Learn everything but a target, of statistics that may be known."""
        panel = observed_rows(panel)
        self.device_ = resolve_device(self.device)
        self.statistics_ = statistics or learn_statistics(panel, weight)
        dataset = self._dataset(panel)
        keys = content_keys(dataset, self.statistics_.time.row_time_step)
        views = self._choose_views(panel, dataset, weight)
        self.kernels_ = KernelFeatures.learn(
            dataset, weight, views, keys, self.n_kernels, rng
        )
        self._periods = self._choose_periods(dataset, weight, views)
        ends = Prefixes.ends(keys, weight)
        prefixes, kernels, tables = self._compute_prefixes(panel, dataset, keys, ends)
        n_series = len(np.unique(keys))
        n_steps = int(np.clip(n_series / SERIES_PER_STEP, FEWEST_STEPS, MOST_STEPS))
        # an odd number has a step in the middle, which tells the sign of a phase
        sizes = n_steps, FEWEST_STEPS, n_steps | 1
        self._codings = [
            StepCoding.learn(table, prefixes.weight, n)
            for table, n in zip(tables, sizes, strict=False)
        ]
        return Learned(self._code(kernels, tables), prefixes)

    def _learn_prefixes(
        self, panel: Panel, weight: np.ndarray
    ) -> tuple[Learned, np.ndarray]:
        """Compute what a model learns from further series, and keys of these."""
        panel = observed_rows(panel)
        dataset = self._dataset(panel)
        keys = content_keys(dataset, self.statistics_.time.row_time_step)
        ends = Prefixes.ends(keys, weight)
        prefixes, kernels, tables = self._compute_prefixes(panel, dataset, keys, ends)
        return Learned(self._code(kernels, tables), prefixes), keys

    def _compute_prefixes(
        self, panel: Panel, dataset: PanelDataset, keys: np.ndarray, prefixes: Prefixes
    ) -> tuple[Prefixes, np.ndarray, list[np.ndarray]]:
        """Compute what `_compute` has, and that of truncated series to learn from."""
        kernels, tables = self._compute(panel, dataset)
        if self._causal and self._n_truncated:
            prefixes, rows = prefixes.with_truncated(dataset, keys, self._n_truncated)
            earlier, earlier_tables = self._compute_at(panel, dataset, rows)
            kernels = np.vstack([kernels, earlier])
            tables = [
                np.vstack(pair) for pair in zip(tables, earlier_tables, strict=True)
            ]
        return prefixes, kernels, tables

    def _choose_views(
        self, panel: Panel, dataset: PanelDataset, weight: np.ndarray
    ) -> AbstractViews:
        """Choose what kernels see."""
        time = learn_kernel_time(panel, weight, self.statistics_.time)
        sizes = time, learn_limits(dataset, weight)
        if self._causal:
            return CausalViews(*sizes, tells_span=self._lengths)
        return CenteredViews(*sizes) if self._lengths else SpanFreeViews(*sizes)

    def _choose_periods(
        self, dataset: PanelDataset, weight: np.ndarray, views: AbstractViews
    ) -> Periods | None:
        """Choose bands of frequency, where features may tell of the whole span."""
        told = self._summaries and views.n_levels and not self._causal
        return Periods.learn(dataset, weight, views) if told else None

    def _limit_threads(self, n_numbers: float):
        """Limit the threads of torch while so many numbers are computed."""
        return limit_threads(self.n_jobs, n_numbers)

    def _features(self, panel: Panel) -> list[np.ndarray]:
        """Compute the blocks: kernels over common and own scale, summaries, levels.

        Observations of a channel at one time become their mean.
        """
        panel = observed_rows(panel)
        return self._code(*self._compute(panel, self._dataset(panel)))

    def _features_at(
        self, panel: Panel, dataset: PanelDataset, rows: np.ndarray
    ) -> list[np.ndarray]:
        """Compute the blocks of series that end with each of some rows."""
        return self._code(*self._compute_at(panel, dataset, rows))

    def _compute(self, panel: Panel, dataset: PanelDataset) -> Computed:
        """Compute the features of kernels, and tables of summaries and levels."""
        with self._limit_threads(CHUNK):  # too few numbers for two threads
            kernels, levels = self.kernels_.compute(dataset, self.device_)
        if not self._summaries:
            return kernels, []
        # Causal ones are to the last bit what the series had when it ended here.
        summarized = summarize_ends if self._causal else summarize_series
        table = summarized(panel, dataset, lengths=self._lengths)
        tables = self._tables(table, levels)
        if self._periods is not None:
            batches = self.kernels_.batches(dataset, np.arange(len(dataset)))
            parts = dataset, self.kernels_.views, batches, self.device_
            with self._limit_threads(CHUNK):
                tables.append(self._periods.compute(*parts))
        return kernels, tables

    def _compute_at(
        self, panel: Panel, dataset: PanelDataset, rows: np.ndarray
    ) -> Computed:
        """Compute what `_compute` has of series that end with each of some rows."""
        with self._limit_threads(CHUNK):
            kernels, levels = self.kernels_.compute_at(dataset, self.device_, rows)
        if not self._summaries:
            return kernels, []
        table = summarize_at(panel, dataset, rows, lengths=self._lengths)
        return kernels, self._tables(table, levels)

    def _tables(self, table: np.ndarray, levels: np.ndarray) -> list[np.ndarray]:
        """Join the tables; where the span must not be told, there are no levels."""
        return [table, levels] if self.kernels_.views.n_levels else [table]

    def _code(self, kernels: np.ndarray, tables: list[np.ndarray]) -> list[np.ndarray]:
        own = self.kernels_.is_own()
        codes = [c.code(t) for c, t in zip(self._codings, tables, strict=True)]
        return [kernels[:, ~own], kernels[:, own], *codes]

    def _feature_names(self) -> list[str]:
        """Name the features in the order of the blocks."""
        kernels = np.array(self.kernels_.names(), dtype=object)
        own = self.kernels_.is_own()
        names = [*kernels[~own], *kernels[own]]
        levels = self.kernels_.views.level_names(self._channels)
        summaries = summary_names(
            self._channels, self.static_names_, lengths=self._lengths
        )
        tables = [summaries, levels]
        if self._periods is not None:
            pairs = self._periods.names(self._channels)
            tables.append([f"{name} of {one or 'all'}" for name, one in pairs])
        for coding, columns in zip(self._codings, tables, strict=False):
            names += coding.names(columns)
        return names


def observed_rows(panel: Panel) -> Panel:
    """Return the rows with an observation, those of one time as one of their means.

    They are the rows of the dataset of the panel: their numbers are the same.
    """
    panel = merge_ties(panel, "mean")
    observed = panel.observations.row_counts() > 0
    return panel if observed.all() else panel.keep_rows(observed)


def is_since(panel: Panel, since: float | None) -> np.ndarray:
    """Tell which rows are not before a time, bool of shape (n_rows,); None is all."""
    return np.ones(len(panel.times), bool) if since is None else panel.times >= since


def last_of_ties(panel: Panel) -> np.ndarray:
    """Tell which of the rows with an observation is the last one of its time.

    Parameters
    ----------
    panel : Panel

    Returns
    -------
    ndarray of bool of shape (n_observed_rows,)
        True for as many as :func:`observed_rows` has.
    """
    seen = np.flatnonzero(panel.observations.row_counts())
    series, times = panel.series_of_rows[seen], panel.times[seen]
    last = np.ones(len(seen), dtype=bool)
    last[:-1] = (series[1:] != series[:-1]) | (times[1:] != times[:-1])
    return last
