"""What the model's code needs and a peer's environment lacks comes from this project's, after all that a peer has."""

import os
import sys

sys.path.append(os.environ["BENCH_PACKAGES"])
