#!/usr/bin/env python3
"""Makes streams of readings, with the evidence that the reference implementation finds in them.

    recorded-streams.py PATH/TO/sim.py [--seconds N] [--streams N] > FILE     # for held-against.sh
    recorded-streams.py PATH/TO/sim.py --swift > Tests/RolloutStatisticsTests/RecordedStreams.swift

Without the argument, the environment's ANALYSIS_SIM names it. Needs numpy and scipy. A line is a second:
`requests errors` of green and of blue, `n10 n01 compared disagreed` of mirrored pairs, 14 latency bins of green and of
blue, 2 exceedances of green and of blue, then ln E of: errors, latency, the passes of errors, p50 and p95, paired
failures, disagreement, agreement.
"""
import argparse
import importlib.util
import os
import sys

import numpy as np
from scipy.special import betaincc, betaln, logsumexp, ndtr, ndtri


def load(path):
    spec = importlib.util.spec_from_file_location("sim", path)
    sim = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sim)
    return sim


def latency(sim, green, blue, weight):
    """As in chunk(), with the share of every second."""
    ratio = sim.LRAT
    w = weight[0][:, None, None]
    mean = np.log(w * np.exp(ratio)[None] + 1 - w)
    increments = (green[0][:, :, None] * (ratio[None] - mean) - blue[0][:, :, None] * mean).sum(1)
    return logsumexp(np.cumsum(increments, 0), axis=1) - np.log(ratio.shape[1])


def rates(events, trials, odds, limit):
    """As in mirror()."""
    logs = [np.cumsum(events * np.log(q / limit) + (trials - events) * np.log((1 - q) / (1 - limit)))
            for q in (o * limit / (1 - limit + o * limit) for o in odds)]
    return logsumexp(np.stack(logs), axis=0) - np.log(len(odds))


def stream(sim, rng, seconds, rps, weight, true_weight, green_rate, blue_rate, factor):
    sim.W = weight
    sim.LG, sim.LB, sim.LRAT = sim.lat_tables()
    n = rng.poisson(rps, (1, seconds))
    ng = rng.binomial(n, true_weight)
    nb = n - ng
    eg, eb = rng.binomial(ng, green_rate), rng.binomial(nb, blue_rate)
    n0 = rng.poisson(rps * sim.PRE, 1)
    e0 = rng.binomial(n0, blue_rate)
    shares = sim.share(ng, nb)
    rate = sim.ewma_rate(eb, nb, e0, n0)

    def bins(counts, f):
        edges = np.concatenate([[-np.inf], ndtri(sim.LEV), [np.inf]])
        p = np.diff(ndtr(edges - np.log(f) / sim.SG))
        return np.stack([rng.multinomial(c, p / p.sum()) for c in counts[0]])[None]

    green, blue = bins(ng, factor), bins(nb, 1.0)
    errors = sim.arm_bet(eg, ng, eb, nb, rate, shares)[0]
    slow = latency(sim, green, blue, shares)
    sim.W = shares
    safe = [sim.pass_err(eg, ng, eb, nb, rate)[0]]
    exceed = []
    for q in (.5, .95):
        x = np.exp(sim.MU + sim.SG * ndtri(q))
        beyond = lambda f: 1 - ndtr((np.log(x / f) - sim.MU) / sim.SG)
        xg, xb = rng.binomial(ng, beyond(factor)), rng.binomial(nb, beyond(sim.MARGIN_LAT))
        safe.append(sim.pass_bern(xg, ng, xb, nb, 1 - q, beyond(sim.MARGIN_LAT))[0])
        exceed += [xg[0], xb[0]]
    sim.W = weight
    n10, n01 = rng.binomial(ng, green_rate)[0], rng.binomial(ng, blue_rate)[0]
    disagreed = rng.binomial(ng, 2 * green_rate)[0]
    g, b = np.cumsum(n10), np.cumsum(n01)
    tail = np.log(betaincc(1 + g, 1 + b, .5)) - np.log(.5)
    paired = betaln(1 + g, 1 + b) - betaln(1, 1) + tail + (g + b) * np.log(2)
    limit = .02
    differ = rates(disagreed, ng[0], (1.3, 1.7, 2.7, 6., 40.), limit)
    agree = logsumexp(np.stack([
        np.cumsum(disagreed * np.log(f) + (ng[0] - disagreed) * np.log((1 - f * limit) / (1 - limit)))
        for f in (.8, .5, .25, .05)]), axis=0) - np.log(4)
    head = [weight, int(n0[0]), int(e0[0]), 1 - .5, 1 - .95] + [
        float(1 - ndtr((np.log(np.exp(sim.MU + sim.SG * ndtri(q)) / sim.MARGIN_LAT) - sim.MU) / sim.SG))
        for q in (.5, .95)]
    lines = []
    for t in range(seconds):
        counts = [ng[0, t], eg[0, t], nb[0, t], eb[0, t], n10[t], n01[t], ng[0, t], disagreed[t],
                  *green[0, t], *blue[0, t], exceed[0][t], exceed[2][t], exceed[1][t], exceed[3][t]]
        found = [errors[t], slow[t], *(s[t] for s in safe), paired[t], differ[t], agree[t]]
        lines.append(" ".join([*(str(int(c)) for c in counts), *(repr(float(v)) for v in found)]))
    return " ".join(repr(h) for h in head), lines


CASES = [  # rps, weight, true weight, green's and blue's error rate, green's latency factor
    (50, .1, .1, .005, .005, 1.0), (50, .1, .08, .055, .005, 1.1), (5, .5, .5, .1, .02, 2.0),
    (500, .1, .12, .01, .005, 1.3), (20, .01, .01, .2, .1, 1.0), (50, .1, .1, .0, .0, .8)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("sim", nargs="?", default=os.environ.get("ANALYSIS_SIM"))
    parser.add_argument("--seconds", type=int, default=1800)
    parser.add_argument("--streams", type=int, default=24)
    parser.add_argument("--swift", action="store_true")
    args = parser.parse_args()
    if not args.sim:
        parser.error("name sim.py, or set ANALYSIS_SIM")
    sim = load(args.sim)
    rng = np.random.default_rng(5)
    seconds, count = (40, 4) if args.swift else (args.seconds, args.streams)
    streams = [stream(sim, rng, seconds, *CASES[i % len(CASES)]) for i in range(count)]
    text = "\n\n".join("\n".join([head, *lines]) for head, lines in streams)
    if not args.swift:
        print(text)
        return
    print("// Made by Tests/Benchmarks/analysis/recorded-streams.py, which tells what a line holds; not to be edited.\n")
    print("/// Streams of readings, and the evidence that the reference implementation finds in them.")
    print('let recordedStreams = """')
    print("\n".join("    " + line if line else "" for line in text.split("\n")))
    print('    """')


if __name__ == "__main__":
    main()
