"""What the project promises about speed, row by row, and whether it was measured."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from contests.measure import exponent

REGULAR = {
    "B=4, N=16,000": (7.0, 3.3),
    "B=32, N=784": (7.5, None),
    "B=32, N=182": (6.0, None),
    "100 channels, B=16, N=784": (14.0, None),
}
PRIMES = ("B=4, N=16,001", "B=32, N=787", "B=32, N=181")
KERNELS = ("backbone.0.cconv2", "backbone.1.cconv1", "backbone.1.cconv2")
DROPPED = "CharacterTrajectories, 50 % dropped"


@dataclass(frozen=True)
class Measured:
    """Results under one allocator: name of the contest -> name of the step -> value."""

    seconds: Mapping[str, Mapping[str, float]]
    peaks: Mapping[str, Mapping[str, float]]
    figures: Mapping[str, Mapping[str, float]]

    def ratio(self, contest: str, slow: str, fast: str) -> float:
        """How many times longer one step takes than another."""
        return self.seconds[contest][slow] / self.seconds[contest][fast]

    def growth(self, step: str, shortest: int = 0) -> float:
        """Exponent of a step's time in the number of observations."""
        return exponent(
            {n: s for n, s in series(self.seconds["growth"], step) if n >= shortest}
        )


def series(values: Mapping[str, float], step: str) -> list[tuple[int, float]]:
    """Lengths and values of the steps ``{step}, N=...``, in order of length."""
    names = [name.partition(", N=") for name in values]
    return sorted(
        (int(length.replace(",", "")), values[f"{name}, N={length}"])
        for name, _, length in names
        if name == step
    )


@dataclass(frozen=True)
class Claim:
    """One promise.

    Attributes
    ----------
    row : int
        Number in the table.
    text : str
        What is compared.
    value : callable
        Of what was measured; raises KeyError where it was not.
    bar, tuned_bar : float
        What is promised; with a tuned allocator where that is another.
    at_most : bool
        Whether smaller is better.
    unit : str
        Format of the values, such as ``"{:.1f}x"``.
    """

    row: int
    text: str
    value: Callable[[Measured], float]
    bar: float
    tuned_bar: float | None = None
    at_most: bool = False
    unit: str = "{:.2f}x"

    def holds(self, value: float, *, tuned: bool) -> bool:
        """Whether a value keeps the promise."""
        bar = self.tuned_bar if tuned and self.tuned_bar is not None else self.bar
        return value <= bar if self.at_most else value >= bar


def _claims() -> list[Claim]:
    return [*_regular(), *_exact(), *_pairs(), *_irregular(), *_network()]


def _regular() -> list[Claim]:
    claims, limits = [], []
    for number, (shape, (bar, tuned)) in enumerate(REGULAR.items()):
        name = f"regular, {shape}"

        def ratio(measured: Measured, name: str = name) -> float:
            return measured.ratio(name, "dense", "layer")

        def over_limit(measured: Measured, name: str = name) -> float:
            return measured.ratio(name, "layer", "limit")

        text = f"regular, {shape}: dense formula / layer"
        claims.append(Claim(1 if number == 0 else 2, text, ratio, bar, tuned))
        text = f"regular, {shape}: layer / bare limit"
        limits.append(Claim(3, text, over_limit, 1.8, at_most=True))
    first = f"regular, {next(iter(REGULAR))}"
    memory = Claim(
        1,
        f"{first}: peak memory of the dense formula / layer",
        lambda m: m.peaks[first]["dense"] / m.peaks[first]["layer"],
        6.0,
    )
    return [claims[0], memory, *claims[1:], *limits]


def _exact() -> list[Claim]:
    def worst(measured: Measured) -> float:
        return max(
            value
            for shape in PRIMES
            for name, value in measured.figures[f"prime length, {shape}"].items()
            if name.startswith("error")
        )

    def prime(measured: Measured, shape: str) -> float:
        return measured.ratio(f"prime length, {shape}", "prime", "smooth")

    primes = [
        Claim(
            4,
            f"{shape} (prime) / its smooth neighbor",
            lambda m, shape=shape: prime(m, shape),
            1.3,
            at_most=True,
        )
        for shape in PRIMES
    ]
    return [
        Claim(4, "regular, largest error", worst, 2e-5, at_most=True, unit="{:.1e}"),
        *primes,
        Claim(
            5,
            f"{DROPPED} / complete",
            lambda m: m.ratio(DROPPED, "dropped", "complete"),
            1.3,
            at_most=True,
        ),
    ]


def _pairs() -> list[Claim]:
    pairs, short = "irregular, N=16,384", "irregular, N=512"

    def error(measured: Measured) -> float:
        figures = measured.figures[pairs]
        return max(figures["error"], figures["gradient error"])

    return [
        Claim(6, f"{pairs}: all pairs / layer", _ratio(pairs, "pairwise"), 400),
        Claim(
            6,
            f"{pairs}: largest error of values and gradients",
            error,
            1e-4,
            at_most=True,
            unit="{:.1e}",
        ),
        Claim(
            6,
            f"{pairs}: peak memory",
            lambda m: m.peaks[pairs]["layer"],
            64,
            at_most=True,
            unit="{:.0f} MB",
        ),
        Claim(7, f"{short}: a kernel per pair / layer", _ratio(short, "naive"), 90),
        Claim(
            7,
            f"{short}: peak memory of a kernel per pair / layer",
            lambda m: m.peaks[short]["naive"] / m.peaks[short]["layer"],
            50,
        ),
    ]


def _irregular() -> list[Claim]:
    dense = "clusters, N=16,384"

    def clustered_error(measured: Measured) -> float:
        figures = measured.figures[dense]
        return figures["error, clustered"] / figures["error, uniform"]

    def large(measured: Measured) -> float:
        return measured.ratio("growth", "regular, N=131,072", "layer, N=131,072")

    def trained(measured: Measured, name: str) -> float:
        contest = f"irregular, B=32, N=182, kernel of {name}"
        return measured.ratio(contest, "layer", "regular")

    return [
        Claim(
            8,
            "growth exponent, 16,384 to 131,072 observations",
            lambda m: m.growth("layer", 16_384),
            1.1,
            at_most=True,
            unit="{:.2f}",
        ),
        Claim(8, "131,072: exact regular layer / irregular layer", large, 1.0),
        Claim(
            9,
            f"{dense}: time / uniform",
            lambda m: m.ratio(dense, "clustered", "uniform"),
            1.2,
            at_most=True,
        ),
        Claim(9, f"{dense}: error / uniform", clustered_error, 2.0, at_most=True),
        *(
            Claim(
                10,
                f"irregular, B=32, N=182, kernel of {name}: layer / regular layer",
                lambda m, name=name: trained(m, name),
                12,
                at_most=True,
            )
            for name in KERNELS
        ),
    ]


def _ratio(contest: str, slow: str) -> Callable[[Measured], float]:
    return lambda measured: measured.ratio(contest, slow, "layer")


def _network() -> list[Claim]:
    def fastest(measured: Measured, times: str) -> float:
        seconds = measured.seconds["network, B=4, N=2,048"]
        cde = min(value for name, value in seconds.items() if name.startswith("CDE"))
        return cde / seconds[times]

    return [
        Claim(
            11,
            f"network, B=4, N=2,048, {times}: fastest neural CDE / ckts",
            lambda m, times=times: fastest(m, times),
            bar,
        )
        for times, bar in {"regular": 15.0, "lattice": 15.0, "irregular": 5.0}.items()
    ]


CLAIMS = _claims()
