"""The shelf of laws: published values, slopes, declarations."""

import re

import numpy as np
import pytest
from fit_tables import constants, inputs_of, ranges, simulated

from scalinglaws.errors import LawError, NameUnknownError
from scalinglaws.fitting.fit import fit
from scalinglaws.laws import LAWS, LINEAR, WITH_FLOOR, Law, Parameter, Published, law
from scalinglaws.quantities import QUANTITIES, ROLE_OF_LETTER, playing

every_law = pytest.mark.parametrize("name", LAWS)

# law, variant, inputs, value, relative tolerance; those of Kaplan et al. 2020 are in test_kaplan_values.py
PUBLISHED = [
    ("chinchilla", 0, {"N": [70e9, 1e9], "D": [1.4e12, 2e10]}, [1.9366455, 2.5800479], 1e-7),
    ("chinchilla", 1, {"N": [70e9, 1e9], "D": [1.4e12, 2e10]}, [1.920846, 2.5306682], 1e-6),
    ("chinchilla", 2, {"N": [70e9, 1e9], "D": [1.4e12, 2e10]}, [1.9738819, 2.5300503], 1e-7),
]


@pytest.mark.parametrize("name, variant, inputs, value, tolerance", PUBLISHED)
def test_laws_give_their_published_values(name, variant, inputs, value, tolerance):
    arrays = {letter: np.asarray(given, dtype=float) for letter, given in inputs.items()}
    found = LAWS[name].evaluate(**arrays, **LAWS[name].published[variant].values)
    assert found == pytest.approx(np.array(value), rel=tolerance)


def test_the_joint_law_has_the_papers_limits_and_symmetry():
    # section 4: N_c k^(1/alpha_N) and D_c k^(1/alpha_D) multiply L by k; 1/D expansion is analytic
    joint, at, k = LAWS["kaplan-nd"], LAWS["kaplan-nd"].constants, 1.3
    scaled = at | {"N_c": at["N_c"] * k ** (1 / at["alpha_N"]), "D_c": at["D_c"] * k ** (1 / at["alpha_D"])}
    size, data = np.geomspace(1e5, 1e9, 5), np.geomspace(1e8, 1e10, 5)
    assert joint.evaluate(size, data, **scaled) == pytest.approx(k * joint.evaluate(size, data, **at), rel=1e-12)
    excess = [(joint.evaluate(1e8, d, **at) / joint.evaluate(1e8, np.inf, **at) - 1) * d for d in (1e13, 1e14)]
    assert excess[0] == pytest.approx(excess[1], rel=1e-2)


@every_law
def test_fit_recovers_the_constants_that_made_the_points(name):
    found = fit(name, simulated(name))
    assert found.outcome == "converged"
    told = any(p.amplitude for p in LAWS[name].parameters)
    exponents = {p.name for p in LAWS[name].parameters if p.amplitude == LINEAR or (told and not p.amplitude)}
    for parameter, value in constants(name).items():
        # N_c = exp(z / alpha_N) magnifies rounding in z by 1 / alpha_N and by its logarithm
        assert found.values[parameter] == pytest.approx(value, rel=1e-7 if parameter in exponents else 1e-5), parameter
    assert found.objective < 1e-20
    of_the_grid = ("odd-scale", "odd-ratio", "no-run-id")
    assert [w.id for w in found.warnings if w.id not in of_the_grid] == []


def along(member, inputs, at, parameter):
    """Slope by the complex step: along ln(parameter) for those that a fit logs."""
    step = 1e-30j * (at[parameter] if parameter in member.logged else 1)
    return member.evaluate(*inputs, **(at | {parameter: at[parameter] + step})).imag / 1e-30


@pytest.mark.parametrize("name", [name for name in LAWS if LAWS[name].slopes])
def test_slopes_agree_with_the_complex_step(name):
    member, at, inputs = LAWS[name], constants(name), inputs_of(name, 4)
    value, slopes = member.slopes(*inputs, **at)
    assert value == pytest.approx(member.evaluate(*inputs, **at), rel=1e-13)
    for parameter in at:
        stepped = along(member, inputs, at, parameter)
        assert np.broadcast_to(slopes[parameter], stepped.shape) == pytest.approx(stepped, rel=1e-11, abs=1e-14), (
            parameter
        )


@every_law
def test_the_complex_step_agrees_with_differences(name):
    # np.abs, np.maximum or a comparison of a parameter would drop the imaginary part; the fit trusts laws on the shelf
    member, at, inputs = LAWS[name], constants(name), inputs_of(name, 4)
    scale = np.abs(member.evaluate(*inputs, **at))
    for parameter, value in at.items():
        step = 1e-5 * (abs(value) if parameter in member.logged else 1)
        up, down = (member.evaluate(*inputs, **(at | {parameter: value + side * step})) for side in (1, -1))
        wide = (up - down) / 2e-5
        found = along(member, inputs, at, parameter)
        assert found / scale == pytest.approx(wide / scale, rel=1e-5, abs=1e-6 * max(1, np.abs(wide / scale).max()))
        assert np.abs(found).max() > 0, parameter


