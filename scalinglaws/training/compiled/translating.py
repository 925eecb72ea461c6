"""Numba's translation of a function to LLVM's language, without machine code of that function alone.

Numba makes machine code of every function as soon as it is compiled, with all that it calls: half of the time of a
translation, and only that of the whole kernel is ever run.
"""

from numba._dynfunc import make_function
from numba.core.codegen import CPUCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import register_pass
from numba.core.typed_passes import NativeLowering


class Translated(CPUCodeLibrary):
    """The LLVM code of a function and of all that it calls, for its callers to link."""

    def _finalize_final_module(self):
        self._finalized = True  # numba would hand it to the engine that makes machine code


@register_pass(mutates_CFG=True, analysis_only=False)
class Translation(NativeLowering):
    """Lower a function and make it known to its callers."""

    _name = "translation"

    def run_pass(self, state) -> bool:
        """Lower it into a library of its own."""
        state.library = Translated(state.targetctx.codegen(), state.func_id.func_qualname)
        state.flags.no_compile = True
        done = super().run_pass(state)
        state.library.finalize()  # links what it calls
        made = state["cr"]
        # A function at no address: callers know the translated one by it.
        function = make_function(made.fndesc.lookup_module(), made.fndesc.qualname, "", 0, made.env, (state.library,))
        state.targetctx.insert_user_function(function, made.fndesc, [state.library])
        state["cr"] = made._replace(cfunc=function)
        return done


class Translator(CompilerBase):
    """Numba's own passes, the last of them `Translation`: for njit's `pipeline_class`."""

    def define_pipelines(self):
        """Give the one pipeline, with the pass that makes machine code replaced."""
        found = DefaultPassBuilder.define_nopython_pipeline(self.state)
        found.passes = [(Translation if one is NativeLowering else one, told) for one, told in found.passes]
        found.finalize()
        return [found]
