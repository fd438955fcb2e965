"""What the tables score on pages they have not seen, and the calibration of confidence (out of fold, by host)."""

import collections
import re

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


def whole(answers):
    """Prints what whole outputs score, given pages and texts, as the benchmarks do: the F1 of mean precision and mean
    recall of shingles, the median F1 of words, and the F1 of segments over all pages that have some."""
    precisions, recalls, words = (collections.defaultdict(list) for _ in range(3))
    segments = collections.Counter()
    squeeze = lambda t: re.sub(r"\s+", " ", t).strip()
    lower = lambda t: collections.Counter(w.lower() for w in pages.tokens(t))
    for page, text in answers:
        if "text" not in page:
            wanted, unwanted = ([squeeze(s) in squeeze(text) for s in page[k]] for k in ("with", "without"))
            segments.update(hit=sum(wanted), missed=len(wanted) - sum(wanted), wrong=sum(unwanted))
            continue
        name, gold, got = page["set"], shingles(pages.tokens(page["text"])), shingles(pages.tokens(text))
        both = sum((gold & got).values())
        # As in the benchmark, a page without output has no precision.
        precisions[name] += [both / sum(got.values())] if got else []
        recalls[name] += [both / sum(gold.values())] if gold else []
        words[name].append(f1(lower(page["text"]), lower(text)))
    means = []
    for name in recalls:
        p, r = np.mean(precisions[name]), np.mean(recalls[name])
        means.append(2 * p * r / (p + r))
        counted = f"{len(words[name])} pages, median F1 of words {np.median(words[name]):.4f}"
        print(f"whole {name}: shingle F1 {means[-1]:.4f} P {p:.4f} R {r:.4f} of {counted}, out of fold")
    if means:
        print(f"whole, mean of {len(means)} sets: {np.mean(means):.4f}")
    if segments:
        both = 2 * segments["hit"]
        print(f"whole, segments: F1 {both / (both + segments['missed'] + segments['wrong']):.4f}")


def report(d, p):
    """Prints the mean shingle F1 of the kept blocks of each set's pages, and the curve that turns expected F1 into
    confidence."""
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
