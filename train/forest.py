"""Writing a LightGBM model of byte features as the compact table that `judge/forest.rs` reads."""

import struct

LEAF = 65535


def flatten(tree):
    """The nodes of a tree as rows of (feature, threshold, next); children stand side by side."""
    rows = [None]
    stack = [(0, tree)]
    while stack:
        at, node = stack.pop()
        if "leaf_value" in node and "split_feature" not in node:
            rows[at] = (LEAF, 0, float(node["leaf_value"]))
            continue
        left = len(rows)
        rows += [None, None]
        rows[at] = (node["split_feature"], min(254, max(0, int(node["threshold"]))), left)
        stack.append((left, node["left_child"]))
        stack.append((left + 1, node["right_child"]))
    return rows


def write(model, path):
    dumped = model.dump_model()
    trees = [flatten(t["tree_structure"]) for t in dumped["tree_info"]]
    top = max(abs(v) for t in trees for f, _, v in t if f == LEAF)
    scale = top / 32767
    features = dumped["max_feature_idx"] + 1
    out = bytearray(b"FMF3" + struct.pack("<HHf", features, len(trees), scale))
    scale = struct.unpack("<f", struct.pack("<f", scale))[0]
    for rows in trees:
        out += struct.pack("<H", len(rows))
        for feature, threshold, value in rows:
            value = max(-32767, min(32767, round(value / scale))) if feature == LEAF else value
            out += struct.pack("<HBh", feature, threshold, value)
    with open(path, "wb") as f:
        f.write(out)
    return len(out)
