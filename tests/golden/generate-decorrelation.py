"""Reference values of the VICReg and Barlow Twins losses on triplets, computed with PyTorch's autograd in float64.

The two-view losses are written after the authors' published formulas; a triplet's loss is l(tile, second view) +
weight * l(tile, neighbour). Inputs are functions of their names (see `fill` in generate.py), so only results are stored.

    python3 generate-decorrelation.py OUT_DIR        needs: torch, numpy
"""
import json, os, sys
import numpy as np
import torch
import torch.nn.functional as F

OUT = sys.argv[1]; os.makedirs(OUT, exist_ok=True)


def fnv1a(text):
    h = 0x811C9DC5
    for b in text.encode(): h = ((h ^ b) * 0x01000193) & 0xFFFFFFFF
    return h


def fill(name, count):
    with np.errstate(over='ignore'):
        a = (np.uint32(fnv1a(name)) + (np.arange(1, count + 1, dtype=np.uint64) * 0x6D2B79F5).astype(np.uint32)).astype(np.uint32)
        t = ((a ^ (a >> np.uint32(15))) * (a | np.uint32(1))).astype(np.uint32)
        t = (t ^ (t + ((t ^ (t >> np.uint32(7))) * (t | np.uint32(61))).astype(np.uint32)).astype(np.uint32)).astype(np.uint32)
        t = (t ^ (t >> np.uint32(14))).astype(np.uint32)
    return t.astype(np.float64) / 2**32 * 2 - 1


def off_diagonal(matrix):
    return matrix[~torch.eye(len(matrix), dtype=torch.bool)]


def vicreg(x, y):
    n, d = x.shape
    hinge = lambda z: F.relu(1 - torch.sqrt(z.var(dim=0) + 1e-4)).mean()
    def covariance(z):
        z = z - z.mean(dim=0)
        return off_diagonal(z.T @ z / (n - 1)).pow(2).sum() / d
    return 25 * F.mse_loss(x, y) + 25 * (hinge(x) / 2 + hinge(y) / 2) + covariance(x) + covariance(y)


def barlow_twins(x, y):
    n, d = x.shape
    norm = torch.nn.BatchNorm1d(d, affine=False).double()
    c = norm(x).T @ norm(y) / n
    return 0.024 * ((torch.diagonal(c) - 1).pow(2).sum() + 0.0051 * off_diagonal(c).pow(2).sum())


def case(method, batch, width, weight, scale):
    loss_of = vicreg if method == 'vicreg' else barlow_twins
    views = 3 if weight > 0 else 2
    name = f'decorrelation/{batch}x{width}'
    # Stored as float32, as projections are; a shared part makes the views resemble one another.
    shared = np.tile(fill(name + '/shared', batch * width), views)
    z = torch.from_numpy(((fill(name + '/z', views * batch * width) + shared) * scale).astype(np.float32).astype(np.float64)).reshape(views, batch, width).requires_grad_()
    loss = loss_of(z[0], z[views - 1]) + (weight * loss_of(z[0], z[1]) if weight > 0 else 0)
    loss.backward()
    gradient = z.grad.reshape(views, -1)
    return {'method': method, 'batch': batch, 'width': width, 'neighbourWeight': weight, 'scale': scale, 'loss': loss.item(),
            'gradientNorms': [g.norm().item() for g in gradient], 'gradientFirst': [g[:12].tolist() for g in gradient]}


cases = [case(method, *shape) for method in ('vicreg', 'barlow-twins')
         for shape in ((4, 8, 1, 1.0), (16, 24, 0.5, 0.4), (7, 64, 0, 2.0), (12, 256, 1, 0.7))]
json.dump({'torch': torch.__version__, 'cases': cases}, open(f'{OUT}/decorrelation.json', 'w'), indent=1)
