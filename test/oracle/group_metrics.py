"""Predictions that are made up, and the metrics of their groups by scikit-learn, fairlearn and SciPy."""

from itertools import combinations, product

import numpy as np
from fairlearn.metrics import MetricFrame, false_positive_rate, true_positive_rate
from scipy import stats
from sklearn.metrics import accuracy_score, f1_score

GROUPS = ["adult", "old", "young"]
TEMPLATES = 6
CLASSES = 3


def made_up_predictions(random) -> dict[str, list]:
    """Rows of three groups over six templates, with one to three fillings each; the groups differ in their errors."""
    rows = {"group": [], "template": [], "label": [], "predicted": [], "probabilities": []}
    for template in range(TEMPLATES):
        label = template % CLASSES
        for g, group in enumerate(GROUPS):
            for _ in range(g + 1):
                logits = random.normal(size=CLASSES) + 1.2 * np.eye(CLASSES)[label] + 0.8 * (g == 1) * np.eye(CLASSES)[0]
                p = np.round(np.exp(logits) / np.exp(logits).sum(), 4)
                p[2] = np.round(1 - p[0] - p[1], 4)
                rows["group"].append(group)
                rows["template"].append(f"t{template}")
                rows["label"].append(label)
                rows["predicted"].append(int(np.argmax(p)))
                rows["probabilities"].append(p.tolist())
    return rows


def group_rates(rows):
    """Rates by group and their span by fairlearn, one class against the rest."""
    y, said, group = (np.array(rows[k]) for k in ("label", "predicted", "group"))
    found = {}
    metrics = {"accuracy": (accuracy_score, y, said)}
    for c, name in enumerate(["negative", "neutral", "positive"]):
        for short, rate in (("TPR", true_positive_rate), ("FPR", false_positive_rate)):
            metrics[f"{name}_{short}"] = (lambda a, b, rate=rate: rate(a, b, pos_label=1), y == c, said == c)
    for name, (rate, truth, guess) in metrics.items():
        frame = MetricFrame(
            metrics=rate, y_true=truth.astype(int), y_pred=guess.astype(int), sensitive_features=group
        )
        found[name] = {"groups": {k: float(v) for k, v in frame.by_group.items()}, "span": float(frame.difference())}
    return found


def scores(rows):
    """What each generalised metric compares, of the rows at some places and one class."""
    y, said = np.array(rows["label"]), np.array(rows["predicted"])
    p = np.array(rows["probabilities"])
    rate = lambda hit, of: float(np.mean(hit[of]))
    return {
        "fnr": lambda at, c: rate(said[at] != c, y[at] == c),
        "tpr": lambda at, c: rate(said[at] == c, y[at] == c),
        "fpr": lambda at, c: rate(said[at] == c, y[at] != c),
        "tnr": lambda at, c: rate(said[at] != c, y[at] != c),
        "f1": lambda at, c: float(f1_score(y[at] == c, said[at] == c)),
        "positive": lambda at, c: float(np.mean(said[at] == c)),
        "list": lambda at, c: p[at, c],
        "in class": lambda at, c: p[at][y[at] == c, c],
        "mean": lambda at, c: float(p[at, c].mean()),
        "gold": lambda at, c: float(p[at, y[at]].mean()),
    }


def equality_gap(background, group):
    u = stats.mannwhitneyu(background, group, alternative="greater").statistic
    return 0.5 - u / (len(background) * len(group))


absolute = lambda a, b: abs(a - b)
ratio = lambda background, group: group / (background + 1e-13)
spread = lambda values: max(values) - min(values)


def pairs(groups, score, c, d, n):
    values = [d(score(groups[a], c), score(groups[b], c)) for a, b in combinations(GROUPS, 2)]
    return sum(values) / {"pairs": 3, "groups": 3}[n] if n else sum(values)


def background(groups, score, c, d, which, n):
    everything = np.concatenate([groups[g] for g in GROUPS])
    values = {}
    for g in GROUPS:
        others = everything if which == "all" else np.concatenate([groups[o] for o in GROUPS if o != g])
        values[g] = float(d(score(others, c), score(groups[g], c)))
    return {"value": sum(values.values()) / n, "groups": values}


def generalised(rows):
    group, template = np.array(rows["group"]), np.array(rows["template"])
    s = scores(rows)
    whole = {g: np.flatnonzero(group == g) for g in GROUPS}
    classes = range(CLASSES)
    bg = lambda score, d, which, n: [background(whole, s[score], c, d, which, n) for c in classes]
    pcm = lambda score, n="pairs": [pairs(whole, s[score], c, absolute, n) for c in classes]
    mcm = lambda score: [spread([s[score](whole[g], c) for g in GROUPS]) for c in classes]

    def cells(t):
        return {g: np.flatnonzero((group == g) & (template == t)) for g in GROUPS}

    def over_fillings(value):
        """Mean over templates of the mean over all choices of one filling of each group."""
        found = []
        for t in sorted(set(template)):
            choices = product(*(cells(t)[g] for g in GROUPS))
            found.append(np.mean([value({g: np.array([i]) for g, i in zip(GROUPS, choice)}) for choice in choices]))
        return float(np.mean(found))

    return {
        "false negative equality difference": bg("fnr", absolute, "all", 1),
        "false positive equality difference": bg("fpr", absolute, "all", 1),
        "false negative equality difference, fixed": bg("fnr", absolute, "all", 3),
        "false positive equality difference, fixed": bg("fpr", absolute, "all", 3),
        "false positive rate ratio": bg("fpr", ratio, "without", 3),
        "false negative rate ratio": bg("fnr", ratio, "without", 3),
        "true positive rate gap": pcm("tpr"),
        "true negative rate gap": pcm("tnr"),
        "disparity score": pcm("f1", "groups"),
        "disparity score, fixed": pcm("f1"),
        "parity gap": pcm("positive"),
        "false positive rate range": mcm("fpr"),
        "false negative rate range": mcm("fnr"),
        "average group fairness": bg("list", stats.wasserstein_distance, "all", 3),
        "average equality gap, extended": bg("in class", equality_gap, "without", 3),
        "counterfactual fairness gap": [
            over_fillings(lambda one, c=c: pairs(one, s["mean"], c, absolute, "pairs")) for c in classes
        ],
        "average individual fairness": [
            float(
                np.mean(
                    [
                        pairs(cells(t), s["list"], c, stats.wasserstein_distance, "pairs")
                        for t in sorted(set(template))
                    ]
                )
            )
            for c in classes
        ],
        "perturbation score sensitivity": [over_fillings(lambda one: pairs(one, s["gold"], 0, absolute, "pairs"))],
        "perturbation score range": [over_fillings(lambda one: spread([s["gold"](one[g], 0) for g in GROUPS]))],
        "perturbation score deviation": [
            over_fillings(lambda one: float(np.std([s["gold"](one[g], 0) for g in GROUPS])))
        ],
    }
