"""Reference values of tests/unit/main/tiles/stain: Macenko's and Reinhard's estimates in numpy alone, float64.

The pixels come from the same integer formula in both languages (see pixels()), so none are stored.
Run: python3 stain.py > stain.json
"""

import json

import numpy as np

COUNT = 6000


def pixels() -> np.ndarray:
    i = np.arange(COUNT, dtype=np.int64)
    h = ((i * 7919) % 101) / 100 * 1.4
    e = ((i * 104729) % 103) / 102 * 1.1
    h = np.where(i % 5 == 0, 0.05 * h, h)
    e = np.where(i % 7 == 0, 0.05 * e, e)
    stains = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11]])
    stains = stains / np.linalg.norm(stains, axis=1, keepdims=True)
    density = np.outer(h, stains[0]) + np.outer(e, stains[1])
    noise = ((i[:, None] * 31 + np.array([0, 17, 41]) * 13) % 7 - 3) * 0.4
    return np.clip(np.floor(245 * np.exp(-density) + noise + 0.5), 0, 255).astype(np.uint8)


def macenko(rgb: np.ndarray) -> dict:
    od = -np.log((rgb.astype(np.float64) + 1) / 240)
    od = od[~np.any(od < 0.15, axis=1)]
    values, vectors = np.linalg.eigh(np.cov(od.T))
    plane = vectors[:, [2, 1]]
    plane = plane * np.where(plane.sum(axis=0) < 0, -1, 1)
    that = od @ plane
    phi = np.arctan2(that[:, 1], that[:, 0])
    low, high = np.percentile(phi, 1), np.percentile(phi, 99)
    ends = [plane @ np.array([np.cos(p), np.sin(p)]) for p in (low, high)]
    if ends[0][0] < ends[1][0]:
        ends.reverse()
    matrix = np.array(ends).T
    amounts = np.linalg.lstsq(matrix, od.T, rcond=None)[0]
    return {
        "stainedPixels": int(len(od)),
        "haematoxylin": ends[0].tolist(),
        "eosin": ends[1].tolist(),
        "strengths": np.percentile(amounts, 99, axis=1).tolist(),
    }


def reinhard(rgb: np.ndarray) -> dict:
    cones = np.log10(
        np.maximum(rgb, 1) / 255
        @ np.array([[0.3811, 0.5783, 0.0402], [0.1967, 0.7244, 0.0782], [0.0241, 0.1288, 0.8444]]).T
    )
    turn = np.diag([1 / np.sqrt(3), 1 / np.sqrt(6), 1 / np.sqrt(2)]) @ np.array([[1, 1, 1], [1, 1, -2], [1, -1, 0]])
    lab = cones @ turn.T
    return {"mean": lab.mean(axis=0).tolist(), "deviation": lab.std(axis=0).tolist()}


if __name__ == "__main__":
    rgb = pixels()
    print(json.dumps({"count": COUNT, "checksum": int(rgb.astype(np.int64).sum()), "macenko": macenko(rgb), "reinhard": reinhard(rgb)}, indent=1))
