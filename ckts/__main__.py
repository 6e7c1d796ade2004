"""``python -m ckts``."""

import sys

from ckts.cli import main

if __name__ == "__main__":
    sys.exit(main())
