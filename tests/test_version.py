"""The version has one place, and a form that comparisons understand."""

from packaging.version import Version

import ckts
from ckts import _version


def test_the_version_is_the_one_of_its_file_and_well_formed():
    assert ckts.__version__ == _version.__version__
    assert str(Version(ckts.__version__)) == ckts.__version__
