/**
 * The benchmark's arithmetic: kernels grouped by name and shape, rates, milliseconds a phase, median and spread. Pure; where
 * no time was measured (a plan without a device) every time and rate is null, never zero.
 */
export interface TimedKernel {
  readonly name: string;
  readonly label: string;
  readonly phase: string;
  readonly floatOperations: number;
  readonly byteLength: number;
  readonly milliseconds: number | null;
}

export interface KernelRow {
  readonly name: string;
  readonly label: string;
  readonly phase: string;
  readonly calls: number;
  readonly floatOperations: number;
  readonly byteLength: number;
  readonly milliseconds: number | null;
  readonly teraflopsPerSecond: number | null;
  readonly gigabytesPerSecond: number | null;
}

/** One row for each phase, name and shape; slowest first, without times by operations and then bytes. */
export function kernelTable(kernels: readonly TimedKernel[]): KernelRow[] {
  const groups = new Map<string, TimedKernel[]>();
  for (const kernel of kernels) {
    const key = [kernel.phase, kernel.name, kernel.label].join('\n');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [kernel]);
    else group.push(kernel);
  }
  const rows = [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { name, label, phase } = first;
    const floatOperations = group.reduce((sum, kernel) => sum + kernel.floatOperations, 0);
    const byteLength = group.reduce((sum, kernel) => sum + kernel.byteLength, 0);
    const milliseconds = sumOrNull(group.map((kernel) => kernel.milliseconds));
    // A time of zero is below the clock's resolution: no rate follows from it.
    const rate = (amount: number, unit: number): number | null =>
      milliseconds === null || milliseconds === 0 ? null : amount / (milliseconds / 1000) / unit;
    const teraflopsPerSecond = rate(floatOperations, 1e12);
    const gigabytesPerSecond = rate(byteLength, 1e9);
    const sums = { calls: group.length, floatOperations, byteLength, milliseconds };
    return [{ name, label, phase, ...sums, teraflopsPerSecond, gigabytesPerSecond }];
  });
  return rows.sort(
    (a, b) =>
      (b.milliseconds ?? 0) - (a.milliseconds ?? 0) ||
      b.floatOperations - a.floatOperations ||
      b.byteLength - a.byteLength,
  );
}

/** Milliseconds of each phase; null where a kernel of it was not timed. */
export function phaseMilliseconds(kernels: readonly TimedKernel[]): Record<string, number | null> {
  const phases = [...new Set(kernels.map(({ phase }) => phase))];
  return Object.fromEntries(
    phases.map((phase) => [
      phase,
      sumOrNull(kernels.filter((kernel) => kernel.phase === phase).map((kernel) => kernel.milliseconds)),
    ]),
  );
}

export interface Spread {
  readonly median: number;
  readonly minimum: number;
  readonly maximum: number;
}

/** Throws RangeError without values. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const minimum = sorted[0];
  const maximum = sorted.at(-1);
  if (minimum === undefined || maximum === undefined) throw new RangeError('no values were measured');
  const low = sorted[(sorted.length - 1) >> 1] ?? minimum;
  const high = sorted[sorted.length >> 1] ?? maximum;
  return { median: (low + high) / 2, minimum, maximum };
}

function sumOrNull(values: readonly (number | null)[]): number | null {
  return values.reduce((sum, value) => (sum === null || value === null ? null : sum + value), 0 as number | null);
}
