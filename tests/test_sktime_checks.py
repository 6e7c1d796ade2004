"""sktime's own checks: all of them with `make sktime-test`, here those that fit little.

`CKTS_SKTIME_CHECKS=all` runs all of them, in a minute and a half.
"""

import os

import pytest

pytest.importorskip("sktime", reason="sktime is an extra")
from sktime.utils.estimator_checks import check_estimator

from ckts import sktime as adapters

EVERY_CHECK = os.environ.get("CKTS_SKTIME_CHECKS") == "all"
# Combinations of a check, parameters and data, of sktime 1.2.0.
COUNTS = {
    "CKCNNClassifier": 258,
    "CKCNNRegressor": 146,
    "CKRocket": 310,
    "CKRocketClassifier": 258,
    "CKRocketRegressor": 146,
}
QUICK = [
    "test_class_has_doctest_example",
    "test_clone",
    "test_constructor",
    "test_fit_does_not_overwrite_hyper_params",
    "test_get_test_params_coverage",
    "test_has_common_interface",
    "test_object_tags",
    "test_random_tags",
    "test_save_estimators_to_file",
    "test_set_params",
    "test_set_params_sklearn",
    "test_valid_object_class_tags",
    "test_valid_object_tags",
]


@pytest.mark.filterwarnings("ignore")  # sktime's checks provoke warnings
@pytest.mark.parametrize("name", adapters.__all__)
def test_checks_of_sktime_pass(name, capsys):
    names = None if EVERY_CHECK else QUICK
    results = check_estimator(getattr(adapters, name), tests_to_run=names, verbose=0)
    failed = {case: found for case, found in results.items() if found != "PASSED"}
    with capsys.disabled():
        print(f"\nsktime's check_estimator({name}): {len(results)} combinations,")
        print(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    assert failed == {}
    assert len(results) >= (COUNTS[name] if EVERY_CHECK else len(QUICK))
