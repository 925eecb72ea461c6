"""What a law is: a formula as its paper writes it, with its source, its parameters, its convention and its domain."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..errors import LawError, nearest


@dataclass(frozen=True)
class Parameter:
    """One fitted constant. `start` is the range that starting values are drawn from."""

    name: str
    unit: str
    start: tuple[float, float]
    positive: bool = True


@dataclass(frozen=True)
class Published:
    """Constants that a source printed, with standard errors where it prints them."""

    source: str
    values: Mapping[str, float]
    standard_errors: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Law:
    """A scaling law.

    Attributes:
        name: what the command line calls it.
        predicts: role of the quantity it gives, mostly "loss".
        evaluate: f(inputs..., *, parameters...): positional arguments are the inputs, by the field's letters;
            keyword-only arguments are the parameters. Works on arrays, float or complex.
        formula: as the paper writes it, in plain text.
        source: paper and equation.
        parameters: in the order of the signature.
        convention: letter -> quantity the paper counted, e.g. {"N": "params_nonembedding"}.
        domain: letter -> (lowest, highest) value the published constants were fitted on.
        published: the paper's constants first, then refits and variants.

    Raises:
        LawError: the signature and the declared parameters differ.
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

    def __post_init__(self):
        declared = [p.name for p in self.parameters]
        if sorted(declared) != sorted(self._keywords):
            wrong = sorted(set(declared) ^ set(self._keywords))
            raise LawError(f"law {self.name!r}: the formula takes {self._keywords} and the declaration names {declared}; "
                           f"{wrong[0]!r} is in one alone.{nearest(wrong[0], self._keywords)}")
        if sorted(self.convention) != sorted(self.inputs):
            raise LawError(f"law {self.name!r}: the inputs are {list(self.inputs)}, the convention names {sorted(self.convention)}.")

    @property
    def inputs(self) -> tuple[str, ...]:
        """Letters of the inputs, in order."""
        kinds = inspect.signature(self.evaluate).parameters.values()
        return tuple(p.name for p in kinds if p.kind is not p.KEYWORD_ONLY)

    @property
    def _keywords(self) -> list[str]:
        kinds = inspect.signature(self.evaluate).parameters.values()
        return [p.name for p in kinds if p.kind is p.KEYWORD_ONLY]
