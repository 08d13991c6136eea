#!/usr/bin/env python3
"""Makes Tests/RolloutStatisticsTests/ReferenceValues.swift: values of the special functions by mpmath, in 60 digits.

    Tests/Benchmarks/analysis/reference-values.py > Tests/RolloutStatisticsTests/ReferenceValues.swift

Needs mpmath and scipy. Where scipy's own value is more than 1e-12 away, that is told on standard error.
"""
import random
import sys

import mpmath as mp
from scipy import special

mp.mp.dps = 60
random.seed(7)


def log_beta(a, b):
    a, b = mp.mpf(a), mp.mpf(b)
    return mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)


def lower(x, y, a, b):
    """ln I_x(a, b) for x at or below the mean, by the continued fraction of DLMF 8.17.22."""
    tiny = mp.mpf(10) ** -55
    c, d = mp.mpf(1), 1 / (1 - (a + b) * x / (a + 1))
    f, m = d, 0
    while True:
        m += 1
        e = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d, c = 1 / (1 + e * d), 1 + e / c
        f *= d * c
        e = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d, c = 1 / (1 + e * d), 1 + e / c
        f *= d * c
        if abs(d * c - 1) < tiny:
            return a * mp.log(x) + b * mp.log(y) - log_beta(a, b) - mp.log(a) + mp.log(f)


def log_regularized(x, a, b):
    x, a, b = mp.mpf(x), mp.mpf(a), mp.mpf(b)
    if x <= (a + 1) / (a + b + 2):
        return lower(x, 1 - x, a, b)
    return mp.log1p(-mp.exp(lower(1 - x, x, b, a)))


def cdf(x):
    return mp.erfc(-mp.mpf(x) / mp.sqrt(2)) / 2


def quantile(p):
    p = mp.mpf(p)
    if p > mp.mpf(1) / 2:
        return -upper(1 - p)
    return upper(p)


def upper(p):
    """The solution z ≤ 0 of Φ(z) = p, by Newton's method on ln Φ."""
    z = -mp.sqrt(-2 * mp.log(p)) if p < 0.1 else mp.mpf(float(special.ndtri(float(p))))
    for _ in range(60):
        c = cdf(z)
        step = (mp.log(c) - mp.log(p)) * c / mp.npdf(z)
        z -= step
        if abs(step) <= abs(z) * mp.mpf(10) ** -40:
            break
    return z


def far(mine, theirs):
    mine = float(mine)
    return not abs(mine - theirs) <= 1e-12 * abs(mine)


def table(name, comment, rows, reference, scipys):
    print(f"    /// {comment}.")
    print(f'    static let {name} = """')
    for row in rows:
        value = reference(*row)
        print("        " + " ".join(repr(float(v)) for v in (*row, value)))
        if scipys is not None and far(value, float(scipys(*row))):
            print(f"{name}{row}: {float(value)!r}, scipy {float(scipys(*row))!r}", file=sys.stderr)
    print('        """\n')


sizes = [1e-300, 1e-20, 1e-5, 0.3, 1.0, 2.5, 9.99, 10.0, 47.5, 1e3, 123456.5, 1e8, 1e12]
pairs = [(a, b) for a in sizes for b in sizes if a <= b]
pairs += [(10 ** random.uniform(-3, 9), 10 ** random.uniform(-3, 9)) for _ in range(40)]

tails = []
for a in [1e-20, 1e-3, 0.5, 1.0, 3.25, 12.0, 250.0, 1e4, 1e6]:
    for b in [1e-20, 1e-3, 0.5, 1.0, 3.25, 12.0, 250.0, 1e4, 1e6]:
        for x in random.sample([1e-300, 1e-9, 0.02, 0.3, 0.5, 0.77, 0.999], 2):
            tails.append((x, a, b))
for _ in range(60):  # around the mean, where most of the distribution is
    a, b = 10 ** random.uniform(0, 7), 10 ** random.uniform(0, 7)
    deviation = (a * b / (a + b) ** 2 / (a + b + 1)) ** 0.5
    x = a / (a + b) + random.uniform(-6, 6) * deviation
    if 0 < x < 1:
        tails.append((x, a, b))
halves = [(0.5, b, a) for a, b in [(1, 1), (1, 2), (6, 1), (1, 400), (400, 1), (35, 20), (20, 35), (5000, 4800),
                                   (4800, 5000), (1e6, 1e6), (1e6, 1.001e6), (1.001e6, 1e6), (3e8, 3.0001e8)]]

# The rest of their ranges: any sizes, the ends, and one parameter so small that all of the distribution is at one end.
log_uniform = lambda low, high: 10 ** random.uniform(low, high)
pairs += [(log_uniform(-8, 12), log_uniform(-8, 12)) for _ in range(40)]
pairs += [(random.uniform(0.3, 3), random.uniform(0.3, 3)) for _ in range(10)]  # where ln B is about 0
for _ in range(40):
    tails.append((random.choice([log_uniform(-300, 0), 1 - log_uniform(-15, 0)]), log_uniform(-8, 12), log_uniform(-8, 12)))
for _ in range(30):
    a, b, x = log_uniform(-1, 10), log_uniform(-8, 0), 1 - log_uniform(-15, -1)
    tails += [(x, a, b), (1 - x, b, a)]

points = [-37.5, -30, -20.5, -10, -5.25, -2, -1, -0.3, -1e-9, -1e-300, 0.0, 1e-300, 1e-9, 0.3, 1, 2, 5.25, 8.2, 10, 38]
probabilities = [5e-324, 1e-308, 1e-300, 1e-200, 1e-100, 1e-50, 1e-20, 1e-12, 1e-9, 1e-6, 1e-3, 0.01, 0.0668, 0.074999,
                 0.075001, 0.1, 0.25, 0.4, 0.49, 0.499999, 0.5000001, 0.6, 0.75, 0.9, 0.924999, 0.925001, 0.985, 0.995,
                 0.999, 0.999999, 1 - 1e-9, 1 - 1e-12, 1 - 1e-15, 1 - 2 ** -53]

print("// Made by Tests/Benchmarks/analysis/reference-values.py; not to be edited.\n")
print("/// Arguments and, last in each line, the value.")
print("enum ReferenceValues {")
table("logBeta", "a, b, ln B(a, b)", pairs, log_beta, special.betaln)
table("logRegularized", "x, a, b, ln I_x(a, b)", tails + halves, log_regularized, None)
for row in tails + halves:
    value, theirs = mp.exp(log_regularized(*row)), float(special.betainc(row[1], row[2], row[0]))
    if value > 1e-307 and far(value, theirs):
        print(f"betainc{row}: {float(value)!r}, scipy {theirs!r}", file=sys.stderr)
table("cdf", "x, Φ(x)", [(float(x),) for x in points], cdf, special.ndtr)
table("quantile", "p, Φ⁻¹(p)", [(p,) for p in probabilities], quantile, special.ndtri)
print("}")
