"""Labelled pages: reading them, running the extractor's feature dump over them, labelling blocks.

A labelled folder holds `*.jsonl` (or `*.jsonl.xz`): one page a line with `id`, `url`, `html_path` and either
`text` (the whole article) or `with` / `without` (segments that must and must not be in it).
"""

import collections
import hashlib
import json
import lzma
import os
import re
import subprocess
import threading
import urllib.parse

import numpy as np

WORD = re.compile(r"\w+")
FOLDS = 5


def read_gold(folder, sets):
    """The labelled pages of the named sets that say something about text."""
    pages = []
    for name in sets:
        path = os.path.join(folder, name + ".jsonl")
        lines = open(path) if os.path.exists(path) else lzma.open(path + ".xz", "rt")
        for line in lines:
            page = json.loads(line)
            if page.get("text") or "with" in page:
                page["set"] = name
                pages.append(page)
    return pages


def host_of(url):
    host = urllib.parse.urlsplit(url).hostname or ""
    return ".".join(host.split(".")[-2:])


def fold_of(url):
    """The fold of a page: all pages of a host are in one, whatever the set."""
    return hashlib.sha256(host_of(url).encode()).digest()[0] % FOLDS


def dump(command, pages, data):
    """Runs the extractor's `--training` filter over the pages; a list of blocks for each page."""
    lines = "".join(
        json.dumps(
            {"id": p["id"], "url": p["url"], "html_path": os.path.join(data, p["html_path"])}
            | {stage: p[stage] for stage in ("first", "second") if stage in p}
        )
        + "\n"
        for p in pages
    )
    run = subprocess.Popen(command, shell=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    threading.Thread(target=lambda: (run.stdin.write(lines), run.stdin.close())).start()
    for line in run.stdout:
        yield json.loads(line)


def tokens(text):
    return WORD.findall(text)


def label_by_text(blocks, gold):
    """For each block, the share of its words that the gold text has, in place.

    Long blocks are found by their runs of four words; short ones, where runs say little, by standing
    in the gold text right after the block before or right before the block after.
    """
    words = [tokens(b["text"]) for b in blocks]
    gold = tokens(gold)
    where = collections.defaultdict(list)
    for i in range(len(gold) - 3):
        where[tuple(gold[i : i + 4])].append(i)
    labels = [0.0] * len(blocks)
    ends, starts = {}, {}
    for n, ws in enumerate(words):
        if len(ws) < 8:
            continue
        hit = [False] * len(ws)
        places = []
        for i in range(len(ws) - 3):
            found = where.get(tuple(ws[i : i + 4]))
            if found:
                hit[i : i + 4] = [True] * 4
                places.append((i, found))
        labels[n] = sum(hit) / len(ws)
        if labels[n] > 0.5:
            i, found = places[-1]
            ends[n] = [f + len(ws) - i for f in found]
            i, found = places[0]
            starts[n] = [f - i for f in found]
    # Short blocks, forwards from what precedes and backwards from what follows.
    after = [0]
    for n, ws in enumerate(words):
        if n in ends:
            after = ends[n]
        elif 0 < len(ws) < 8:
            found = [a for a in after if gold[a : a + len(ws)] == ws]
            if found:
                labels[n] = 1.0
                after = [a + len(ws) for a in found]
    before = [len(gold)]
    for n in range(len(words) - 1, -1, -1):
        ws = words[n]
        if n in starts:
            before = starts[n]
        elif 0 < len(ws) < 8:
            found = [b for b in before if b >= len(ws) and gold[b - len(ws) : b] == ws]
            if found:
                labels[n] = 1.0
                before = [b - len(ws) for b in found]
    # What stands twice is in the text once: the copy among more kept neighbours is meant.
    copies = collections.defaultdict(list)
    for n, ws in enumerate(words):
        if len(ws) >= 8 and labels[n] > 0.5:
            copies[tuple(ws)].append(n)
    joined = " ".join(gold)
    for ws, places in copies.items():
        if len(places) > 1:
            allowed = max(1, joined.count(" ".join(ws)))
            near = lambda n: -sum(labels[max(0, n - 4) : n + 5])
            for n in sorted(places, key=near)[allowed:]:
                labels[n] = 0.0
    weights = [len(ws) for ws in words]
    return labels, weights


def label_by_segments(blocks, wanted, unwanted):
    """1 for blocks that hold a wanted segment, 0 for an unwanted one, nothing for the rest."""
    squeeze = lambda t: re.sub(r"\s+", " ", t or "").strip()
    wanted, unwanted = [squeeze(s) for s in wanted], [squeeze(s) for s in unwanted]
    labels, weights = [], []
    for b in blocks:
        text = squeeze(b["text"])
        good = sum(s in text for s in wanted if s)
        bad = sum(s in text for s in unwanted if s)
        labels.append(1.0 if good and not bad else 0.0)
        weights.append(1 if bool(good) != bool(bad) else 0)
    return labels, weights


def load(folder, sets, command, data):
    """Features, labels, weights and the page of every block of every page."""
    pages = read_gold(folder, sets)
    by_id = {p["id"]: p for p in pages}
    xs, ys, ws, at, kept, kept_pages, texts, blank = [], [], [], [], [], [], [], []
    for answer in dump(command, pages, data):
        blocks = answer.get("blocks") or []
        page = by_id[answer["id"]]
        if not blocks:
            blank.append(page)
            continue
        if "text" in page:
            labels, weights = label_by_text(blocks, page["text"])
        else:
            labels, weights = label_by_segments(blocks, page["with"], page["without"])
        xs.append(np.frombuffer(bytes.fromhex("".join(b["features"] for b in blocks)), np.uint8).reshape(len(blocks), -1))
        ys.append(np.array(labels, np.float32))
        ws.append(np.array(weights, np.float32))
        kept.append(np.array([b["kept"] for b in blocks], bool))
        at.append(np.full(len(blocks), len(kept_pages), np.int32))
        texts.append([b["text"] for b in blocks])
        kept_pages.append(page)
    return {
        "x": np.concatenate(xs),
        "y": np.concatenate(ys),
        "w": np.concatenate(ws),
        "at": np.concatenate(at),
        "kept": np.concatenate(kept),
        "pages": kept_pages,
        "texts": texts,
        "blank": blank,
    }


def asked(d, stage, p):
    """The pages with what a stage thinks of their blocks, as the extractor reads it."""
    starts = np.searchsorted(d["at"], np.arange(len(d["pages"]) + 1))
    steps = np.round(p * 65535).astype(int)
    return [dict(page, **{stage: steps[starts[n] : starts[n + 1]].tolist()}) for n, page in enumerate(d["pages"])]


def context(d, first, command, data):
    """The second stage's features of every block, computed by the extractor from the first stage's opinion."""
    rows = []
    for answer in dump(command, asked(d, "first", first), data):
        blocks = answer["blocks"]
        rows.append(np.frombuffer(bytes.fromhex("".join(b["context"] for b in blocks)), np.uint8).reshape(len(blocks), -1))
    return np.concatenate(rows)


def written(d, second, command, data):
    """Every page with its text, decided and written by the extractor from the second stage's opinion."""
    judged = asked(d, "second", second) + [dict(page, second=[]) for page in d["blank"]]
    answers = dump(command, judged, data)
    return [(page, answer.get("text") or "") for page, answer in zip(judged, answers)]
