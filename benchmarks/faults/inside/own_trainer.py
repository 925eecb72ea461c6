"""A trainer of one's own for the faults: it trains nothing, but each of its steps changes the bits of its loss.

own_trainer.py RUN_FILE [--resume] [--save=STEP,STEP] [--from=FOLDER --at=STEP]

STORE.faults, beside the folder of the study, names what it meets half-way: `trainer`, and with `once` only one time.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

TELLS, STEP_SECONDS = 10, 0.04  # of a run, and how long each such part lasts
DIVERGES = 12  # width at which every run diverges
MANY = 2  # sequences at a time for which its memory suffices under "memory"


def main():
    """Train one run."""
    file, *rest = sys.argv[1:]
    given = dict(word.removeprefix("--").partition("=")[::2] for word in rest)
    run, out = json.loads(Path(file).read_text()), Path(file).parent
    step, x = _begun(run, out, given)
    if (fault := _fault(out, at_start=True)).startswith("start:"):
        os.kill(os.getpid(), int(fault.removeprefix("start:")))
    marks = {run["steps"] * part // TELLS for part in range(1, TELLS + 1)}
    saves = {int(one) for one in given.get("save", "").split(",") if one}
    while step < run["steps"]:
        x, step = 3.9 * x * (1 - x), step + 1
        if step in saves:
            _write(out / f"at-{step}.json", [step, x])
        if step in marks:
            time.sleep(STEP_SECONDS)
            _write(out / "state.json", [step, x])
            print(f"step {step} loss {_loss(run, x):.4f}", flush=True)
            if step == sorted(marks)[TELLS // 2]:
                _meet(out, run)
    told = {"loss": _loss(run, x), "tokens": run["tokens"], "steps": step, "params_nonembedding": run["params"]}
    if run["d_model"] == DIVERGES:
        told["loss"] = None
    _end(out, told)


def _begun(run, out, given):
    """Where the run begins: at its last state, at that of its trunk, or at its first step."""
    if "resume" in given and (out / "state.json").exists():
        return json.loads((out / "state.json").read_text())
    if "from" in given:
        return json.loads((Path(given["from"]) / f"at-{given['at']}.json").read_text())
    return 0, 0.3 + 0.01 * run["seed"] + 0.001 * run["n_layer"]


def _loss(run, x):
    return 1.5 + (20 / run["params"]) ** 0.3 + (200 / run["tokens"]) ** 0.3 + 0.001 * x


def _write(path, content):
    beside = path.with_suffix(".part")
    beside.write_text(json.dumps(content))
    beside.rename(path)


def _fault(out, *, at_start=False):
    """What this run is to meet now; nothing where it was met already, once."""
    store = out.parents[2]
    place, met = store.with_name(f"{store.name}.faults"), store.with_name(f"{store.name}.met")
    faults = json.loads(place.read_text()) if place.exists() else {}
    if faults.get("once") and met.exists():
        return ""
    fault = faults.get("trainer", "")
    if not fault or fault.startswith("start:") != at_start:
        return ""
    met.touch()
    return fault


def _meet(out, run):
    name, _, value = _fault(out).partition(":")
    if name == "signal":
        os.kill(os.getpid(), int(value))
    elif name == "exit":
        sys.exit(int(value))
    elif name == "bug":
        raise ValueError("a made-up bug")
    elif name == "memory" and run["micro_batch"] > MANY:
        print("torch.OutOfMemoryError: CUDA out of memory")
        sys.exit(1)
    elif name == "disk":
        raise OSError(28, "No space left on device")
    elif name == "half a state":
        (out / "state.json").write_text("[1")
        os.kill(os.getpid(), signal.SIGKILL)
    elif name == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(60)
    elif name == "slow":
        time.sleep(1)


def _end(out, told):
    name, _, value = _fault(out).partition(":")
    if name == "half a result":
        (out / "result.json").write_text(json.dumps(told)[:20])
        sys.exit(0)
    if name == "no result":
        sys.exit(0)
    if name == "wrong":
        told[value] = told[value] * 2 + 7
    _write(out / "result.json", told)


main()
