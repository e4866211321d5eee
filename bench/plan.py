"""How long `ci/plan` takes at 3 and at 300 services, as a process of its own, on one core. `make bench-plan` runs it.

The services are generated, each with files, dependencies and an image file as this repository's have; the lock has 159
packages that all of them install, and one for each. Printed are the medians of RUNS: the time that passed, and the time
that the processor spent on Python and git, which a busy machine leaves nearly as it is.
"""

import os
import resource
import statistics
import tempfile
import time
from pathlib import Path

from ci.tests.monorepo import Monorepo

RUNS = 7
PACKAGES = 160


def measure(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shop = Monorepo(Path(folder), [f"service-{number}" for number in range(count)], packages=PACKAGES)
        shop.built()
        shop.change("services/service-1/src/service-1/part_3.py", "= 3", "= 4")
        shop.commit()
        files = len(shop.git("ls-files").splitlines())
        passed, spent = [], []
        for _ in range(RUNS):
            began, before = time.perf_counter(), processor()
            planned = shop.plan()
            passed.append(time.perf_counter() - began)
            spent.append(processor() - before)
        jobs = planned.count('"extends"')
    print(f"{count:>8} {files:>7} {jobs:>5} {statistics.median(passed):>8.2f} s {statistics.median(spent):>8.2f} s")


def processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    print(f"{'services':>8} {'files':>7} {'jobs':>5} {'passed':>10} {'processor':>10}")
    for count in (3, 300):
        measure(count)
