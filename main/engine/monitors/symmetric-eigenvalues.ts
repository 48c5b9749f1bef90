/**
 * Eigenvalues of a real symmetric matrix: Householder reduction to tridiagonal form, then implicit QL (EISPACK's tred1 and
 * tql1, Wilkinson & Reinsch 1971). O(n^3), a few tens of milliseconds at n = 256. Eigenvectors are not computed.
 */

/** `matrix` is [size, size] row-major and is overwritten. Returns the eigenvalues in no promised order. */
export function symmetricEigenvalues(matrix: Float64Array, size: number): Float64Array {
  const diagonal = new Float64Array(size);
  const offDiagonal = new Float64Array(size);
  tridiagonalise(matrix, size, diagonal, offDiagonal);
  implicitQl(diagonal, offDiagonal, size);
  return diagonal;
}

/** offDiagonal[i] couples i and i + 1. */
function tridiagonalise(a: Float64Array, n: number, diagonal: Float64Array, offDiagonal: Float64Array): void {
  const at = (row: number, column: number): number => a[row * n + column] ?? 0;
  const vector = new Float64Array(n);
  const product = new Float64Array(n);
  for (let k = 0; k < n - 1; k += 1) {
    diagonal[k] = at(k, k);
    let norm = 0;
    for (let i = k + 1; i < n; i += 1) norm = Math.hypot(norm, at(i, k));
    const first = at(k + 1, k);
    const alpha = first > 0 ? -norm : norm;
    offDiagonal[k] = alpha;
    for (let i = k + 1; i < n; i += 1) vector[i] = at(i, k);
    vector[k + 1] = first - alpha;
    let squared = 0;
    for (let i = k + 1; i < n; i += 1) squared += (vector[i] ?? 0) ** 2;
    if (squared === 0) continue;
    // With H = I - 2 v v^T / v^T v:  H A H = A - v w^T - w v^T,  w = p - v (v^T p) / v^T v,  p = 2 A v / v^T v.
    let projection = 0;
    for (let i = k + 1; i < n; i += 1) {
      let sum = 0;
      for (let j = k + 1; j < n; j += 1) sum += at(i, j) * (vector[j] ?? 0);
      product[i] = (2 * sum) / squared;
      projection += (vector[i] ?? 0) * (product[i] ?? 0);
    }
    for (let i = k + 1; i < n; i += 1) product[i] = (product[i] ?? 0) - ((vector[i] ?? 0) * projection) / squared;
    for (let i = k + 1; i < n; i += 1) {
      const vi = vector[i] ?? 0;
      const pi = product[i] ?? 0;
      for (let j = k + 1; j < n; j += 1) {
        a[i * n + j] = at(i, j) - vi * (product[j] ?? 0) - pi * (vector[j] ?? 0);
      }
    }
  }
  if (n > 0) diagonal[n - 1] = at(n - 1, n - 1);
}

function implicitQl(d: Float64Array, e: Float64Array, n: number): void {
  for (let l = 0; l < n; l += 1) {
    // 60 sweeps are far beyond what any finite input needs; the bound only keeps a NaN from looping for ever.
    for (let sweep = 0; sweep < 60; sweep += 1) {
      let m = l;
      for (; m < n - 1; m += 1) {
        if (Math.abs(e[m] ?? 0) <= Number.EPSILON * (Math.abs(d[m] ?? 0) + Math.abs(d[m + 1] ?? 0))) break;
      }
      if (m === l) break;
      const slope = ((d[l + 1] ?? 0) - (d[l] ?? 0)) / (2 * (e[l] ?? 0));
      const root = Math.hypot(slope, 1);
      let g = (d[m] ?? 0) - (d[l] ?? 0) + (e[l] ?? 0) / (slope + (slope >= 0 ? root : -root));
      let sine = 1;
      let cosine = 1;
      let shift = 0;
      let split = false;
      for (let i = m - 1; i >= l; i -= 1) {
        const f = sine * (e[i] ?? 0);
        const b = cosine * (e[i] ?? 0);
        const r = Math.hypot(f, g);
        e[i + 1] = r;
        if (r === 0) {
          d[i + 1] = (d[i + 1] ?? 0) - shift;
          e[m] = 0;
          split = true;
          break;
        }
        sine = f / r;
        cosine = g / r;
        g = (d[i + 1] ?? 0) - shift;
        const turned = ((d[i] ?? 0) - g) * sine + 2 * cosine * b;
        shift = sine * turned;
        d[i + 1] = g + shift;
        g = cosine * turned - b;
      }
      if (split) continue;
      d[l] = (d[l] ?? 0) - shift;
      e[l] = g;
      e[m] = 0;
    }
  }
}
