"""Trains the two tables of the learned judge (`src/article/judge/*.forest`).

    cargo build --release
    python3 -m venv .venv && .venv/bin/pip install -r train/requirements.txt
    .venv/bin/python train/train.py --gold FOLDER --data FOLDER --command 'target/release/feedmill extract --jsonl --training'

The folds are by host, so that no site is in training and test at once. The second stage is trained on what
the first stage said of pages it had not seen. Fixed seeds, row-wise histograms and LightGBM's deterministic mode make
the tables the same bit for bit on every run with the same pages and the same extractor.
"""

import argparse
import os
import pickle

# Threads that wait for one another leave the processor to others.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import lightgbm
import numpy as np

import forest
import pages
import report

HERE = os.path.dirname(os.path.abspath(__file__))
SETS = "sh,aed,fundus,wcxb_article,tra"
TARGET = os.path.join(HERE, "..", "src", "article", "judge")

COMMON = {
    "objective": "cross_entropy",
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "verbose": -1,
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
    "max_bin": 255,
}
FIRST = COMMON | {"learning_rate": 0.08, "num_leaves": 31, "min_data_in_leaf": 40, "feature_fraction": 0.4, "lambda_l2": 5}
SECOND = COMMON | {"learning_rate": 0.06, "num_leaves": 15, "min_data_in_leaf": 60, "feature_fraction": 0.3, "lambda_l2": 10}
# Rounds were chosen by the folds; more gain nothing.
ROUNDS = (200, 200)
# A block that the first stage gives less than this, like its neighbours, is not shown to the second.
HOPELESS = 0.004
# Of the blocks that a quick look finds hopeless, one in this many is trained on, with that weight.
EASY = 8


def weights_of(d):
    """Every page counts alike; within a page, a block by the square root of its words."""
    segments = np.array(["with" in p for p in d["pages"]])[d["at"]]
    w = np.where(segments, d["w"], np.sqrt(d["w"])).astype(np.float64)
    count = len(d["pages"])
    good = np.bincount(d["at"], w * np.where(segments, 1, d["y"] > 0.5), minlength=count)
    good = np.maximum(good, np.bincount(d["at"], w, minlength=count) * 0.1)
    w = (w / np.maximum(good, 1e-9)[d["at"]]).clip(0, 2)
    return w / w[w > 0].mean()


def thinned(w, easy, seed):
    """Weights after thinning out the easy blocks."""
    chosen = np.random.default_rng(seed).random(len(w)) < 1 / EASY
    return np.where(easy, np.where(chosen, w * EASY, 0), w)


def fit(params, rounds, x, y, w, rows, threads):
    rows = rows & (w > 0)
    data = lightgbm.Dataset(x[rows], y[rows], weight=w[rows])
    return lightgbm.train(params | {"num_threads": threads}, data, rounds)


def out_of_fold(params, rounds, x, y, w, rows, fold, threads):
    p = np.zeros(len(y))
    for f in range(pages.FOLDS):
        model = fit(params, rounds, x, y, w, rows & (fold != f), threads)
        test = rows & (fold == f) if not rows.all() else fold == f
        p[test] = model.predict(x[test])
    return p


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--gold", required=True, help="folder with the labelled *.jsonl")
    ap.add_argument("--data", required=True, help="folder that html_path is relative to")
    ap.add_argument("--command", required=True, help="the extractor's --training filter")
    ap.add_argument("--sets", default=SETS)
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--out", default=TARGET, help="where the tables go")
    ap.add_argument("--save", help="where to keep probabilities for inspection")
    a = ap.parse_args()
    d = pages.load(a.gold, a.sets.split(","), a.command, a.data)
    x, y, at = d["x"], d["y"], d["at"]
    fold = np.array([pages.fold_of(p["url"]) for p in d["pages"]])[at]
    w = weights_of(d)
    everything = np.ones(len(y), bool)

    quick = FIRST | {"num_leaves": 15, "learning_rate": 0.2}
    sample = np.random.default_rng(1).random(len(y)) < 0.2
    easy = fit(quick, 40, x, y, w, sample, a.threads).predict(x) < 0.015
    easy &= y < 0.1
    w1 = thinned(w, easy, 2)
    print("blocks", len(y), "easy", int(easy.sum()), flush=True)
    p1 = out_of_fold(FIRST, ROUNDS[0], x, y, w1, everything, fold, a.threads)
    first = fit(FIRST, ROUNDS[0], x, y, w1, everything, a.threads)
    print("first", forest.write(first, os.path.join(a.out, "blocks.forest")), "bytes", flush=True)

    context = pages.context(d, p1, a.command, a.data)
    x2 = np.concatenate([context, x], 1)
    near = np.maximum.reduce([np.roll(p1, k) for k in (-2, -1, 0, 1, 2)])
    live = near >= HOPELESS
    p2 = out_of_fold(SECOND, ROUNDS[1], x2, y, w, live, fold, a.threads)
    second = fit(SECOND, ROUNDS[1], x2, y, w, live, a.threads)
    print("second", forest.write(second, os.path.join(a.out, "context.forest")), "bytes", flush=True)
    report.report(d, p2)
    answers = pages.written(d, p2, a.command, a.data)
    report.whole(answers)
    if a.save:
        with open(a.save, "wb") as f:
            pickle.dump(dict(d, p1=p1, p2=p2, context=context, fold=fold, written=answers), f)


if __name__ == "__main__":
    main()
