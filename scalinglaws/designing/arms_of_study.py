"""The arms of a study: several corpora, mixtures of the same domains or numbers of experts, each trained alike."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..corpora.composed import compose
from ..corpora.token_files import Tokenised
from ..corpora.tokenise import tokenise, tokenise_test
from ..errors import StudyError, unknown_name
from ..run.run import EXPERTS, MIX

if TYPE_CHECKING:
    from .study_file import Study

SUM = 0.01  # how far weights may be from 1 in sum
DOMAIN = "abcdefghijklmnopqrstuvwxyz0123456789_-"


def label_of(weights: Mapping[str, float]) -> str:
    """Name a mixture by its weights."""
    return MIX + ",".join(f"{name}={weight:g}" for name, weight in weights.items())


def weights_in(label: str) -> dict[str, float]:
    """Read the weights from the name of a mixture; none from any other corpus."""
    if not label.startswith(MIX) or "=" not in label:
        return {}
    pairs = (part.partition("=") for part in label.removeprefix(MIX).split(","))
    return {name: float(weight) for name, _, weight in pairs}


def arms_of(study: "Study") -> tuple[str, ...]:
    """Name the arms of a study, the first of which its laws are fitted to; none if it has one text."""
    if study.each_experts:
        return tuple(f"{EXPERTS}{count}" for count in study.each_experts)
    if study.domains:
        return tuple(map(label_of, study.each_weights or (study.weights,)))
    return study.each_corpus


def told_of_arms(study: "Study") -> list[str]:
    """Say before training which arms there are, and how they are compared."""
    arms = arms_of(study)
    if len(arms) < 2:
        return []
    verb = "mixtures" if study.domains else "arms"
    where = "mixtures of experts" if study.each_experts else "several texts"
    return [
        f"{len(arms)} arms: {'; '.join(arms)}. The laws of this study are fitted to the first alone; the verb {verb} "
        f"compares all of them: docs/studies.md, {where}."
    ]


def corpora_of(study: "Study") -> tuple[str, ...]:
    """Name every corpus that a study reads."""
    own = tuple(study.domains.values()) or study.each_corpus or (study.corpus,)
    return tuple(dict.fromkeys(filter(None, (*own, study.test_corpus, *study.evaluate_on))))


def checked_arms(study: "Study") -> dict[str, object]:
    """Check the keys of arms, and give those whose value follows from them.

    Raises:
        StudyError: weights without domains, a domain without a weight, weights that do not sum to 1, two of the keys
            that say what the arms are, or numbers of experts that cannot be.
    """
    given = [name for name in ("each_corpus", "domains", "each_experts") if getattr(study, name)]
    if len(given) > 1 or (study.weights and study.each_weights):
        both = given if len(given) > 1 else ["weights", "each_weights"]
        raise StudyError(f"{' and '.join(both)} cannot be given together: each says what the arms are. Keep one.")
    if study.each_experts:
        _require_experts(study)
    if study.domains:
        return _checked_domains(study)
    if study.weights or study.each_weights:
        raise StudyError(
            "weights are of domains, and the study names none. Set, for example, domains = { web = 'text:web.jsonl', "
            "code = 'stdlib' }."
        )
    if len(set(study.each_corpus)) < len(study.each_corpus):
        raise StudyError(f"each_corpus = {list(study.each_corpus)}: a corpus is named twice. Name each once.")
    return {"corpus": study.each_corpus[0]} if study.each_corpus else {}


def _checked_domains(study: "Study") -> dict[str, object]:
    if len(study.domains) < 2 or not all(set(name) <= set(DOMAIN) for name in study.domains):
        raise StudyError(
            f"domains = {dict(study.domains)}: give two or more, each named in lower-case letters, digits, _ and -."
        )
    if not study.weights and not study.each_weights:
        share = 1 / len(study.domains)
        written = ", ".join(f"{name} = {share:.3g}" for name in study.domains)
        raise StudyError(f"domains need weights, their shares of the training tokens: weights = {{ {written} }}.")
    weights = _whole(study, study.weights) if study.weights else {}
    each = tuple(_whole(study, one) for one in study.each_weights)
    if len(set(map(label_of, each))) < len(each):
        raise StudyError("each_weights: a mixture is given twice. Give each once.")
    return {"weights": weights, "each_weights": each, "corpus": label_of(weights or each[0])}


def _require_experts(study: "Study"):
    if len(set(study.each_experts)) < len(study.each_experts):
        raise StudyError(f"each_experts = {list(study.each_experts)}: a number is given twice. Give each once.")
    if study.family != "moe" or study.n_experts:
        raise StudyError(
            f"each_experts = {list(study.each_experts)} with family = {study.family!r} and n_experts = "
            f"{study.n_experts}: set family = 'moe', and leave n_experts out."
        )
    least = min((count for count in study.each_experts if count > 1), default=1)
    if not 1 <= study.experts_active <= least:
        raise StudyError(
            f"experts_active = {study.experts_active} with each_experts = {list(study.each_experts)}: a token uses 1 "
            f"to {least} of them. Set, for example, experts_active = 1."
        )


def experts_of(study: "Study", count: int, width: int) -> dict[str, object]:
    """Give what a shape has in the arm of a number of experts.

    Args:
        width: of one expert. The dense model, of one, is as wide as those that a token uses together.
    """
    if count == 1:
        return {"family": "transformer", "n_experts": 0, "experts_active": 0, "d_ff": width * study.experts_active}
    return {"n_experts": count}


def _whole(study: "Study", weights: Mapping[str, float]) -> dict[str, float]:
    """Give the weight of every domain; they sum to 1."""
    for name in weights:
        if name not in study.domains:
            raise unknown_name("domain", name, study.domains)
    total = sum(weights.values())
    if abs(total - 1) > SUM:
        raise StudyError(f"weights: {dict(weights)} sum to {total:.4g}; they must sum to 1.")
    return {name: weights.get(name, 0.0) / total for name in study.domains}


def texts_of(study: "Study", cache: Path, data_dir: Path | None = None) -> dict[str, Tokenised]:
    """Tokenise every arm of a study by one tokenizer, with one test text: name of the arm -> its tokens.

    A trained tokenizer is trained on the first corpus. The test text is `test_corpus`, or else that of the first
    corpus, and of all domains where arms are mixtures.

    Raises:
        CorpusError: a text is missing, or cannot be used.
    """
    first, *others = tuple(study.domains.values()) or study.each_corpus or (study.corpus,)
    if study.each_experts:
        data = tokenise(first, study.tokenizer, cache, test=study.test_corpus, data_dir=data_dir)
        return dict.fromkeys(arms_of(study), data)
    data = tokenise(first, study.tokenizer, cache, test="" if study.domains else study.test_corpus, data_dir=data_dir)
    every = {first: data} | {one: tokenise(one, study.tokenizer, cache, like=data, data_dir=data_dir) for one in others}
    if not study.domains:
        return {one: data if one == first else compose(one, [(every[one], 1.0)], [data], cache) for one in every}
    test = [*every.values()]
    if study.test_corpus:
        test = [tokenise_test(study.test_corpus, data, cache, whole=True, data_dir=data_dir)]
    of_domain = {name: every[corpus] for name, corpus in study.domains.items()}
    found = {}
    for label in arms_of(study):
        shares = [(of_domain[name], share) for name, share in weights_in(label).items()]
        found[label] = compose(label, shares, test, cache)
    return found


def of_domains(study: "Study", cache: Path, data_dir: Path | None = None) -> dict[str, Tokenised]:
    """Give the test text of each domain of a mixture, on which every run is evaluated too: mix:DOMAIN -> tokens."""
    if not study.domains:
        return {}
    first, *others = dict.fromkeys(study.domains.values())
    data = tokenise(first, study.tokenizer, cache, data_dir=data_dir)
    tests = {first: data} | {one: tokenise(one, study.tokenizer, cache, like=data, data_dir=data_dir) for one in others}
    return {MIX + name: tests[corpus] for name, corpus in study.domains.items()}


def data_of(study: "Study", cache: Path, data_dir: Path | None = None) -> Tokenised:
    """Tokenise the text of a study; of one with arms, that of the first."""
    return next(iter(texts_of(study, cache, data_dir).values()))


def as_arm(study: "Study", label: str, first: bool, held: tuple[tuple[int, ...], ...]) -> "Study":
    """Give the study of one arm alone; arms beside the first train only the sizes that are fitted."""
    if study.each_experts:
        alone = replace(study, each_experts=(int(label.removeprefix(EXPERTS)),))
    else:
        alone = replace(study, corpus=label, each_corpus=(), domains={}, weights={}, each_weights=())
    if first:
        return alone
    kept = [i for i, size in enumerate(study.shapes) if size not in held]
    own = tuple(study.own_tokens[i] for i in kept) if study.own_tokens else ()
    return replace(alone, shapes=tuple(study.shapes[i] for i in kept), own_tokens=own, hold_out=0)
