"""The kernel as machine code: made once a machine by numba and LLVM, kept in a file, and loaded by LLVM alone.

Numba is imported only to translate it (`translating`): its own way links, optimises and compiles every function again
inside each of its callers, in 25 s of CPU time, where one pass over the whole takes 2.
"""

import ctypes
import hashlib
import platform
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ...errors import FailureError, StoreError
from ...records.cache_folder import cache_folder
from ...records.json_values import write_whole
from ...store.lock import held

PARTS = "attention blocks kernel lanes layers places products tiles translating"
SOURCES = tuple(f"{name}.py" for name in PARTS.split())
NAME = "scalinglaws_run"
ARGUMENTS = 7
PATIENCE = 300.0  # seconds to wait for another process that makes the same file
RETURNED_NONE = -2  # numba's status of a function that returned None; 0: a value; any other: an error

Native = Callable[..., None]
_IN_MEMORY: list = []  # what owns the loaded code, which is freed with its owner


def missing() -> str:
    """Say which package is missing; empty for none."""
    lacking = [name for name in ("numba", "llvmlite") if find_spec(name) is None]
    return f"{lacking[0]} is not installed (pip install 'scalinglaws[fast]')" if lacking else ""


def home() -> Path:
    """The folder in which the compiled step is kept."""
    return cache_folder() / "compiled"


@cache
def native(folder: Path | None = None) -> Native:
    """Load the kernel, which is made first if its file is not there; `kernel.run` says what it takes.

    Raises:
        StoreError: the folder cannot be written to.
        FailureError: another process has been making the file for minutes.
    """
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    name, features = processor(llvm)
    path = (folder or home()) / f"{_digest(name, features)}.o"
    machine = llvm.Target.from_default_triple().create_target_machine(cpu=name, features=features, opt=3, jit=True)
    if not path.exists():
        with held(path.with_suffix(".lock"), "compiling the training step", patience=PATIENCE):
            if not path.exists():
                write_whole(path, _made(llvm, machine))
    return _loaded(llvm, machine, path.read_bytes())


def processor(llvm) -> tuple[str, str]:
    """The processor to compile for, and its features: this one, without its vectors where PyTorch does without too.

    So ATEN_CPU_CAPABILITY=avx2 or =default, which PyTorch reads, holds the compiled step to such vectors as well.
    """
    import torch

    name, features = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    if platform.machine() in ("x86_64", "AMD64"):
        allowed = torch.backends.cpu.get_cpu_capability()
        if allowed == "DEFAULT":
            return "x86-64", ""
        if allowed == "AVX2" and "+avx512f" in features:
            return "x86-64-v3", ""
    return name, features


def kernel_digest() -> str:
    """Name the sources of the compiled step."""
    return hashlib.sha256(b"".join((Path(__file__).parent / name).read_bytes() for name in SOURCES)).hexdigest()


def _digest(processor: str, features: str) -> str:
    """Name what the machine code depends on: the sources, the compilers, the processor."""
    digest = hashlib.sha256(kernel_digest().encode())
    for part in (version("numba"), version("llvmlite"), platform.platform(), processor, features):
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()[:24]


def _made(llvm, machine) -> bytes:
    """Translate the kernel to LLVM's language, optimise it as one piece, and return its object code."""
    module = llvm.parse_assembly(_translated())
    for function in module.functions:
        if not function.is_declaration and function.name != NAME:
            function.linkage = "internal"
    for variable in module.global_variables:
        if not variable.is_declaration:
            variable.linkage = "internal"
    passes = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=3))
    passes.getModulePassManager().run(module, passes)
    return machine.emit_object(module)


def _translated() -> str:
    import numba

    from . import kernel
    from .translating import Translator

    config: Any = numba.config
    level = config.OPT
    config.OPT = type(level)(0)
    try:
        made = numba.njit(  # type: ignore[call-overload]
            numba.void(*[numba.int64] * ARGUMENTS),
            error_model="numpy",
            no_cpython_wrapper=True,
            no_cfunc_wrapper=True,
            pipeline_class=Translator,
        )(kernel.run)
    finally:
        config.OPT = level
    [one] = made.overloads.values()
    return one.library.get_llvm_str().replace(one.fndesc.llvm_func_name, NAME)


def _loaded(llvm, machine, code: bytes) -> Native:
    linker = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    linker.add_object_file(llvm.ObjectFileRef.from_data(code))
    linker.finalize_object()
    called = ctypes.CFUNCTYPE(ctypes.c_int32, *[ctypes.c_void_p] * 2, *[ctypes.c_int64] * ARGUMENTS)(
        linker.get_function_address(NAME)
    )
    _IN_MEMORY.append(linker)
    result, failure = ctypes.create_string_buffer(64), ctypes.create_string_buffer(64)

    def run(*arguments: int):
        """Call it; numba's functions take two addresses first, for a value and for a failure."""
        status = called(ctypes.addressof(result), ctypes.addressof(failure), *arguments)
        assert status in (0, RETURNED_NONE), status

    return run


def cannot() -> str:
    """Say why the kernel cannot be had on this machine; empty if it can, and then it is loaded."""
    if lacking := missing():
        return lacking
    try:
        native()
    except (StoreError, FailureError) as failure:
        return f"there is no place to keep the compiled step: {failure}"
    except Exception as failure:  # whatever a release of numba or LLVM changes must not keep a run from training
        return f"the compiled step could not be made: {type(failure).__name__}: {str(failure)[:200]}"
    return ""
