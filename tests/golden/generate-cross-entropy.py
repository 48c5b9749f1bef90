"""Reference values of the weighted softmax cross-entropy and its gradient.

The loss by scipy, the gradient by central differences of that loss in extended precision, sharing no
code with Trefoil:  python3 generate-cross-entropy.py > cross-entropy.json
"""
import json

import numpy as np
from scipy.special import log_softmax

rng = np.random.default_rng(11)
rows, classes = 5, 3
# Rounded to what float32 (and a half) holds exactly.
logits = np.round(rng.normal(size=(rows, classes)) * 4 * 64) / 64
truth = rng.integers(0, classes, rows)
weights = np.array([0.5, 1.0, 2.25])[truth]


def loss(values):
    values = values.astype(np.longdouble)
    return (weights * -log_softmax(values, axis=1)[np.arange(rows), truth]).mean()


step = np.longdouble(1e-6)
gradient = np.zeros((rows, classes))
for row in range(rows):
    for column in range(classes):
        above, below = logits.astype(np.longdouble), logits.astype(np.longdouble)
        above[row, column] += step
        below[row, column] -= step
        gradient[row, column] = (loss(above) - loss(below)) / (2 * step)

print(json.dumps({
    "classes": classes,
    "logits": logits.ravel().tolist(),
    "truth": truth.tolist(),
    "weights": weights.tolist(),
    "loss": float(loss(logits)),
    "gradient": [round(float(value), 10) for value in gradient.ravel()],
}))
