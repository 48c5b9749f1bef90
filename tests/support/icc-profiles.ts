/** ICC profiles made by hand for tests: a matrix and three curves, version 2.4, as film and slide scanners write them. */

const d50 = [0.9642, 1, 0.8249] as const;

export interface MatrixProfile {
  /** Columns: XYZ (D50) of full red, green and blue. */
  readonly primaries: readonly (readonly [number, number, number])[];
  /** Exponents of the curves. */
  readonly gamma: readonly [number, number, number];
  readonly name?: string;
  readonly deviceClass?: string;
  readonly space?: string;
}

/** sRGB's primaries adapted to D50. */
export const srgbPrimaries = [
  [0.4361, 0.2225, 0.0139],
  [0.3851, 0.7169, 0.0971],
  [0.1431, 0.0606, 0.7141],
] as const;

/** A scanner whose red and blue are duller than sRGB's. */
export const scannerProfile: MatrixProfile = {
  primaries: [
    [0.45, 0.25, 0.03],
    [0.33, 0.66, 0.11],
    [0.1842, 0.09, 0.6849],
  ],
  gamma: [1.8, 1.8, 1.8],
  name: 'Made-up scanner v1',
};

export function matrixProfile({ primaries, gamma, name, deviceClass, space }: MatrixProfile): Buffer {
  const tags: [string, Buffer][] = [
    ['desc', descriptionOf(name ?? 'test')],
    ['wtpt', xyz(d50)],
    ...(['rXYZ', 'gXYZ', 'bXYZ'] as const).map((tag, i): [string, Buffer] => [tag, xyz(primaries[i]!)]),
    ...(['rTRC', 'gTRC', 'bTRC'] as const).map((tag, i): [string, Buffer] => [tag, curve(gamma[i]!)]),
  ];
  const tableBytes = 4 + tags.length * 12;
  let offset = 128 + tableBytes;
  const table = Buffer.alloc(tableBytes);
  table.writeUInt32BE(tags.length, 0);
  tags.forEach(([tag, data], index) => {
    table.write(tag, 4 + index * 12, 'latin1');
    table.writeUInt32BE(offset, 8 + index * 12);
    table.writeUInt32BE(data.length, 12 + index * 12);
    offset += data.length;
  });
  const header = Buffer.alloc(128);
  header.writeUInt32BE(offset, 0);
  header.writeUInt32BE(0x02400000, 8);
  header.write(deviceClass ?? 'scnr', 12, 'latin1');
  header.write(space ?? 'RGB ', 16, 'latin1');
  header.write('XYZ ', 20, 'latin1');
  header.write('acsp', 36, 'latin1');
  d50.forEach((value, index) => header.writeInt32BE(Math.round(value * 65536), 68 + index * 4));
  return Buffer.concat([header, table, ...tags.map(([, data]) => data)]);
}

function xyz(values: readonly [number, number, number]): Buffer {
  const data = Buffer.alloc(20);
  data.write('XYZ ', 0, 'latin1');
  values.forEach((value, index) => data.writeInt32BE(Math.round(value * 65536), 8 + index * 4));
  return data;
}

function curve(gamma: number): Buffer {
  const data = Buffer.alloc(16);
  data.write('curv', 0, 'latin1');
  data.writeUInt32BE(1, 8);
  data.writeUInt16BE(Math.round(gamma * 256), 12);
  return data;
}

function descriptionOf(name: string): Buffer {
  const data = Buffer.alloc(12 + name.length + 1 + 78 + ((4 - ((12 + name.length + 79) % 4)) % 4));
  data.write('desc', 0, 'latin1');
  data.writeUInt32BE(name.length + 1, 8);
  data.write(name, 12, 'latin1');
  return data;
}
