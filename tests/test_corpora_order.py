"""The order of the data: every block once an epoch, and nothing to remember but the step."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scalinglaws.corpora.order import blocks_in, starts_between, window_starts
from scalinglaws.errors import CorpusError

sizes = st.tuples(st.integers(1, 40), st.integers(2, 3000)).map(lambda pair: (pair[0], pair[0] + pair[1]))


def batch_at(step, seed, tokens, batch, n_ctx):
    """The starts of one step's windows, where every step reads as many."""
    return starts_between(step * batch, (step + 1) * batch, seed, tokens, n_ctx)


def epoch(number, seed, tokens, n_ctx):
    """The starts of one epoch, in order, read as one batch a step."""
    return batch_at(number, seed, tokens, blocks_in(tokens, n_ctx), n_ctx)


@given(sizes, st.integers(0, 2**64 - 1), st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_an_epoch_reads_every_block_once_and_stays_inside(size, seed, number):
    n_ctx, tokens = size
    starts = np.sort(epoch(number, seed, tokens, n_ctx))
    assert (np.diff(starts) == n_ctx).all()
    assert starts[0] >= 0 and starts[-1] + n_ctx + 1 <= tokens
    assert len(starts) * n_ctx > tokens - 2 * n_ctx - 1 or len(starts) == 1


@given(sizes, st.integers(0, 99), st.integers(1, 70), st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_batches_are_one_sequence_cut_up_so_that_a_resumed_run_reads_on(size, seed, batch, step):
    n_ctx, tokens = size
    straight = np.concatenate([batch_at(s, seed, tokens, batch, n_ctx) for s in range(step + 1)])
    at_once = batch_at(0, seed, tokens, batch * (step + 1), n_ctx)
    assert (straight == at_once).all()
    assert (batch_at(step, seed, tokens, batch, n_ctx) == at_once[-batch:]).all()


def test_seeds_and_epochs_differ_in_order_and_in_where_the_cuts_fall():
    orders = {(seed, e): epoch(e, seed, 100_000, 64) for seed in range(8) for e in range(3)}
    assert len({tuple(order // 64) for order in orders.values()}) == 24
    assert len({int(order[0] % 64) for order in orders.values()}) > 12


def test_the_order_is_the_same_on_every_machine():
    assert batch_at(7, 3, 1_000_000, 4, 128).tolist() == [235922, 375058, 994834, 55058]


def test_the_order_looks_random():
    """Place and block are uncorrelated, and every tenth of an epoch reads evenly from all tenths of the data."""
    order = np.argsort(np.argsort(epoch(0, 1, 64 * 50_000, 64)))
    place = np.arange(len(order))
    assert abs(np.corrcoef(place, order)[0, 1]) < 4 / np.sqrt(len(order))
    assert abs(np.corrcoef(order[:-1], order[1:])[0, 1]) < 4 / np.sqrt(len(order))
    cells = np.histogram2d(place, order, 10)[0]
    expected = len(order) / 100
    assert ((cells - expected) ** 2 / expected).sum() < 140  # chi-squared, 81 degrees of freedom: mean 81, sd 13


def test_no_token_always_comes_first_in_its_window():
    firsts = {int(epoch(e, 0, 10_000, 16).min()) for e in range(200)}
    assert firsts == set(range(16))


def test_any_step_of_a_large_corpus_is_cheap():
    tracemalloc.start()
    for step in range(10**6, 10**6 + 50):
        batch_at(step, 0, 10**10, 64, 256)
    _, most_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most_bytes < 1e6  # an epoch laid out would be 1.6e8 windows


def test_too_few_tokens_for_one_window_is_an_error():
    assert batch_at(5, 0, 9, 3, 8).tolist() == [0, 0, 0]
    for ask in (lambda: batch_at(0, 0, 8, 1, 8), lambda: window_starts(8, 8, 100)):
        with pytest.raises(CorpusError, match=r"needs 9 tokens .* and the split has 8"):
            ask()


@given(sizes, st.integers(1, 5000))
@settings(max_examples=60, deadline=None)
def test_evaluation_windows_do_not_overlap_and_spread_over_the_split(size, eval_tokens):
    n_ctx, tokens = size
    starts = window_starts(tokens, n_ctx, eval_tokens)
    there = (tokens - 1) // n_ctx
    assert len(starts) == min(there, max(1, eval_tokens // n_ctx))
    assert (np.diff(starts) >= n_ctx).all()
    assert starts[0] == 0 and starts[-1] + n_ctx + 1 <= tokens
    assert starts[-1] + n_ctx >= (there - -(-there // len(starts))) * n_ctx


def test_evaluation_takes_every_window_where_it_may():
    assert window_starts(101, 10, 1000).tolist() == list(range(0, 100, 10))
    assert window_starts(101, 10, 50).tolist() == [0, 20, 40, 60, 80]
