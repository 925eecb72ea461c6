"""The declaration of a law: a formula as its paper writes it, with source, parameters, convention and domain."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ..errors import LawError, nearest
from ..quantities import LETTER_OF_ROLE

LINEAR = "1"


@dataclass(frozen=True)
class Parameter:
    """One fitted constant.

    Attributes:
        start: range from which starting values are drawn; the fitted value may lie outside.
        positive: whether the fit keeps it above zero.
        amplitude: set it where the formula is a sum of terms with one amplitude each, so that the fit can solve for the
            amplitudes in closed form. "1" (`LINEAR`): the term is proportional to the parameter, as A in A/N^alpha.
            The name of an exponent: the term is proportional to parameter^exponent, as N_c in (N_c/N)^alpha_N.
    """

    name: str
    unit: str
    start: tuple[float, float]
    positive: bool = True
    amplitude: str = ""

    def __post_init__(self):
        if not isinstance(self.name, str):
            raise LawError(f"a parameter is called {self.name!r:.60}; its name must be a string.")
        _require_range(self.start, f"parameter {self.name!r}: start")


def _require_range(ends, what: str) -> None:
    """Refuse a range that is not two finite real numbers, the lower first."""
    pair: tuple[Any, ...] = tuple(ends) if isinstance(ends, list | tuple | np.ndarray) else ()
    numbers = all(isinstance(end, int | float | np.integer | np.floating) for end in pair)
    real = numbers and all(abs(end) < float("inf") for end in pair)
    if len(pair) != 2 or not real or not pair[0] <= pair[1]:
        raise LawError(f"{what} = {ends!r:.60}; it must be two numbers, the lower first, such as (0.1, 5.0).")


@dataclass(frozen=True)
class Published:
    """Constants as a source printed them, with standard errors if it prints them."""

    source: str
    values: Mapping[str, float]
    standard_errors: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Law:
    """A scaling law.

    A law needs only `evaluate`, in plain numpy: the fit, its gradients and its intervals are computed from it.

    Attributes:
        name: its name on the command line.
        predicts: role of the quantity that it predicts, mostly "loss".
        evaluate: f(inputs..., *, parameters...): positional arguments are the inputs, by the field's letters;
            keyword-only arguments are the parameters. Works on arrays that broadcast, float or complex.
        formula: as the paper writes it, in plain text.
        source: paper and equation.
        parameters: in the order of the signature.
        convention: input -> quantity that the paper counted, e.g. {"N": "params_nonembedding"}; the predicted quantity
            may be included, by its letter.
        domain: input -> (lowest, highest) value on which the published constants were fitted; "D/N" for a ratio of two.
        data: text, tokenizer and context of the runs behind the published constants.
        unit: unit of the predicted quantity.
        published: the paper's constants first, then refits and variants.
        slopes: optional, with the same signature as `evaluate`: gives (value, {parameter: derivative}), with respect to
            ln(parameter) for the parameters of `logged` and to the parameter itself for the others. Without it the fit
            differentiates by the complex step.
        along: for a law of one run's whole schedule: makes the law of the rows of several `along_schedules.Schedule`.
        outer: name of an exponent k for which value^(1/k) is the sum of the amplitudes' terms; empty for k = 1.

    Raises:
        LawError: the signature and the declaration differ.
    """

    name: str
    predicts: str
    evaluate: Callable
    formula: str
    source: str
    parameters: tuple[Parameter, ...]
    convention: Mapping[str, str]
    domain: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    published: tuple[Published, ...] = ()
    about: str = ""
    slopes: Callable | None = None
    outer: str = ""
    along: Callable | None = None
    data: str = ""
    unit: str = "nats/token"

    def __post_init__(self):
        keywords, declared = self._keywords, [p.name for p in self.parameters]
        if sorted(declared) != sorted(keywords):
            unknown, missing = sorted(set(declared) - set(keywords)), sorted(set(keywords) - set(declared))
            wrong = (unknown or missing or declared)[0]
            raise LawError(
                f"law {self.name!r}: the formula takes {keywords} and the declaration names {declared}; "
                f"{wrong!r} is in only one of them, or twice.{nearest(wrong, missing) if unknown else ''}"
            )
        if not set(self.inputs) <= set(self.convention) <= {*self.inputs, self.target}:
            raise LawError(
                f"law {self.name!r}: the inputs are {list(self.inputs)}, the convention names {list(self.convention)}."
            )
        for place, ends in self.domain.items():
            _require_range(ends, f"law {self.name!r}: the domain of {place!r}")
            if not set(place.split("/")) <= set(self.inputs):
                raise LawError(f"law {self.name!r}: the domain names {place!r}; the inputs are {list(self.inputs)}.")
        self._check_names()

    def _check_names(self) -> None:
        known = {p.name for p in self.parameters}
        exponents = {p.amplitude for p in self.parameters} | {self.outer}
        for name in exponents - {"", LINEAR} - known:
            raise LawError(f"law {self.name!r}: no parameter is called {name!r}.{nearest(name, known)}")
        for record in self.published:
            for name in set(record.values) ^ known:
                raise LawError(
                    f"law {self.name!r}: {record.source} and the formula differ in {name!r}.{nearest(name, known)}"
                )

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """The letters of the inputs, in order."""
        kinds = inspect.signature(self.evaluate).parameters.values()
        return tuple(p.name for p in kinds if p.kind is not p.KEYWORD_ONLY)

    @cached_property
    def logged(self) -> frozenset[str]:
        """The parameters that a fit varies as logarithms.

        These are the amplitudes; an exponent is varied itself, so that ln A - alpha ln N is linear in both. In a law
        that declares no amplitudes, they are all positive parameters.
        """
        amplitudes = frozenset(p.name for p in self.parameters if p.amplitude)
        return amplitudes or frozenset(p.name for p in self.parameters if p.positive)

    @property
    def constants(self) -> dict[str, float]:
        """The paper's own constants.

        Raises:
            LawError: none are published.
        """
        if not self.published:
            raise LawError(f"law {self.name!r} has no published constants. Fit it to points first.")
        return dict(self.published[0].values)

    @property
    def target(self) -> str:
        """The letter of the predicted quantity: "L" for a loss; the role itself if it has no letter."""
        return LETTER_OF_ROLE.get(self.predicts, self.predicts)

    def inside(self, **inputs: Any) -> Any:
        """Say for each input whether it lies in the range on which the published constants were fitted."""
        inside: Any = np.bool_(True)
        for place, (low, high) in self.domain.items():
            value = _value_of(place, inputs)
            inside = inside & (value >= low) & (value <= high)
        return inside

    def outside(self, beyond: float = 0.0, /, **inputs) -> tuple[str, ...]:
        """Give a sentence for each input that lies outside that range; empty if all lie inside.

        Args:
            beyond: name only inputs that lie outside by more than this fraction of the range's width in logarithms.
        """
        found = []
        for place, (low, high) in self.domain.items():
            value = _value_of(place, inputs)
            if beyond:
                wider = (high / low) ** beyond if low > 0 else np.inf
                low, high = low / wider, high * wider
            if np.any((value < low) | (value > high)):
                far = value[(value < low) | (value > high)].flat[0] if value.ndim else value
                found.append(f"{place} = {float(far):.4g} lies outside {low:.4g} to {high:.4g}")
        return tuple(found)

    def at(self, constants: Mapping[str, float], **inputs) -> np.ndarray:
        """Evaluate the law where it is defined: every law gives a positive, finite quantity.

        Raises:
            LawError: an input is missing or unknown, or the law is undefined there.
        """
        if set(inputs) != set(self.inputs):
            wrong = sorted(set(inputs) ^ set(self.inputs))[0]
            raise LawError(
                f"law {self.name!r} takes {', '.join(self.inputs)}; {wrong!r} is missing or unknown."
                f"{nearest(wrong, self.inputs)}"
            )
        given = [np.asarray(inputs[letter], dtype=np.float64) for letter in self.inputs]
        with np.errstate(all="ignore"):
            value = np.asarray(self.evaluate(*given, **constants))
        if not (np.isfinite(value) & (value > 0)).all():
            where = ", ".join(f"{letter} = {inputs[letter]}" for letter in self.inputs)
            raise LawError(
                f"law {self.name!r} is undefined at {where}: it gives {value}, and {self.predicts} must be positive. "
                f"{'Its constants were fitted on ' + self._box() + '.' if self.domain else ''}"
            )
        return value

    def _box(self) -> str:
        return ", ".join(f"{place} {low:.4g} to {high:.4g}" for place, (low, high) in self.domain.items())

    @property
    def on_the_shelf(self) -> bool:
        """Whether this very law is the one that its name stands for."""
        from . import LAWS

        return LAWS.get(self.name) is self

    def named_in_json(self) -> dict[str, Any]:
        """Give what a record writes of its law; see `from_name_in_json`."""
        return {"law": self.name, "own": not self.on_the_shelf}

    @staticmethod
    def from_name_in_json(named: Mapping[str, Any], own: Sequence[Any]) -> "Law":
        """Find the law that a record names: on the shelf, or among one's own.

        Raises:
            LawError: a law of one's own that is not given.
        """
        from . import law

        if not named["own"]:
            return law(named["law"])
        found = [one for one in own if isinstance(one, Law) and one.name == named["law"]]
        if not found:
            raise LawError(
                f"the record speaks of a law {named['law']!r} that is not on the shelf, and its formula is code. Give "
                "it: from_json(text, laws=[...])."
            )
        return found[0]

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Travel by name where this law is on the shelf: some of its formulas are made by a function."""
        from . import law

        return (law, (self.name,)) if self.on_the_shelf else super().__reduce_ex__(protocol)

    @property
    def _keywords(self) -> list[str]:
        kinds = inspect.signature(self.evaluate).parameters.values()
        return [p.name for p in kinds if p.kind is p.KEYWORD_ONLY]


def _value_of(place: str, inputs: Mapping) -> np.ndarray:
    """Give an input, or the ratio of two inputs."""
    above, _, below = place.partition("/")
    value = np.asarray(inputs[above], dtype=np.float64)
    return value / np.asarray(inputs[below], dtype=np.float64) if below else value
