"""Reference values of temperature, calibration error, risk and coverage, fold disagreement and Mahalanobis distance.

By numpy and scipy, straight from the papers' formulas, sharing no code with Trefoil:  python3 generate-trust.py > trust.json
"""
import json

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

rng = np.random.default_rng(7)
rows, classes, groups = 240, 3, 8
truth = rng.integers(0, classes, rows)
group = rng.integers(0, groups, rows)
logits = rng.normal(size=(rows, classes)) * 2.5
logits[np.arange(rows), truth] += 2.0 + 1.5 * rng.normal(size=groups)[group]
logits = np.round(logits, 6)


def loss(temperature, chosen):
    return -log_softmax(logits[chosen] / temperature, axis=1)[np.arange(chosen.sum()), truth[chosen]].mean()


def fit(chosen):
    found = minimize_scalar(loss, bounds=(0.1, 20), args=(chosen,), method="bounded", options={"xatol": 1e-10})
    return float(found.x)


def calibration_error(probabilities, bins=15):
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == truth
    edges = np.linspace(0, 1, bins + 1)
    error = 0.0
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            error += inside.mean() * abs(correct[inside].mean() - confidence[inside].mean())
    return float(error)


everything = np.ones(rows, dtype=bool)
crossed = np.zeros_like(logits)
temperatures = []
for held in range(groups):
    own = group == held
    temperatures.append(fit(~own))
    crossed[own] = softmax(logits[own] / temperatures[-1], axis=1)

confidence = crossed.max(axis=1)
wrong = crossed.argmax(axis=1) != truth
order = np.argsort(-confidence, kind="stable")
area = float((np.cumsum(wrong[order]) / np.arange(1, rows + 1)).mean())
at_80 = confidence >= 0.8

members = np.round(rng.normal(size=(4, 6, classes)) * 2, 6)
p = softmax(members / 1.7, axis=2)
mean = p.mean(axis=0)
disagreement = [(p[:, row] * np.log(p[:, row] / mean[row])).sum(axis=1).mean() / np.log(classes) for row in range(6)]
entropy = [-(mean[row] * np.log(mean[row])).sum() / np.log(classes) for row in range(6)]

features = np.round(rng.normal(size=(90, 5)) @ rng.normal(size=(5, 5)), 6)
slide = np.repeat(np.arange(6), 15)
features += np.round(rng.normal(size=(6, 5)), 6)[slide]
features = np.round(features, 6)


def distances(training, query):
    names = np.unique(slide[training])
    centre = np.mean([features[slide == name].mean(axis=0) for name in names], axis=0)
    second = np.mean([(features[slide == n][:, :, None] * features[slide == n][:, None, :]).mean(axis=0) for n in names], axis=0)
    covariance = second - np.outer(centre, centre)
    shrunk = 0.9 * covariance + 0.1 * np.diag(np.diag(covariance))
    away = features[query] - centre
    return np.sqrt((away @ np.linalg.inv(shrunk) * away).sum(axis=1) / features.shape[1])


left_out = [distances((slide != name) & (slide < 5), slide == name) for name in range(5)]
print(json.dumps({
    "logits": logits.ravel().tolist(),
    "truth": truth.tolist(),
    "group": [f"slide {name}" for name in group],
    "classes": classes,
    "temperature": fit(everything),
    "crossFitted": temperatures,
    "errorBefore": calibration_error(softmax(logits, axis=1)),
    "errorAfter": calibration_error(crossed),
    "logLossBefore": float(loss(1.0, everything)),
    "logLossAfter": float(-np.log(crossed[np.arange(rows), truth]).mean()),
    "area": area,
    "coverageAt80": float(at_80.mean()),
    "accuracyAt80": float(1 - wrong[at_80].mean()),
    "members": members.reshape(4, -1).tolist(),
    "memberTemperature": 1.7,
    "disagreement": [float(value) for value in disagreement],
    "entropy": [float(value) for value in entropy],
    "features": features.ravel().tolist(),
    "slide": [f"slide {name}" for name in slide],
    "tileLimit": float(np.sort(np.concatenate(left_out))[int(np.ceil(0.95 * 75)) - 1]),
    "slideScores": sorted(float(np.median(own)) for own in left_out),
    "lastSlideDistances": distances(slide < 5, slide == 5).tolist(),
}))
