"""`python -m graders` is `drydock`."""

import sys

from graders.cli import main

sys.exit(main())
