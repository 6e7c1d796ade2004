"""``ckts demo``: cross-validation on real data, with a picture."""

import argparse
from importlib.util import find_spec
from pathlib import Path

from ckts.cli.arguments import add_parser, positive, seed


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command."""
    parser = add_parser(
        commands,
        "demo",
        run,
        help="cross-validate on real irregular data beside a baseline (a minute)",
        description="Cross-validate CKCNNClassifier on the irregular visits of 217\n"
        "patients beside summary statistics with gradient boosting, and draw one\n"
        "patient's measurements and risk.",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("ckts-demo.png"),
        metavar="FILE.png",
        help="where to write the picture (default: %(default)s)",
    )
    parser.add_argument(
        "--max-epochs",
        type=positive,
        default=None,
        metavar="N",
        help="epochs per fit (default: those of the estimator)",
    )
    parser.add_argument(
        "--seed",
        type=seed,
        default=0,
        metavar="N",
        help="seed of folds and models (default: 0)",
    )


def run(options: argparse.Namespace) -> int:
    """Raise what would fail after the work, or run."""
    output = options.output.resolve()
    if output.suffix.lower() != ".png":
        raise ValueError(f"`--output` must end in .png; got {output}.")
    if not output.parent.is_dir():
        raise ValueError(
            f"`--output` must be in a folder that exists; got {output}. Make the "
            "folder, or choose another one."
        )
    if find_spec("matplotlib") is None:
        raise ImportError(
            "`ckts demo` must draw, and matplotlib is not installed. Use "
            "`pip install matplotlib`."
        )
    from ckts.demo import run_demo

    run_demo(output, max_epochs=options.max_epochs, seed=options.seed)
    return 0
