"""The progress of a study on a terminal: a bar, a row a run, nothing that wraps; elsewhere few plain lines."""

import math

import pytest

from scalinglaws.cli import display
from scalinglaws.cli.progress_lines import Traces, curve, line, lines
from scalinglaws.launching.progress import Active, Progress

NAME = "L12-d1024-0123456789ab"


def under_way(count: int, step: int = 900) -> tuple[Active, ...]:
    sizes = (
        Active(f"{NAME[:-2]}{i:02}", 24_576 * 10 ** (i % 6), step, 1000, step * 524_288, 2.5, 524_288_000)
        for i in range(count)
    )
    return tuple(sizes)


def heard(active) -> Traces:
    traces = Traces()
    for step in range(0, 901, 30):
        traces.hear([Active(one.run_id, one.params, step, 1000, 0, 2 + 8 * math.exp(-step / 200)) for one in active])
    return traces


@pytest.mark.parametrize(("width", "height"), [(79, 23), (59, 23), (99, 40), (39, 10), (20, 5)])
@pytest.mark.parametrize("count", [0, 2, 64])
@pytest.mark.parametrize("plain", [False, True])
def test_no_line_wraps_and_every_line_has_a_row_of_the_screen(width, height, count, plain):
    active = under_way(count)
    failed = (("a", f"/a/long/path/{'x' * 80}/log.txt"),)
    progress = Progress(9, 1300, active, 5000, 0.62, 4, ("a",) * 40, failed, 64)
    shown = lines(progress, heard(active), width, height, plain=plain)
    assert shown and len(shown) <= height and max(map(len, shown)) <= width
    assert "62%" in shown[0] and (width < 30 or "9 of 1,300 runs" in shown[0])
    assert not plain or all(text.isascii() for text in shown)


def test_at_80_by_24_a_run_has_its_size_its_tokens_its_loss_and_its_curve():
    active = under_way(2)
    whole, before, head, first, *_ = lines(Progress(9, 16, active, 83, 0.62, 4), heard(active), 79, 23)
    assert whole.startswith("━") and whole.endswith("62%  9 of 16 runs  about 83 s left")
    assert before == "goes on from 4 of 16 runs, done before"
    assert head.split() == ["run", "N", "tokens", "done", "loss", "curve"]
    assert first.startswith(f"{NAME[:-2]}00") and "24.6 K" in first and "472 M of 524 M" in first
    assert "90%" in first and "2.500" in first and first.rstrip().endswith("▁")


def test_a_run_whose_trainer_reports_nothing_has_a_row_with_what_is_known():
    silent = Active(NAME, 24_576, None, 1000, 0, None, 524_288_000)
    _, _, first, last = lines(Progress(0, 4, (silent,), None), Traces(), 79, 23)
    assert first.split() == [NAME, "24.6", "K", "–", "of", "524", "M", "–", "–"]
    assert last == "1 has not reported a step yet"
    assert all(one.isascii() for one in lines(Progress(0, 4, (silent,), None), Traces(), 79, 23, plain=True))


def test_the_curve_falls_as_the_loss_does_and_is_as_long_as_the_run_is_far():
    falling = [(step, 10 - step / 100) for step in range(100, 501, 100)]
    drawn = curve(falling, 1000, 10)
    assert drawn[0] == "█" and drawn[-1] == "▁" and len(drawn) == 5
    assert list(drawn) == sorted(drawn, reverse=True)
    assert curve([], 1000, 10) == "" and curve([(1, 3.0)], 1000, 10) == "▁"


def test_the_last_second_is_not_counted_down():
    assert "about to end" in line(Progress(15, 16, (), 0.0, 0.999))
    assert "left" not in line(Progress(3, 16, (), None, 0.2))


def test_where_there_is_no_terminal_a_study_of_five_hundred_runs_says_few_lines(monkeypatch):
    now, told = [0.0], []
    monkeypatch.setattr(display.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(display, "say", told.append)
    with display.Display() as shown:
        for done in range(501):
            for _ in range(10):
                now[0] += 1.0
                shown.show(Progress(done, 500, (), 5000 - now[0], done / 500))
    assert 20 <= len(told) <= 45
    assert told[0].startswith("0% of the work") and told[-1].startswith("100% of the work; 500 of 500 runs done")


def test_what_went_wrong_is_said_at_once_and_once(monkeypatch):
    now, told = [0.0], []
    monkeypatch.setattr(display.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(display, "say", told.append)
    with display.Display() as shown:
        for killed, unwritable in ((0, 0), (1, 0), (1, 1), (1, 0), (1, 1), (2, 0)):
            now[0] += 0.2
            shown.show(Progress(3, 16, (), 50, 0.2, unwritable=unwritable, killed=killed))
    assert len(told) == 4  # a disk that is tried again and again is said once
    assert "1 killed from outside and started again" in told[1] and "1 wait for a disk" in told[2]
    assert "2 killed from outside" in told[3]
