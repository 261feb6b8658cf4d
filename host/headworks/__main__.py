"""`python -m headworks` is the `headworks` command."""

import sys

from headworks.cli.main import main

sys.exit(main())
