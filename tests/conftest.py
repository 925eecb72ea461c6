"""One thread a process, for the models of the tests are small and threads only wait; and a cache of the tests' own.

And the longest files first, so that none of them is left to one process when the others have nothing more to do.
"""

import os

import pytest

from scalinglaws.records.cache_folder import cache_folder

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

# Files of a third of a minute and more, the longest first; the rest follow in the order of their names.
LONGEST = """
    test_families test_study test_report_points test_uncertainty test_compare test_audit test_findings test_cli_fit
    test_faults_benchmark test_laws test_conventions test_measurements test_launch
""".split()


@pytest.fixture(autouse=True, scope="session")
def _cache_of_its_own(tmp_path_factory):
    """Keep the digests of files that tests write out of the cache of whoever runs them, but take its compiled step."""
    patch, own, place = pytest.MonkeyPatch(), cache_folder() / "compiled", tmp_path_factory.mktemp("cache")
    own.mkdir(parents=True, exist_ok=True)
    (place / "scalinglaws").mkdir()
    (place / "scalinglaws" / "compiled").symlink_to(own)
    patch.setenv("XDG_CACHE_HOME", str(place))
    patch.delenv("COLUMNS", raising=False)  # pytest-xdist tells its processes a width, to which commands would fold
    os.unsetenv("COLUMNS")  # and readline, which pytest loads, tells those that a test starts
    yield
    patch.undo()


def pytest_configure(config):
    """Let pytest-xdist hand files out in this order: its own begins with those of the most tests."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items):
    """Put the longest files first; the tests of a file keep their order."""
    place = {name: i for i, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(LONGEST)))
