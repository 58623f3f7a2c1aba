"""Ding 2003 with fatigue in scipy, against stimtwin, in one run.

    python3 -m venv peers && peers/bin/pip install --requirement benches/peers/ding_scipy.txt
    peers/bin/python benches/peers/ding_scipy.py target/release/stimtwin

The same session, 30 minutes of 20 Hz, 10 s on and 20 s off: here by LSODA with rtol 1e-6, started again at each pulse,
the calcium from its closed form; there by `stimtwin muscle`, whose CPU time for one session is that of twenty hours less
that of half an hour, over 39: what the program takes to start is not a session. At its default tolerance the verb is
slower and more exact; 5e-5 is what batches take.
"""

import json
import resource
import subprocess
import sys
import time
from math import exp

from scipy.integrate import odeint

A0, TAU1, TAU2, KM, TAUC = 3009.0, 0.050957, 0.060, 0.103, 0.020
ALPHA_A, ALPHA_TAU1, ALPHA_KM, TAU_FAT = -0.4, 2.1e-5, 1.9e-5, 127.0
R0 = KM + 1.04


def rates(y, t, calcium, total, start):
    force, a, tau1, km = y
    u = (t - start) / TAUC
    cn = (calcium + total * u) * exp(-u)
    bound = cn / (km + cn)
    return (
        a * bound - force / (tau1 + TAU2 * bound),
        -(a - A0) / TAU_FAT + ALPHA_A * force,
        -(tau1 - TAU1) / TAU_FAT + ALPHA_TAU1 * force,
        -(km - KM) / TAU_FAT + ALPHA_KM * force,
    )


def session():
    pulses = [30.0 * train + k / 20.0 for train in range(60) for k in range(200)]
    y, calcium, total, last = [0.0, A0, TAU1, KM], 0.0, 0.0, None
    for pulse, following in zip(pulses, pulses[1:] + [1800.0]):
        total += 1.0 if last is None else 1.0 + (R0 - 1.0) * exp(-(pulse - last) / TAUC)
        y = odeint(rates, y, [pulse, following], args=(calcium, total, pulse), rtol=1e-6, atol=1e-9, mxstep=5000)[-1]
        u = (following - pulse) / TAUC
        calcium, total, last = (calcium + total * u) * exp(-u), total * exp(-u), pulse
    return y


def stimtwin(duration, *more):
    arguments = f"muscle --model ding2003 --rate-hz 20 --on 10s --off 20s --for {duration} --tolerance 5e-5".split()
    used = lambda: sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    begin = used()
    run = subprocess.run([sys.argv[1], *arguments, *more], check=True, capture_output=True, text=True)
    return used() - begin, run.stdout


def main():
    begin = time.process_time()
    _, a, tau1, km = session()
    scipy_s = time.process_time() - begin
    ours_s = (stimtwin("20h")[0] - stimtwin("30min")[0]) / 39
    ours = json.loads(stimtwin("30min", "--json")[1])["end"]["fatigue"]
    print(f"scipy, LSODA      {scipy_s * 1e3:10.2f} ms CPU for a session")
    print(f"stimtwin          {ours_s * 1e3:10.2f} ms CPU for a session, {scipy_s / ours_s:.0f} times faster")
    for name, peer in [("A", a), ("tau1", tau1), ("Km", km)]:
        print(f"{name} at the end: {ours[name]:.9g} here, {peer:.9g} there, {abs(ours[name] / peer - 1):.1e} apart")


main()