@every_law
def test_declared_amplitudes_scale_their_term(name):
    # alone, P^e doubles the term: what the closed-form starts rely on
    member, at, inputs = LAWS[name], constants(name), inputs_of(name, 4)
    amplitudes = [p for p in member.parameters if p.amplitude]
    terms = []
    for own in amplitudes:
        alone = at | {p.name: 0.0 for p in amplitudes if p is not own}
        power = 1.0 if own.amplitude == LINEAR else at[own.amplitude]
        one, two = (member.evaluate(*inputs, **(alone | {own.name: at[own.name] * k})) for k in (1.0, 2.0))
        assert two / one == pytest.approx(np.full(np.shape(two / one), 2.0**power), rel=1e-12)
        terms.append(one)
    outer = at[member.outer] if member.outer else 1.0
    whole = member.evaluate(*inputs, **at) ** (1 / outer)
    assert not terms or sum(term ** (1 / outer) for term in terms) == pytest.approx(whole, rel=1e-12)


FAR = {"N": 1e60, "D": 1e60, "C": 1e60, "S": 1e60, "D_F": 1e60}


def far_out(name):
    """The loss of a law where size, data, compute and steps are as good as unlimited."""
    inputs = [FAR[letter] if letter in FAR else np.mean(ranges(name)[letter]) for letter in LAWS[name].inputs]
    return float(np.real(LAWS[name].evaluate(*inputs, **constants(name))))


def test_every_loss_that_falls_to_zero_has_a_form_above_a_constant_loss():
    of_size = [n for n, one in LAWS.items() if one.predicts == "loss" and not one.along and set(one.inputs) & set(FAR)]
    bare = {name for name in of_size if far_out(name) < 0.1}
    assert bare == set(WITH_FLOOR)
    for name in set(WITH_FLOOR.values()):
        floor = constants(name).get("E", constants(name).get("L_inf"))
        assert far_out(name) == pytest.approx(floor, rel=0.01), name


@every_law
def test_laws_say_where_they_come_from_and_what_they_count(name):
    member = LAWS[name]
    assert re.search(r"eq|table|figure|section|appendix|abstract", member.source)
    assert member.formula and member.about.endswith(".")
    for letter, column in member.convention.items():
        role = QUANTITIES[column].role
        wanted = {"D": ("tokens", "tokens_unique")}.get(letter, (ROLE_OF_LETTER.get(letter, role),))
        assert role in wanted
    if len(playing(member.predicts)) > 1 and member.predicts != "loss":
        assert member.target in member.convention, f"several quantities are {member.predicts}: say which it gives"


@pytest.mark.parametrize("name", [name for name in LAWS if LAWS[name].published])
def test_published_constants_come_with_their_data_unit_and_domain(name):
    member = LAWS[name]
    assert member.data and member.unit and member.domain
    assert all(record.source for record in member.published)
    assert len({record.source for record in member.published}) == len(member.published)
    for place, (low, high) in member.domain.items():
        assert low < high, place


@pytest.mark.parametrize("name", [name for name in LAWS if LAWS[name].published])
def test_a_law_has_a_value_amid_its_domain_and_names_what_lies_beyond(name):
    member, grid = LAWS[name], inputs_of(name)
    named = dict(zip(member.inputs, grid, strict=True))
    inside = np.flatnonzero(np.broadcast_to(member.inside(**named), grid[0].shape))
    amid = {letter: float(column[inside[len(inside) // 2]]) for letter, column in named.items()}
    assert member.outside(**amid) == ()
    for record in member.published:
        assert member.at(record.values, **amid) > 0
    for place, (_, high) in member.domain.items():
        above, _, below = place.partition("/")
        far = amid | {above: 100 * high * (amid[below] if below else 1)}
        assert any(said.startswith(f"{place} = ") for said in member.outside(**far))


def test_the_domain_is_where_the_paper_measured():
    assert LAWS["kaplan-n"].inside(N=[1e3, 1e9, 1e12]).tolist() == [True, True, False]
    assert not LAWS["chinchilla"].inside(N=1e9, D=1e13)


def test_a_misspelt_law_is_offered_its_nearest_name():
    with pytest.raises(NameUnknownError, match="Did you mean 'chinchilla'") as caught:
        law("chinchila")
    assert "'scalinglaws laws' lists all" in str(caught.value) and len(str(caught.value)) < 200


def declare(**changes) -> Law:
    given = {
        "name": "mine",
        "predicts": "loss",
        "evaluate": lambda N, *, a, b: a * N**-b,
        "formula": "a N^-b",
        "source": "here, eq 1",
        "parameters": (Parameter("a", "1", (1, 10)), Parameter("b", "1", (0.1, 1))),
        "convention": {"N": "params_total"},
    }
    return Law(**(given | changes))


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"parameters": (Parameter("a", "1", (1, 10)), Parameter("bb", "1", (0.1, 1)))}, "in only one of them"),
        ({"convention": {"M": "params_total"}}, "convention names"),
        ({"outer": "c"}, "no parameter is called 'c'"),
        ({"published": (Published("there", {"a": 1.0, "B": 2.0}),)}, "differ in"),
    ],
)
def test_a_declaration_that_differs_from_its_formula_is_an_error(changes, said):
    with pytest.raises(LawError, match=said):
        declare(**changes)


def test_a_law_without_published_constants_says_so():
    with pytest.raises(LawError, match="no published constants"):
        _ = declare().constants
