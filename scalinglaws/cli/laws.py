"""Look laws up: the shelf in a table, one law in full or at a point, or all of them at a budget."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from ..errors import LawError, MisuseError
from . import options as o
from .app import SHOW, Json, app, emit, say, show
from .constants_of_law import constants_of
from .fit_options import laws_of

Name = Annotated[str | None, typer.Argument(metavar="[LAW]", help="One law, in full; or your own: FILE.py.")]
About = Annotated[
    str | None, typer.Option(metavar="WORDS", help="List the laws that mention these words: --about batch.")
]
At = Annotated[
    str | None,
    typer.Option(
        metavar="N=..,D=..", help="Evaluate here. Other quantities are converted if what that needs is given."
    ),
]
Constants = Annotated[
    str | None,
    typer.Option(metavar="K", help="Which constants: their number, words of their source, or your own E=1.7,A=400,..."),
]
Optimum = Annotated[
    str | None,
    typer.Option(metavar="C=..", help="Every law's size, tokens, loss, batch and learning rate for a budget, C = 6ND."),
]
Loss = Annotated[
    float | None,
    typer.Option("--loss", help="With --optimum: loss in nats per token, for laws of the batch that need one."),
]


@app.command(rich_help_panel=SHOW)
def laws(
    name: Name = None,
    about: About = None,
    at: At = None,
    constants: Constants = None,
    optimum: Optimum = None,
    loss: Loss = None,
    law_file: o.LawFile = None,
    json: Json = False,
):
    """List the laws: formula, source, convention, domain, constants; evaluate one, or compare all at a budget.

    Example:  scalinglaws laws chinchilla --at N=70e9,D=1.4e12
    """
    _check(name, about, at, constants, optimum, loss)
    chosen = _chosen(name, law_file)
    if about is not None:
        chosen = {key: law for key, law in chosen.items() if _speaks(law, about)}
    if not chosen:
        raise MisuseError(f"no law mentions {about!r}. Use other words, or none: scalinglaws laws.")
    if optimum is not None:
        _side_by_side(chosen, optimum, loss, json)
    elif at is not None:
        _evaluate(next(iter(chosen.values())), at, constants, json)
    elif name is not None:
        from .text_of_laws import law_in_full, law_plain

        law = next(iter(chosen.values()))
        emit(law_plain(law)) if json else show(law_in_full(law))
    else:
        from .text_of_laws import law_row, law_table

        emit([law_row(law) for law in chosen.values()]) if json else show(law_table(list(chosen.values())))


def _check(name, about, at, constants, optimum, loss):
    if at is not None and (name is None or optimum is not None):
        raise MisuseError("--at evaluates one law: scalinglaws laws chinchilla --at N=70e9,D=1.4e12.")
    if constants is not None and at is None:
        raise MisuseError("--constants says which constants --at takes: scalinglaws laws LAW --at N=.. --constants 1.")
    if loss is not None and optimum is None:
        raise MisuseError("--loss goes with --optimum: scalinglaws laws --optimum C=1e23 --loss 2.")
    if name is not None and about is not None:
        raise MisuseError("--about searches all laws: name no law with it.")


def _chosen(name: str | None, files: list[Path] | None) -> dict:
    """Take the law named, or the shelf with the laws of the files."""
    from ..fitting.own_law import read_laws
    from ..laws import LAWS

    if name is None:
        return {**LAWS, **{key: law for path in files or [] for key, law in read_laws(path).items()}}
    found, _ = laws_of(name, files)
    if len(found) > 1:
        raise MisuseError(f"{name} names {', '.join(law.name for law in found)}: name one, with --law-file FILE.py.")
    return {law.name: law for law in found}


def _speaks(law, words: str) -> bool:
    from ..quantities import QUANTITIES

    meanings = [f"{q} {QUANTITIES[q].meaning if q in QUANTITIES else ''}" for q in law.convention.values()]
    text = " ".join([law.name, law.predicts, law.formula, law.source, law.about, law.data, *meanings]).lower()
    return all(word in text for word in words.lower().split())


def _evaluate(law, at: str, constants: str | None, json: bool):
    from ..fitting.fit_record import checked_inputs
    from ..points.as_counted import as_counted

    values, source = constants_of(law, constants)
    counts = {letter: law.convention[letter] for letter in law.inputs}
    given = {name: _value(text, name) for name, text in o.named(_parts(at), "--at", "N=1e9,D=2e10").items()}
    series = {name: value for name, value in given.items() if not isinstance(value, float)}
    scalars = as_counted(counts, {name: value for name, value in given.items() if name not in series})
    inputs = checked_inputs(law, {**scalars, **series})
    value = law.at(values, **inputs)
    if value.ndim and not series:
        raise LawError(
            f"law {law.name!r} takes {', '.join(law.inputs)} along a whole run, one value per step: write them to a "
            f"file, one per line, and give it as --at {law.inputs[0]}=@FILE."
        )
    _tell(law, values, source, {**scalars, **series}, inputs, value, json)


def _tell(law, values, source, at, inputs, value, json: bool):
    """Print the value (of a whole run, the last one), and warn where it lies outside the range of the constants."""
    outside = law.outside(**inputs)
    for place in outside:
        say(f"warning: {place}, the range that the constants of {law.name} were fitted on")
    last = float(value if not value.ndim else value.flat[-1])
    if not json:
        steps = f" after the last of {value.size} steps" if value.ndim else ""
        show(f"{last:.6g} {law.unit}{steps}    ({source})")
        return
    found = {"law": law.name, "constants": dict(values), "source": source, "at": at, "value": last, "unit": law.unit}
    along = {"values": value.tolist()} if value.ndim else {}
    inside = not outside if law.domain else None
    emit({**found, **along, "inside_domain": inside, "outside": list(outside)})


def _parts(text: str) -> list[str]:
    return [part for part in text.split(",") if part.strip()]


def _value(text: str, name: str):
    """Read a number, or a file of numbers, one per line."""
    if not text.startswith("@"):
        return o.number(text, f"--at {name} =")
    try:
        return [float(line) for line in Path(text[1:]).read_text(encoding="utf-8").split()]
    except (OSError, ValueError) as failure:
        raise MisuseError(f"--at {name}={text}: {failure}. The file must contain one number per line.") from None


def _side_by_side(laws: Mapping, optimum: str, loss: float | None, json: bool):
    from ..planning.optima import optima
    from ..records.json_values import to_plain

    given = o.places(optimum, "--optimum", "C=1e23")
    C, N, D = (given.pop(letter, None) for letter in "CND")
    several = C is not None and N is not None and D is not None
    flops = C if C is not None else 6 * N * D if N is not None and D is not None else None
    if several or flops is None:
        raise MisuseError("--optimum needs a budget C=1e23, alone or with N=.. or D=..; or N=.. and D=.. without C.")
    made = optima(
        flops,
        params=flops / (6 * D) if N is None and D else N,
        loss_nats=loss,
        given=given,
        laws=laws,
    )
    emit(to_plain(made)) if json else show(made)
