"""Logs of real loggers, made here by training a tiny model, are read as they were logged.

Each test needs a package that `make` does not install, and is skipped without it. They passed with tensorboard 2.21.0,
mlflow 3.17.2, wandb 0.31.0, lightning 2.6.6 and transformers 5.24.0.
"""

import os
from functools import cache

import pytest
import torch
import torch.nn.functional as F

import scalinglaws as sl

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]  # the warnings are of packages not ours
WORDS, STEPS, EVERY, SIZES = 16, 60, 20, (4, 8)


class Model(torch.nn.Module):
    """Predicts the next word from the last."""

    def __init__(self, width):
        super().__init__()
        rng = torch.Generator().manual_seed(width)
        self.inside = torch.nn.Parameter(torch.randn(WORDS, width, generator=rng))
        self.outside = torch.nn.Parameter(torch.randn(WORDS, width, generator=rng))

    def forward(self, words):
        return self.inside[words] @ self.outside.T


def pairs(count, seed):
    """Words, each with its next, of a made-up language."""
    rng = torch.Generator().manual_seed(seed)
    odds = torch.softmax(2 * torch.randn(WORDS, WORDS, generator=torch.Generator().manual_seed(0)), 1)
    words = torch.randint(WORDS, (count,), generator=rng)
    return words, torch.multinomial(odds[words], 1, generator=rng)[:, 0]


def optimizer_of(parameters):
    optimizer = torch.optim.AdamW(parameters, 1e-2)
    return optimizer, torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)


def evaluations(width):
    """Train a model with a cosine: (step, training loss, held-out loss, rate) of each evaluation."""
    model, test = Model(width), pairs(2000, seed=1)
    optimizer, schedule = optimizer_of(model.parameters())
    for step in range(1, STEPS + 1):
        words, following = pairs(64, seed=100 + step)
        loss = F.cross_entropy(model(words), following)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % EVERY == 0:
            yield step, loss.item(), F.cross_entropy(model(test[0]), test[1]).item(), schedule.get_last_lr()[0]


@cache
def logged():
    """Width -> the evaluations of its model."""
    return {width: list(evaluations(width)) for width in SIZES}


