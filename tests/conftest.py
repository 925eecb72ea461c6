"""One thread a process, for the models of the tests are small and threads only wait; and a cache of the tests' own.

And the longest files first, so that none of them is left to one process when the others have nothing more to do.
"""

import gc
import os

import pytest

from scalinglaws.records.cache_folder import cache_folder

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

# Files of a third of a minute and more, the longest first; the rest follow in the order of their names.
LONGEST = """
    test_study test_families test_report_browser test_findings test_launch test_audit test_cli_fit test_cli_bad_input
    test_report_points test_conventions test_uncertainty test_frontier test_ten_lines test_measurements
""".split()


# Cases of a second and more whose kind a shorter case of the same test covers: only `make test-all` runs them.
SECOND = {
    "test_every_verb_leads_with_a_number_of_a_sound_table": ["next"],
    "test_a_frontier_is_refused_of_shuffled_losses_alone": ["True"],
    "test_python_refuses_a_table_that_the_command_refuses_in_the_same_words": ["losses shuffled-conventions"],
    "test_no_broken_table_leads_with_a_plan": ["no effect of size"],
    "test_no_table_ends_in_an_internal_error_or_fails_a_claim_that_it_does_not_contradict": ["holes in both tables"],
    "test_the_rule_catches_its_fault": ["D8"],
    "test_a_sound_table_passes_the_rule_with_a_number": ["E2"],
    "test_public_tables_are_read_and_fitted_as_they_stand": [
        "cbs_zhang.csv-None",
        "opt_trajectories.csv-None",
        "datablations.csv-None",
    ],
    "test_public_tables_are_refitted_under_the_counts_that_they_allow": ["steplaw_dense.csv", "misfitting.csv"],
    "test_a_claim_without_its_family_says_which_one_it_needs": ["F-SHAPE-S2 S29", "F-LR-S24", "F-ND-S8 S9"],
    "test_no_claim_passes_without_a_number_whatever_is_missing": ["F-SEED", "F-SHAPE", "F-LR"],
    "test_fit_recovers_the_constants_that_made_the_points": [
        "busbridge-distilled",
        "muennighoff",
        "hernandez-loss-floor",
        "m4",
        "abnar",
    ],
    "test_the_lines_run_as_they_stand": ["datablations", "chinchilla_epoch"],
    "test_a_notebook_runs_and_shows_what_its_page_shows": ["own-law"],
    "test_no_end_of_an_interval_of_a_loss_lies_below_zero": ["pairs-student-t", "pairs-huber"],
    "test_a_study_of_any_losses_ends_in_a_page": ["30"],
    "test_laws_get_their_intervals_from_few_noisy_points": ["24-gadre", "24-chinchilla", "9-kaplan-nd", "9-kaplan-ns"],
    "test_a_term_that_vanished_is_told_by_every_verb_and_in_json": ["plan"],
}


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


@pytest.hookimpl(hookwrapper=True)
def pytest_collection():
    """Collect no garbage while tests are collected: half a million objects that stay would be gone over 26 times."""
    gc.disable()
    yield
    gc.enable()


@pytest.hookimpl(tryfirst=True)  # before pytest itself leaves out what is slow
def pytest_collection_modifyitems(items):
    """Mark the second cases of a kind as slow, and put the longest files first; tests of a file keep their order."""
    for item in items:
        name, _, case = item.name.partition("[")
        if case.removesuffix("]") in SECOND.get(name, ()):
            item.add_marker(pytest.mark.slow)
    place = {name: i for i, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(LONGEST)))
