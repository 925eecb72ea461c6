"""Learn the field prior from the public tables, and write it into the package.

    python benchmarks/forecast/prior.py [--write scalinglaws/predicting/field.json]

Without --write it prints the prior, and fails where it differs from the one that the package ships. One CPU minute.
"""

import argparse
import os
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np  # noqa: E402
from tables import TABLES, studies  # noqa: E402

from scalinglaws.predicting.learning import learn  # noqa: E402
from scalinglaws.predicting.prior import Prior, field_prior, vague_prior  # noqa: E402

CLOSE = 2e-3  # of the constants: what another processor's rounding may move


def learnt() -> Prior:
    """Learn the prior of the field."""
    files = len({one.file for one in TABLES})
    source = f"benchmarks/forecast/prior.py, {len(TABLES)} public tables in {files} files"
    return learn(studies(), vague_prior(), source=source)


def main() -> None:
    """Learn, then write or compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the prior here")
    asked = parser.parse_args()
    made = learnt()
    print("\n".join(made.lines()))
    if asked.write:
        made.write(asked.write)
        return
    kept = field_prior()
    apart = max(np.abs(made.mean - kept.mean).max(), np.abs(made.covariance - kept.covariance).max())
    print(f"from the shipped prior: at most {apart:.2g} in the constants, {made.band - kept.band:.2g} in the band")
    raise SystemExit(apart > CLOSE or abs(made.band - kept.band) > 0.05)


if __name__ == "__main__":
    main()
