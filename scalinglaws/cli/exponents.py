"""The local exponent that a count of parameters implies, from a published law or one fitted to a table."""

from typing import Annotated, Any

import typer

from ..errors import MisuseError
from . import options as o
from .app import INFER, Json, app, emit, say, show
from .constants_of_law import constants_of
from .fit_options import OF_THE_FIT, OF_THE_TABLE, laws_of, options_of, table_of, with_options
from .gate import admit, end

Count = Annotated[str, typer.Option(metavar="QUANTITY", help="The count of N, and of C = 6 N D, to state them in.")]
Vocab = Annotated[float | None, typer.Option("--n-vocab", help="Without a table: size of the vocabulary.")]
Aspect = Annotated[float | None, typer.Option(help="Without a table: d_model / n_layer of the family.")]
Constants = Annotated[
    str | None,
    typer.Option(metavar="K", help="Without a table: their number, words of their source, or E=1.8,A=480,..."),
]
At = Annotated[list[str] | None, typer.Option(metavar="C=..", help="Compute; may be given several times.")]


@app.command(rich_help_panel=INFER)
@with_options(*OF_THE_TABLE, *OF_THE_FIT, "draws", "level", "seed", "anyway", draws=500)
def exponents(
    asked: dict,
    law: o.Law,
    table: o.TableAfter = None,
    count: Count = "params_nonembedding",
    n_vocab: Vocab = None,
    aspect: Aspect = None,
    constants: Constants = None,
    at: At = None,
    json: Json = False,
):
    """Show the exponent of the best size at each compute that another count of parameters implies.

    Chinchilla's law has one exponent for all parameters; without the embeddings it depends on the compute, and is near
    Kaplan's at Kaplan's sizes. With a table the law is fitted to it, and every exponent has an interval.

    Example:  scalinglaws exponents chinchilla --n-vocab 32000 --aspect 39.2 --at C=1e17 --at C=1e23
    """
    from ..auditing.judged_table import of_fits
    from ..counting.local_exponent import FLOPS, local_exponents
    from ..fitting.fit import fit
    from ..uncertainty.draws import draws

    flops = [_compute(text) for text in at] if at else list(FLOPS)
    [member, *more], _ = laws_of(law, asked["law_file"])
    if more:
        raise MisuseError(f"{law}: name one law.")
    if table is None:
        given: dict[str, Any] = {"n_vocab": n_vocab, "aspect": aspect, "constants": constants_of(member, constants)[0]}
        _tell(local_exponents(member, flops, count=count, **given), None, json)
        return
    _refuse_with_table(n_vocab=n_vocab, aspect=aspect, constants=constants)
    points, letters = table_of(asked, table)
    [how] = options_of([member], letters, asked)
    fitted = fit(member, points, **how)
    judged = of_fits([fitted], points)
    points = admit(judged, points, "exponent", asked["anyway"], json)
    drawn = draws(fitted, draws=asked["draws"], seed=asked["seed"])
    _tell(local_exponents(drawn, flops, count=count, points=points, level=asked["level"]), points, json)
    end(judged)


def _tell(found, points, json: bool) -> None:
    emit(_plain(found), points) if json else show(found)
    for warning in found.warnings:
        say(f"warning: {warning}")


def _compute(text: str) -> float:
    place = o.places(text, "--at", "C=1e21")
    if set(place) != {"C"} or not 0 < place["C"] < float("inf"):
        raise MisuseError(f"--at {text}: give a compute above 0, such as --at C=1e21.")
    return place["C"]


def _refuse_with_table(**given) -> None:
    for name, value in given.items():
        if value is not None:
            raise MisuseError(
                f"--{name.replace('_', '-')} is for a law without a table: the table says it. Leave it out."
            )


def _plain(found) -> dict:
    from ..counting.local_exponent import SLOPES

    def estimate(one) -> dict:
        return {"value": one.value, "low": one.low, "high": one.high}

    at = [{"flops": a.flops} | {name: estimate(getattr(a, name)) for name in SLOPES} for a in found.at]
    return {
        "law": found.law,
        "constants": found.constants,
        "count": found.count,
        "own": found.own,
        "relation": found.relation,
        "at": at,
        "warnings": list(found.warnings),
    }
