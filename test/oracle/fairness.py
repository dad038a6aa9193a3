"""Bias metrics and statistics by SciPy, statsmodels, scikit-learn and fairlearn: python fairness.py OUT_FOLDER"""

import json
import sys
from difflib import SequenceMatcher
from itertools import combinations, product
from pathlib import Path

import numpy as np
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import power_proportions_2indep, proportion_confint, proportion_effectsize

from group_metrics import generalised, group_rates, made_up_predictions

SEED = 20261123


def proportions():
    counts = [(0, 1), (1, 1), (0, 12), (8, 40), (20, 40), (39, 40), (1028, 1508), (5, 11)]
    wilson = [
        {"hits": k, "n": n, "confidence": c, "limits": [float(x) for x in proportion_confint(k, n, 1 - c, "wilson")]}
        for (k, n), c in product(counts, (0.9, 0.95))
    ]
    binomial = [
        {"hits": k, "n": n, "expected": p, "p": float(stats.binomtest(k, n, p).pvalue)}
        for (k, n), p in product([*counts, (0, 0 + 3), (1, 3), (30, 37)], (0.5, 0.3, 0.05))
    ]
    mid_p = []
    for b, c in [(0, 0), (1, 0), (3, 3), (2, 9), (14, 5), (120, 160)]:
        law = stats.binom(b + c, 0.5)
        least = min(b, c)
        p = 1.0 if b + c == 0 else min(1.0, 2 * law.cdf(least - 1) + law.pmf(least))
        mid_p.append({"first": b, "second": c, "p": float(p)})
    return {"wilson": wilson, "binomial": binomial, "mcNemar": mid_p}


def over_seeds():
    found = []
    for values in ([0.1, 0.2], [0.31, 0.29, 0.35, 0.28, 0.33], [0.5, 0.5, 0.5]):
        mean, error = np.mean(values), stats.sem(values)
        t = stats.t(len(values) - 1)
        for c in (0.9, 0.95, 0.99):
            half = t.ppf(0.5 + c / 2) * error
            found.append({"values": values, "confidence": c, "limits": [float(mean - half), float(mean + half)]})
    return found


def corrections(random):
    found = []
    for p in ([0.01, 0.04, 0.03, 0.005], [0.2], [0.5, 0.5, 0.01], np.round(random.random(12) ** 3, 5).tolist()):
        found.append(
            {
                "p": p,
                "holm": multipletests(p, method="holm")[1].tolist(),
                "benjaminiHochberg": multipletests(p, method="fdr_bh")[1].tolist(),
            }
        )
    return found


def powers():
    found = []
    for rate, gap, group, others in product((0.05, 0.2), (0.05, 0.15, 0.4), (40, 400), (400, 2000)):
        result = power_proportions_2indep(gap, rate, group, ratio=others / group, alpha=0.05)
        found.append({"rate": rate, "gap": gap, "group": group, "others": others, "power": float(result.power)})
    return found


def bootstraps(random):
    """Limits from one stored set of resamples, and all resamples of a small design."""
    x = np.round(random.gamma(1.5, size=9), 3)
    first = stats.bootstrap((x,), np.mean, n_resamples=199, rng=np.random.default_rng(SEED))
    limits = {}
    for method, name in (("percentile", "percentile"), ("BCa", "bca")):
        again = stats.bootstrap((x,), np.mean, n_resamples=0, method=method, bootstrap_result=first)
        limits[name] = [float(v) for v in again.confidence_interval]
    fixed = {
        "resamples": sorted(first.bootstrap_distribution.tolist()),
        "seen": float(x.mean()),
        "without": [float(np.delete(x, i).mean()) for i in range(len(x))],
        "limits": limits,
    }
    # Two samples of unequal size and spread, drawn anew each for itself; SciPy takes the acceleration within samples.
    apart = np.random.default_rng(SEED + 1)
    y, z = np.round(0.1 + apart.gamma(0.5, size=3), 3), np.round(1 + apart.gamma(0.7, size=14), 3)
    difference = lambda u, v, axis=-1: u.var(axis) - v.var(axis)
    several = stats.bootstrap((y, z), difference, n_resamples=399, method="BCa", rng=np.random.default_rng(SEED))
    two = {
        "resamples": sorted(several.bootstrap_distribution.tolist()),
        "seen": float(difference(y, z)),
        "without": [
            [float(difference(np.delete(y, i), z)) for i in range(len(y))],
            [float(difference(y, np.delete(z, i))) for i in range(len(z))],
        ],
        "limits": [float(v) for v in several.confidence_interval],
    }
    # Two strata of three templates; each template has one row of either group.
    values = np.round(random.random((2, 3, 2)), 3)
    gaps = sorted(
        float(np.subtract(*np.concatenate([values[0, list(a)], values[1, list(b)]]).mean(0)) / 2)
        for a in product(range(3), repeat=3)
        for b in product(range(3), repeat=3)
    )
    return {"fixed": fixed, "two": two, "all": {"values": values.tolist(), "gaps": gaps}}


