"""The shelf of text formats: the first whose `looks` recognises a text reads it."""

from .huggingface import (
    looks_like_trainer_output,
    looks_like_trainer_state,
    read_trainer_output,
    read_trainer_state,
)
from .json_records import looks_like_json, read_json_lines
from .key_values import looks_like_key_values, read_key_values
from .litgpt import LITGPT
from .llm_c import LLM_C
from .llm_foundry import LLM_FOUNDRY
from .markdown import looks_like_markdown, read_markdown
from .megatron import MEGATRON
from .modded_nanogpt import MODDED_NANOGPT
from .nanochat import NANOCHAT
from .nanogpt import NANOGPT
from .olmo import OLMO
from .text_format import TextFormat
from .torchtitan import TORCHTITAN

LOGS = (NANOGPT, NANOCHAT, MODDED_NANOGPT, LLM_C, TORCHTITAN, MEGATRON, LITGPT, OLMO, LLM_FOUNDRY)
TEXTS = (
    TextFormat("trainer-state", looks_like_trainer_state, read_trainer_state),
    TextFormat("jsonl", looks_like_json, read_json_lines),
    TextFormat("trainer-output", looks_like_trainer_output, read_trainer_output),
    *(TextFormat(log.name, log.looks, log.read) for log in LOGS),
    TextFormat("markdown", looks_like_markdown, read_markdown),
    TextFormat("key-values", looks_like_key_values, read_key_values),
)
