"""What the tables score on pages they have not seen, and the calibration of confidence (out of fold, by host)."""

import collections

import numpy as np

import pages

FLOOR = 0.35  # as in `judge/decide.rs`


def chosen(p, words):
    """The blocks that `judge/decide.rs` keeps, and the F1 it expects."""
    order = np.argsort(-p, kind="stable")
    order = order[p[order] >= FLOOR]
    keep = np.zeros(len(p), bool)
    if not len(order):
        return keep, 0.0
    right = np.cumsum((p * words)[order])
    kept = np.cumsum(words[order])
    promised = 2 * right / np.maximum(kept + (p * words).sum(), 1)
    at = int(np.argmax(promised))
    return p >= p[order[at]], float(promised[at])


def shingles(words):
    return collections.Counter(tuple(words[i : i + 4]) for i in range(max(1, len(words) - 3)) if words[i : i + 4])


def f1(gold, got):
    both = sum((gold & got).values())
    total = sum(gold.values()) + sum(got.values())
    return 2 * both / total if total else 1.0


def logistic(x, y):
    """Slope and intercept by Newton's method."""
    a = np.stack([x, np.ones_like(x)], 1)
    b = np.zeros(2)
    for _ in range(50):
        p = 1 / (1 + np.exp(-a @ b))
        b += np.linalg.solve(a.T @ (a * (p * (1 - p))[:, None]) + 1e-6 * np.eye(2), a.T @ (y - p))
    return b


def report(d, p):
    """Prints shingle F1 of each set, and the curve that turns expected F1 into confidence."""
    starts = np.searchsorted(d["at"], np.arange(len(d["pages"]) + 1))
    scores = collections.defaultdict(list)
    expected, good = [], []
    for n, page in enumerate(d["pages"]):
        if "text" not in page:
            continue
        blocks = [pages.tokens(t) for t in d["texts"][n]]
        words = np.array([len(b) for b in blocks], float)
        keep, promised = chosen(p[starts[n] : starts[n + 1]], words)
        got = [w for k, b in zip(keep, blocks) if k for w in b]
        gold = pages.tokens(page["text"])
        scores[page["set"]].append(f1(shingles(gold), shingles(got)))
        lower = lambda ws: collections.Counter(w.lower() for w in ws)
        expected.append(min(0.998, max(0.02, promised)))
        good.append(f1(lower(gold), lower(got)) >= 0.9)
    for name, found in scores.items():
        print(f"{name}: shingle F1 {np.mean(found):.4f} median {np.median(found):.4f} of {len(found)} pages, out of fold")
    expected, good = np.array(expected), np.array(good, float)
    x = np.log(expected / (1 - expected))
    slope, intercept = logistic(x, good)
    c = 1 / (1 + np.exp(-(slope * x + intercept)))
    bins = np.clip((c * 10).astype(int), 0, 9)
    error = sum(abs(c[bins == b].mean() - good[bins == b].mean()) * (bins == b).mean() for b in set(bins))
    print(f"confidence: slope {slope:.3f} intercept {intercept:.3f}, calibration error {error:.3f}")
    print(f"confidence >= .9: {np.mean(c >= 0.9):.3f} of pages, right {good[c >= 0.9].mean():.3f}")