def permutations(random):
    mean = lambda d, axis: d.mean(axis)
    flips = []
    # Eighths add up exactly, so that ties are ties.
    eighths = np.round(8 * random.normal(0.7, 1, 12)) / 8
    for d in ([0.5, -0.25, 0.375, 0.25, 0.125], [1.0, 1.0, -1.0, 0.0], eighths.tolist()):
        p = stats.permutation_test((np.array(d),), mean, permutation_type="samples", n_resamples=np.inf).pvalue
        flips.append({"differences": d, "p": float(p)})
    a, b = [0.0, 0.0, 1.0, 0.0], [1.0, 1.0, 1.0, 0.0, 1.0]
    gap = lambda u, v, axis: np.abs(u.mean(axis) - v.mean(axis))
    one = stats.permutation_test((a, b), gap, alternative="greater", n_resamples=np.inf).pvalue
    return {"signFlips": flips, "twoGroups": {"a": a, "b": b, "p": float(one)}}


def embeddings(random):
    x, y, a, b = (np.round(random.normal(size=(n, 5)) + shift, 3) for n, shift in ((4, 0.4), (4, 0), (3, 0.5), (2, 0)))
    cosine = lambda u, v: u @ v / np.linalg.norm(u) / np.linalg.norm(v)
    s = np.array([np.mean([cosine(w, v) for v in a]) - np.mean([cosine(w, v) for v in b]) for w in (*x, *y)])
    total = s[:4].sum()
    halves = [s[list(half)].sum() for half in combinations(range(8), 4)]
    return {
        **{name: v.tolist() for name, v in (("x", x), ("y", y), ("a", a), ("b", b))},
        "effect": float((s[:4].mean() - s[4:].mean()) / s.std(ddof=1)),
        "p": float(np.mean([h >= total - 1e-12 for h in halves])),
    }


def masked_pairs(random):
    """Places that the authors' script of CrowS-Pairs masks: difflib's equal blocks of token ids, as text, but for the ends."""
    found = []
    # Few different ids, so that there are many ways to line two sentences up.
    for n, m, kinds in ((5, 5, 3), (9, 7, 3), (14, 14, 6), (12, 30, 4), (40, 37, 9), (1, 4, 2), (3, 3, 1)):
        more, less = (random.integers(kinds, size=k).tolist() for k in (n, m))
        more, less = [101, *more, 102], [101, *less, 102]
        codes = SequenceMatcher(None, [str(i) for i in more], [str(i) for i in less]).get_opcodes()
        shared = [(range(a, b), range(c, d)) for kind, a, b, c, d in codes if kind == "equal"]
        places = [[i for block in side for i in block][1:-1] for side in zip(*shared)]
        found.append({"more": more, "less": less, "places": {"more": places[0], "less": places[1]}})
    exact = [k / 16 for k in (-1, 1, -3, 5, -7, 9, -11, 13, -23, -1001)]
    numbers = [*exact, *(-30 * random.random(8)).tolist(), -0.0005, -1.0005, -2.6755, -7]
    return {"pairs": found, "rounded": [{"value": x, "rounded": round(x, 3)} for x in numbers]}


