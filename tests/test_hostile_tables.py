"""Tables as a careless or hostile engineer leaves them: the right points, or a doubt that names what to type."""

import numpy as np
import pytest
from cli_made import loss, spoken

from scalinglaws.points.reading import read_points

GRID = [(n, d) for n in (2e7, 1e8, 5e8) for d in (1e9, 1e10, 1e11)]
LOSSES = [round(loss(n, d), 4) for n, d in GRID]


def table(head, write):
    """Write a table of the grid: its head, and a line of each run."""
    return "\n".join([head, *(write(i, n, d, LOSSES[i]) for i, (n, d) in enumerate(GRID))]) + "\n"


def plain(i, n, d, lost):
    return f"{n:g},{d:g},{lost}"


HEAD = "params_total,tokens,loss"
RIGHT = {  # the text, what is stated, words of the notes
    "two lines of names": (table(f"Model,Model,Result\n{HEAD}", plain), {}, "as it groups the columns: Model, Result"),
    "merged cells": (
        table(HEAD, lambda i, n, d, lost: f"{n if i % 3 == 0 else ''},{d:g},{lost}"),
        {},
        "taken for the 2 empty cells below it too",
    ),
    "footnotes": (table(HEAD, plain) + "* trained twice,,\n† our estimate,,\nMean,,2.9\n", {}, ""),
    "letters with units": (
        table("N (M),D (B),L", lambda i, n, d, lost: f"{n / 1e6:g},{d / 1e9:g},{lost}"),
        {"map": {"params_total": "N (M)"}},
        "D (B) as tokens",
    ),
    "logarithms by their names": (
        table("log10_N,log10(tokens),loss", lambda i, n, d, lost: f"{np.log10(n)},{np.log10(d)},{lost}"),
        {"map": {"params_total": "log10_N"}},
        "",
    ),
    "logarithms that are stated": (
        table(HEAD, lambda i, n, d, lost: f"{np.log10(n)},{np.log10(d)},{np.log(lost)}"),
        {"unit": {"params_total": "log10", "tokens": "log10", "loss": "ln"}},
        "",
    ),
    "capitals in our own names": (table("Params_Total,TOKENS,Loss_Nats", plain), {}, ""),
    "passes over a text": (
        table("params_total,tokens_per_epoch,epochs,loss", lambda i, n, d, lost: f"{n:g},{d / 4:g},4,{lost}"),
        {},
        "tokens = tokens_unique epochs",
    ),
    "apostrophes between thousands": (
        table(HEAD.replace(",", ";"), lambda i, n, d, lost: f"{n:,.0f};{d:,.0f};{lost}".replace(",", "'")),
        {},
        "is read as 20,000,000",
    ),
    "both counts of parameters": (
        table("N,N (non-emb),D,loss", lambda i, n, d, lost: f"{n:g},{0.8 * n:g},{d:g},{lost}"),
        {"map": {"params_total": "N"}},
        "",
    ),
    "smoothed beside raw": (
        table(f"{HEAD},val_loss_smoothed", lambda i, n, d, lost: f"{n:g},{d:g},{lost},{1.1 * lost}"),
        {},
        "",
    ),
    "training rows with NaN for the held-out loss": (
        table(
            f"run_id,step,{HEAD.replace('loss', 'train_loss,val_loss')}",
            lambda i, n, d, lost: f"r{i},1,{n:g},{d / 2:g},{lost + 1},nan\nr{i},2,{n:g},{d:g},{lost},{lost}",
        ),
        {},
        "9 rows of loss_train_nats are not points",
    ),
}


@pytest.mark.parametrize("what", RIGHT)
def test_it_is_read_as_what_it_holds(what, tmp_path):
    text, stated, words = RIGHT[what]
    path = tmp_path / "runs.csv"
    path.write_text(text)
    found = read_points(path, **stated)
    assert found.points["params_total"] == pytest.approx([n for n, _ in GRID])
    assert found.points["tokens"] == pytest.approx([d for _, d in GRID])
    assert found.points["loss_nats"] == pytest.approx(LOSSES)
    assert words in "\n".join(found.notes) and not any(note.endswith(" in ") for note in found.notes)


DOUBTED = {  # the text, the exit code of import, words of what is said
    "smoothed losses alone": (table("params_total,tokens,loss_smooth", plain), 2, "--map loss_nats=loss_smooth"),
    "losses of a byte": (table("params_total,tokens,loss/byte", plain), 2, "--map loss_bits_per_byte=loss/byte"),
    "sizes in millions, tokens in billions": (
        table(HEAD, lambda i, n, d, lost: f"{n / 1e6:g},{d / 1e9:g},{lost}"),
        0,
        "--unit params_total=millions --unit tokens=billions",
    ),
    "logarithms under our names": (
        table(HEAD, lambda i, n, d, lost: f"{np.log10(n)},{np.log10(d)},{lost}"),
        0,
        "--unit params_total=log10",
    ),
    "logarithms of losses": (
        table(HEAD, lambda i, n, d, lost: f"{n:g},{d:g},{np.log(lost)}"),
        0,
        "--unit loss_nats=ln",
    ),
    "a gap in the sizes": (table(HEAD, lambda i, n, d, lost: f"{n if i % 3 < 2 else ''},{d:g},{lost}"), 0, "nan"),
    "percentages": (table(HEAD, lambda i, n, d, lost: f"{n:g},{d:g},{20 + i}%"), 2, "must hold numbers"),
}


@pytest.mark.parametrize("what", DOUBTED)
def test_a_doubt_names_what_to_type(what, tmp_path):
    text, code, words = DOUBTED[what]
    path = tmp_path / "runs.csv"
    path.write_text(text)
    ended, out, err = spoken("import", path)
    assert ended == code and words in " ".join((out + err).split())


def test_losses_of_a_byte_in_nats_are_bits_of_a_byte(tmp_path):
    path = tmp_path / "runs.csv"
    path.write_text(table("params_total,tokens,loss per byte (nats)", plain))
    points = read_points(path).points
    assert points["loss_bits_per_byte"] == pytest.approx(np.array(LOSSES) / np.log(2)) and "loss_nats" not in points


def test_a_run_that_was_taken_up_under_another_name_stands_once(tmp_path):
    rows = [
        f"r{n:g}{'' if i <= 6 else '-resumed'},{n:g},{i * d / 10:g},{i},{0.1 + 0.45 * (1 + np.cos(np.pi * i / 10))},"
        f"{loss(n, i * d / 10) * (1.1 - 0.01 * i)}"
        for n, d in GRID[1::3]
        for i in range(1, 11)
    ]
    path = tmp_path / "runs.csv"
    path.write_text("\n".join(["run_id,params_total,tokens,steps,lr,val_loss", *rows]))
    points = read_points(path).points
    assert points.kept["run_id"].tolist() == [f"r{n:g}-resumed" for n, _ in GRID[1::3]]
    assert points.kept["steps"].tolist() == [10, 10, 10]
