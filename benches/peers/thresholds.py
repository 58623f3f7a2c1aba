"""Thresholds per second on one core: stimtwin against PyFibers (NEURON), the same fibres, step and tolerance.

python3 benches/peers/thresholds.py target/release/stimtwin [--step-us 5] [--fibres 27]

Makes its own virtual environment beside the target folder. Times are processor seconds, so that other work on the
machine counts little. PyFibers is given what helps it: a bracket of 10 % around the answer, and no search for it.
"""

import argparse
import csv
import math
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
DIAMETERS = {5.7: 500, 7.3: 750, 8.7: 1000, 10: 1150, 11.5: 1250, 12.8: 1350, 14: 1400, 15: 1450, 16: 1500}
DISTANCES = [1, 2, 3]
# A whole number of steps: PyFibers takes the current at the instant of a step, stimtwin its mean over the step.
WIDTH_US = 200
TOLERANCE = 1e-3
# The table of stimtwin has every fibre so often: its lanes stay full, as in a population.
REPEATS = 10


def fibres(count):
    every = [(diameter, distance) for distance in DISTANCES for diameter in DIAMETERS]
    return every[:: max(1, len(every) // count)][:count]


def environment(binary):
    place = binary.parent.parent / "peers"
    python = place / "bin" / "python"
    if not (place / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--requirement", HERE / "requirements.txt"], check=True)
        subprocess.run([place / "bin" / "pyfibers_compile"], check=True, stdout=subprocess.DEVNULL,
                       env={**os.environ, "PATH": f"{place / 'bin'}:{os.environ['PATH']}"})
        (place / "ready").touch()
    return python


def stimtwin(binary, count, step_us):
    with tempfile.TemporaryDirectory() as folder:
        rows, out = pathlib.Path(folder, "rows.csv"), pathlib.Path(folder, "out.csv")
        lines = [f"{diameter},{distance},{WIDTH_US}" for diameter, distance in fibres(count)]
        rows.write_text("\n".join(["fiber_diameter_um,distance_mm,width_us", *lines * REPEATS]) + "\n")
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        subprocess.run([binary, "threshold", "--rows", rows, "--out", out, "--step", f"{step_us}us",
                        "--tolerance", str(TOLERANCE)], check=True)
        seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
        with out.open() as table:
            found = [float(row["threshold_ma"]) for row in csv.DictReader(table)][: len(lines)]
    return found, seconds / (len(lines) * REPEATS)


def pyfibers(count, step_us, around):
    """Run by the interpreter of the virtual environment."""
    import time

    from pyfibers import FiberModel, ScaledStim, build_fiber

    width_ms, start_ms = WIDTH_US / 1e3, 0.1
    seconds, found = 0.0, []
    for (diameter, distance), near in zip(fibres(count), around):
        nodes = 2 * math.ceil(3 * distance * 1e3 / DIAMETERS[diameter] + 12) + 1
        fiber = build_fiber(FiberModel.MRG_DISCRETE, diameter=diameter, n_nodes=nodes)
        fiber.potentials = fiber.point_source_potentials(0, distance * 1e3, fiber.length / 2, 1, 0.2)
        stimulus = ScaledStim(lambda t: float(start_ms < t - 1e-6 < start_ms + width_ms), dt=step_us / 1e3,
                              tstop=start_ms + width_ms + 3)
        begin = time.process_time()
        amplitude, _ = stimulus.find_threshold(fiber, stimamp_top=-1.1 * near, stimamp_bottom=-0.9 * near,
                                               termination_tolerance=100 * TOLERANCE, exit_t_shift=None)
        seconds += time.process_time() - begin
        found.append(abs(amplitude))
    print("found", *found, seconds / len(found))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("--step-us", type=float, default=5)
    parser.add_argument("--fibres", type=int, default=27)
    parser.add_argument("--pyfibers", nargs="*", type=float, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.pyfibers is not None:
        return pyfibers(asked.fibres, asked.step_us, asked.pyfibers)
    binary = asked.binary.resolve()
    python = environment(binary)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    ours, our_seconds = stimtwin(binary, asked.fibres, asked.step_us)
    command = [python, __file__, binary, "--fibres", str(asked.fibres), "--step-us", str(asked.step_us), "--pyfibers"]
    done = subprocess.run([*command, *map(str, ours)], check=True, capture_output=True, text=True)
    line = next(line for line in reversed(done.stdout.splitlines()) if line.startswith("found "))
    *theirs, their_seconds = map(float, line.split()[1:])
    print(f"{len(ours)} fibres, step {asked.step_us} µs, tolerance {TOLERANCE}, one core, processor seconds")
    print(f"PyFibers 0.13.0, NEURON 9.0.2: {1 / their_seconds:.3f} thresholds a second ({their_seconds:.2f} s each)")
    print(f"stimtwin: {1 / our_seconds:.0f} thresholds a second ({our_seconds * 1e3:.2f} ms each)")
    print(f"ratio: {their_seconds / our_seconds:.0f}")
    print(f"largest disagreement: {100 * max(abs(a / b - 1) for a, b in zip(ours, theirs)):.3f} %")


if __name__ == "__main__":
    main()