def signed_ranks(random):
    """Wilcoxon's test of paired differences: all signs of the ranks where they are few, else the normal law."""
    found = []
    few = [np.round(random.normal(0.6, 1, n), 3).tolist() for n in (2, 3, 6, 11)]
    for d in (*few, [1, -1, 2, 2, 0, 3, -2, 0], [0.5, 0.5, 0.5, -0.5], [-1, 0, -1, -2, -0.5, -3]):
        p = stats.wilcoxon(d, method=stats.PermutationMethod(n_resamples=np.inf)).pvalue
        found.append({"differences": d, "p": float(p)})
    for d in few:
        assert abs(stats.wilcoxon(d, method="exact").pvalue - next(e["p"] for e in found if e["differences"] == d)) < 1e-12
    for d in (np.round(random.normal(0.3, 1, 40), 3), np.round(random.normal(-0.3, 1, 100), 5)):
        found.append({"differences": d.tolist(), "p": float(stats.wilcoxon(d, method="exact").pvalue)})
    for d in (np.round(random.normal(0.15, 1, 150), 1), np.round(random.normal(0.1, 1, 300), 3)):
        found.append({"differences": d.tolist(), "p": float(stats.wilcoxon(d, method="asymptotic").pvalue)})
    return found


def group_pairs():
    """Two groups with a row each in five templates: all ways to label the rows of each template, as SciPy counts them."""
    a, b = [1.0, 1.0, 0.5, 1.0, 0.25], [0.0, 0.5, 0.5, 0.0, 0.25]
    gap = lambda u, v, axis: np.abs(u.mean(axis) - v.mean(axis))
    p = stats.permutation_test((a, b), gap, permutation_type="samples", alternative="greater", n_resamples=np.inf).pvalue
    return {"a": a, "b": b, "p": float(p)}


def cluster_flips():
    """Two prompts on questions of unlike size: SciPy swaps their numbers of right answers question by question."""
    sizes = [4, 1, 3, 6, 2, 5, 4, 3, 2, 6]
    first = [1, 0, 1, 2, 2, 1, 0, 3, 0, 2]
    second = [3, 1, 1, 5, 0, 4, 2, 2, 1, 6]
    gap = lambda a, b, axis: (b.sum(axis) - a.sum(axis)) / sum(sizes)
    data = (np.array(first, float), np.array(second, float))
    found = stats.permutation_test(data, gap, permutation_type="samples", n_resamples=np.inf)
    return {"sizes": sizes, "first": first, "second": second, "difference": float(found.statistic), "p": float(found.pvalue)}


def quantiles():
    """Where Student's t has parts of degrees of freedom, and where laws have hardly any tail."""
    t = [{"p": p, "degrees": d, "t": float(stats.t.ppf(p, d))} for p, d in product((0.6, 0.975, 0.9995), (1, 1.5, 7.3, 5000))]
    tails = [
        {"x": x, "degrees": d, "p": float(stats.chi2.sf(x, d))}
        for x, d in product((0, 1e-12, 3.7, 80, 1500), (1, 4, 100))
    ]
    return {"t": t, "chiSquare": tails}