@pytest.fixture(autouse=True)
def apart(tmp_path, monkeypatch):
    """A folder of its own, and no settings of the machine's user."""
    for name in [one for one in os.environ if one.startswith(("WANDB_", "MLFLOW_", "HF_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.chdir(tmp_path)


def require_as_logged(points, names, digits=1e-12):
    """Compare what was read with what was logged: every evaluation, and the last of each run as its point."""
    for width, rows in logged().items():
        own = points["run_id"] == names[width]
        assert list(points["steps"][own]) == [row[0] for row in rows]
        for column, place in (("loss_train_nats", 1), ("loss_nats", 2), ("lr", 3)):
            if column in points:
                assert list(points[column][own]) == pytest.approx([row[place] for row in rows], rel=digits), column
    assert len(points) == sum(map(len, logged().values()))
    assert sorted(points.kept["run_id"]) == sorted(names.values())
    assert set(points.kept["steps"]) == {STEPS}


def test_event_files_of_tensorboard():
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    from torch.utils.tensorboard import SummaryWriter

    for width, rows in logged().items():
        writer = SummaryWriter(f"logs/d{width}")
        for step, train, held_out, rate in rows:
            writer.add_scalar("Loss/train", train, step)
            writer.add_scalar("Loss/val", held_out, step)
            writer.add_scalar("lr", rate, step)
        writer.add_hparams({"d_model": width, "batch_size": 64}, {"hparam/best": held_out}, run_name=".")
        writer.close()
    points = sl.read("logs")
    require_as_logged(points, {width: f"logs/d{width}" for width in SIZES}, digits=1e-6)  # they hold float32
    assert set(points["d_model"]) == set(SIZES)


@pytest.mark.parametrize("place", ["file:mlruns", "sqlite:///mlflow.db"])
def test_records_of_mlflow(place, monkeypatch):
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow = pytest.importorskip("mlflow", reason="mlflow is not installed")
    mlflow.set_tracking_uri(place)
    mlflow.set_experiment("sizes")
    for width, rows in logged().items():
        with mlflow.start_run(run_name=f"d{width}"):
            mlflow.log_params({"d_model": width, "batch_size": 64, "max_steps": STEPS})
            for step, train, held_out, rate in rows:
                mlflow.log_metrics({"train_loss": train, "val_loss": held_out, "lr": rate}, step=step)
    mlflow.set_tracking_uri(None)  # a later test sends its runs elsewhere
    points = sl.read("mlruns" if place.startswith("file") else "mlflow.db")
    require_as_logged(points, {width: f"d{width}" for width in SIZES})
    assert set(points["planned_steps"]) == {STEPS}


def test_offline_files_of_wandb(monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    wandb = pytest.importorskip("wandb", reason="wandb is not installed")
    wandb.teardown()  # a session of an earlier test has its folder
    for width, rows in logged().items():
        run = wandb.init(project="sizes", name=f"d{width}", config={"model": {"n_embd": width}, "max_steps": STEPS})
        for step, train, held_out, rate in rows:
            run.log({"train/loss": train, "val/loss": held_out, "lr": rate, "hist": wandb.Histogram([1, 2])}, step=step)
        run.finish()
    points = sl.read("wandb")
    require_as_logged(points, {width: f"d{width}" for width in SIZES})
    assert set(points["outcome"]) == {"finished"}


def test_tables_and_events_of_lightning():
    lightning = pytest.importorskip("lightning", reason="lightning is not installed")
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    from lightning.pytorch import loggers
    from lightning.pytorch.callbacks import LearningRateMonitor
    from torch.utils.data import DataLoader, TensorDataset

    class Lit(lightning.LightningModule):
        def __init__(self, d_model):
            super().__init__()
            self.save_hyperparameters()
            self.model, self.seen = Model(d_model), []

        def loss(self, batch):
            return F.cross_entropy(self.model(batch[0]), batch[1])

        def training_step(self, batch, number):
            loss = self.loss(batch)
            self.log("train_loss", loss)
            return loss

        def validation_step(self, batch, number):
            loss = self.loss(batch)
            self.seen.append(loss.item())
            self.log("val_loss", loss)

        def configure_optimizers(self):
            optimizer, schedule = optimizer_of(self.parameters())
            return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    train = DataLoader(TensorDataset(*pairs(64 * STEPS, seed=2)), 64)
    test, seen = DataLoader(TensorDataset(*pairs(2000, seed=1)), 2000), {}
    for width in SIZES:
        module = Lit(width)
        lightning.Trainer(
            max_steps=STEPS, val_check_interval=EVERY, log_every_n_steps=10, num_sanity_val_steps=0,
            logger=[loggers.CSVLogger("tables", name=f"d{width}"), loggers.TensorBoardLogger("logs", name=f"d{width}")],
            callbacks=[LearningRateMonitor()], accelerator="cpu", enable_checkpointing=False,
            enable_progress_bar=False, enable_model_summary=False,
        ).fit(module, train, test)  # fmt: skip
        seen[width] = module.seen
    for place, prefix in (("tables", ""), ("logs", "logs/")):
        points = sl.read(place)
        for width, losses in seen.items():
            own = points["run_id"] == f"{prefix}d{width}/version_0"
            assert list(points["loss_nats"][own]) == pytest.approx(losses, rel=1e-6), place
            assert set(points["d_model"][own]) == {width}
        assert set(points.kept["steps"]) == {STEPS - 1}  # Lightning counts steps from 0


def test_states_of_the_trainer_of_hugging_face():
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    pytest.importorskip("accelerate", reason="accelerate is not installed")
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    words = torch.randint(WORDS, (640, 16), generator=torch.Generator().manual_seed(3))
    rows = [{"input_ids": row, "labels": row} for row in words]
    histories = {}
    for width in SIZES:
        shape = transformers.GPT2Config(vocab_size=WORDS, n_positions=16, n_embd=width, n_layer=1, n_head=2)
        asked = transformers.TrainingArguments(
            output_dir=f"out/d{width}", max_steps=STEPS, eval_strategy="steps", eval_steps=EVERY, logging_steps=EVERY,
            save_steps=EVERY, per_device_train_batch_size=8, lr_scheduler_type="cosine", report_to=["tensorboard"],
            include_num_input_tokens_seen=True, use_cpu=True, disable_tqdm=True,
        )  # fmt: skip
        model = transformers.GPT2LMHeadModel(shape)
        trainer = transformers.Trainer(model=model, args=asked, train_dataset=rows[:560], eval_dataset=rows[560:])
        trainer.train()
        histories[width] = [row["eval_loss"] for row in trainer.state.log_history if "eval_loss" in row]
    points = sl.read("out")
    for width, losses in histories.items():
        own = points["run_id"] == f"d{width}"
        assert list(points["loss_nats"][own]) == losses
        assert list(points["tokens"][own]) == [8 * 16 * step for step in (20, 40, 60)]
        assert list(sl.read(f"out/d{width}")["loss_nats"]) == losses
    assert len(points) == 6
    assert sorted(points.kept["run_id"]) == ["d4", "d8"]
    events = sl.read(f"out/d{SIZES[0]}/runs")
    assert list(events["loss_nats"]) == pytest.approx(histories[SIZES[0]], rel=1e-6)
    assert "lr" in events
