"""``python -m varbench``: the command line, where the script is not on the path."""

import sys

from varbench.cli import main

sys.exit(main())
