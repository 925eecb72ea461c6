"""McLeish et al. 2025, "Gemstones": approach 3 on two sets of checkpoints, and with width and depth on one."""

from scalinglaws.fitting.fit import fit

from .record import Number, Reproduction
from .tables import points, rows

TABLE = "gemstones.csv"


def fitted(schedules: str, delta: float) -> dict[str, float]:
    found = fit("chinchilla", points(rows(TABLE, schedule_set=schedules)), delta=delta)
    return {"alpha": found.values["alpha"], "beta": found.values["beta"], "objective": found.objective}


def reproduction(schedules: str, delta: float, objective: float, alpha: float, beta: float) -> Reproduction:
    return Reproduction(
        name=f"mcleish-2025-{schedules.replace('_', '-')}-{delta:g}",
        source=f"McLeish et al. 2025, repository, {schedules}, delta {delta:g}",
        tables=(TABLE,),
        how=f"additive law, Huber's loss at {delta:g} on ln L",
        derive=lambda: fitted(schedules, delta),
        published={
            "alpha": Number(alpha, 2e-3),
            "beta": Number(beta, 2e-3),
            "objective": Number(objective, 1e-5 * objective),
        },
        grounds="their optimizer stopped within 1e-5 of the least objective, in a valley that is flat to these widths",
    )


WITH_SHAPE = ("run_id", "params_total", "d_model", "n_layer", "tokens", "loss")


def by_shape() -> dict[str, float]:
    found = fit("gemstones", points(rows(TABLE, schedule_set="hot_100b+"), WITH_SHAPE), delta=1e-3)
    return {"objective": found.objective, **{name: found.values[name] for name in found.values if "a" in name}}


REPRODUCTIONS = (
    Reproduction(
        name="mcleish-2025-width-depth",
        source="McLeish et al. 2025, repository, hot_100b+ with width, depth and size, delta 0.001",
        tables=(TABLE,),
        how="law of width, depth, size and tokens, Huber's loss at 0.001 on ln L",
        derive=by_shape,
        published={
            "alpha_w": Number(0.205280776, 2e-3),
            "alpha_d": Number(0.4741415976, 2e-3),
            "alpha_N": Number(0.372096494, 2e-3),
            "beta": Number(0.5116481093, 1e-2),
            "objective": Number(0.0026427674, 1e-7),
        },
        grounds="their optimizer stopped 2e-5 above the least objective, in a valley that is flat to these widths",
    ),
    reproduction("hot_100b+", 1e-3, 0.0065925344, 0.2591125694, 0.5972679073),
    reproduction("hot_100b+", 1e-4, 0.00069233, 0.2575546364, 0.5909317455),
    reproduction("hot_sampled_like_chinchilla", 1e-3, 0.0002173794, 0.275106095, 0.4580953782),
)
