"""Data sets: ``make_*`` with a known truth, ``load_*`` shipped with the package."""

if __name__ != "ckts.datasets":
    raise ImportError(
        f"this folder must be imported as `ckts.datasets`; got {__name__!r}. "
        "Use `from ckts import datasets`, or start Python elsewhere if you meant "
        "another package of that name."
    )