def cluster_shares():
    """Korn and Graubard's limits from the cluster-robust error of a constant, and the jackknife's error of a ratio."""
    random = np.random.default_rng(SEED + 2)
    even = []
    for sums, confidence in product(([1, 4, 3], [0, 1, 5, 2, 5, 0, 3, 4, 1], random.permutation(np.arange(24) % 6)), (0.9, 0.95)):
        rows = np.concatenate([[1.0] * k + [0.0] * (5 - k) for k in sums])
        which = np.repeat(np.arange(len(sums)), 5)
        fit = sm.OLS(rows, np.ones(len(rows))).fit(cov_type="cluster", cov_kwds={"groups": which})
        share, error = float(fit.params[0]), float(fit.bse[0])
        level = 0.5 + confidence / 2
        effective = share * (1 - share) / error**2 * (stats.norm.ppf(level) / stats.t.ppf(level, len(sums) - 1)) ** 2
        limits = proportion_confint(effective * share, effective, 1 - confidence, "beta")
        even.append(
            {
                "sums": [int(k) for k in sums],
                "count": 5,
                "confidence": confidence,
                "error": error,
                "limits": [float(x) for x in limits],
            }
        )
    unlike = []
    for clusters in (3, 9, 24):
        counts = random.integers(1, 12, clusters)
        sums = random.binomial(counts, random.beta(0.6, 1.4, clusters))
        without = np.array([np.delete(sums, i).sum() / np.delete(counts, i).sum() for i in range(clusters)])
        unlike.append(
            {
                "sums": sums.tolist(),
                "counts": counts.tolist(),
                "error": float(np.sqrt((clusters - 1) * without.var())),
                "effective": float(counts.sum() ** 2 / (counts**2).sum()),
            }
        )
    # Strata of clusters of equal size: the error of a stratified mean, from that of the mean of each stratum.
    strata = [random.integers(0, 6, n).tolist() for n in (4, 7, 5)]
    total = sum(map(len, strata))
    error = np.sqrt(sum((len(s) / total * stats.sem(np.array(s) / 5)) ** 2 for s in strata))
    exact = [{"hits": k, "n": n, "limits": [float(x) for x in proportion_confint(k, n, 0.05, "beta")]} for k, n in
             [(0, 7), (7, 7), (3, 11), (2.5, 8.25)]]
    return {"even": even, "unlike": unlike, "strata": {"sums": strata, "count": 5, "error": float(error)}, "exact": exact}


def effect_sizes():
    shares = [(0.2, 0.1), (0.5, 0.9), (0.0, 0.3), (1.0, 0.5), (0.4, 0.4)]
    scores = [0.5, -0.25, 1.5, 2.0, 0.125]
    return {
        "shares": [{"first": p, "second": q, "h": float(proportion_effectsize(p, q))} for p, q in shares],
        "scores": scores,
        "d": float(stats.ttest_1samp(scores, 0).statistic / np.sqrt(len(scores))),
    }


def friedman():
    """Friedman's test of treatments in blocks, and Nemenyi's of each two from the range of normal variables."""
    random = np.random.default_rng(SEED + 3)
    found = []
    for blocks, treatments in ((4, 3), (11, 3), (9, 5), (30, 8)):
        values = random.normal(size=(blocks, treatments)) + np.linspace(0, 1.2, treatments)
        values = np.round(values, 1 if blocks < 20 else 3)
        test = stats.friedmanchisquare(*values.T)
        ranks = stats.rankdata(values, axis=1).mean(0)
        error = np.sqrt(treatments * (treatments + 1) / (6 * blocks))
        pairs = [
            float(stats.studentized_range.sf(abs(ranks[i] - ranks[j]) / error * np.sqrt(2), treatments, np.inf))
            for i, j in combinations(range(treatments), 2)
        ]
        found.append(
            {
                "values": values.tolist(),
                "statistic": float(test.statistic),
                "p": float(test.pvalue),
                "ranks": ranks.tolist(),
                "pairs": pairs,
            }
        )
    return found


def main(out: Path) -> None:
    random = np.random.default_rng(SEED)
    rows = made_up_predictions(random)
    golden = {
        "predictions": rows,
        "rates": group_rates(rows),
        "generalised": generalised(rows),
        "proportions": proportions(),
        "seeds": over_seeds(),
        "corrections": corrections(random),
        "powers": powers(),
        "bootstrap": bootstraps(random),
        "permutations": permutations(random),
        "embeddings": embeddings(random),
        "masked": masked_pairs(random),
        "signedRanks": signed_ranks(random),
        "groupPairs": group_pairs(),
        "clusterFlips": cluster_flips(),
        "quantiles": quantiles(),
        "clusterShares": cluster_shares(),
        "effects": effect_sizes(),
        "friedman": friedman(),
    }
    out.mkdir(parents=True, exist_ok=True)
    (out / "fairness.json").write_text(json.dumps(golden))
    print(f"{len(golden)} kinds of golden numbers")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
