"""Extism's side of the benchmark: one plugin, compiled once; each line of standard input is one turn.

`show fresh` and `show reused` answer with the plugin's output; `time fresh 8` and `time reused 8` with the nanoseconds of
each of 8 calls in a row, of the thread's own CPU time and by the clock on the wall. Python only holds the stopwatch: as
many calls into the library that do nothing are timed right afterwards and taken off.
"""

import ctypes
import gc
import importlib.util
import pathlib
import sys
import time

POINTER, SIZE, TEXT = ctypes.c_void_p, ctypes.c_uint64, ctypes.c_char_p
FUNCTIONS = {
    "extism_version": (TEXT, []),
    "extism_compiled_plugin_new": (POINTER, [TEXT, SIZE, POINTER, SIZE, ctypes.c_bool, POINTER]),
    "extism_plugin_new_from_compiled": (POINTER, [POINTER, POINTER]),
    "extism_plugin_call": (ctypes.c_int32, [POINTER, TEXT, TEXT, SIZE]),
    "extism_plugin_output_length": (SIZE, [POINTER]),
    "extism_plugin_output_data": (POINTER, [POINTER]),
    "extism_plugin_free": (None, [POINTER]),
}


def library():
    """The library in the wheel, without the package around it."""
    folder = pathlib.Path(importlib.util.find_spec("extism_sys").submodule_search_locations[0])
    loaded = ctypes.CDLL(str(next(folder.glob("libextism_sys.*"))))
    for name, (result, arguments) in FUNCTIONS.items():
        function = getattr(loaded, name)
        function.restype, function.argtypes = result, arguments
    return loaded


class Side:
    """A compiled plugin, and the one of it that is kept."""

    def __init__(self, module, call):
        self.library, self.call = library(), call
        # Not metered, without WASI.
        self.compiled = self.library.extism_compiled_plugin_new(module, len(module), None, 0, False, None)
        if not self.compiled:
            sys.exit("Extism does not take the plugin")
        self.kept = self.start()

    def start(self):
        """A fresh plugin of the compiled one."""
        return self.library.extism_plugin_new_from_compiled(self.compiled, None)

    def run(self, plugin):
        """One call, and the length of the output."""
        failed = self.library.extism_plugin_call(plugin, b"evaluate", self.call, len(self.call))
        return 0 if failed else self.library.extism_plugin_output_length(plugin)

    def fresh(self):
        """One call of a fresh plugin, which is thrown away."""
        plugin = self.start()
        length = self.run(plugin)
        self.library.extism_plugin_free(plugin)
        return length

    def reused(self):
        """One call of a plugin that has answered others."""
        return self.run(self.kept)

    def idle(self, calls):
        """As many calls into the library."""
        for _ in range(calls):
            self.library.extism_version()
        return calls

    def show(self, kind):
        """The output of one call."""
        plugin = self.start() if kind == "fresh" else self.kept
        length = self.run(plugin)
        return ctypes.string_at(self.library.extism_plugin_output_data(plugin), length).decode()

    def time(self, kind, times):
        """What each of so many calls takes."""
        work, calls = {"fresh": (self.fresh, 4), "reused": (self.reused, 2)}[kind]
        spent = [timed(work) for _ in range(int(times))]
        idle = [min(clock) for clock in zip(*(timed(lambda: self.idle(calls)) for _ in spent))]
        return " ".join(f"{cpu - idle[0]} {wall - idle[1]}" for cpu, wall in spent)


def timed(work):
    """The nanoseconds of this work: CPU time, wall."""
    wall, cpu = time.perf_counter_ns(), time.thread_time_ns()
    done = work()
    cpu, wall = time.thread_time_ns() - cpu, time.perf_counter_ns() - wall
    if not done:
        sys.exit("the plugin did not answer")
    return cpu, wall


def main():
    """Takes turns until standard input ends."""
    module, call = (pathlib.Path(path).read_bytes() for path in sys.argv[1:3])
    side = Side(module, call)
    gc.disable()
    for line in sys.stdin:
        turn, *words = line.split()
        print({"show": side.show, "time": side.time}[turn](*words), flush=True)


main()
