/**
 * How [groups][rowsPerGroup][channels] is dealt to workgroups: each takes one part of a group's rows and one tile of channels;
 * neighbouring threads hold neighbouring channels, a thread walks down the rows, so that what depends on the channel is
 * loaded once. Chosen from the shape only: same shape, same order of sums, same bits.
 */
import { threadsPerWorkgroup, mainText, quadsOf } from '../quad-text.ts';

export interface RowGrid {
  readonly groups: number;
  readonly rowsPerGroup: number;
  readonly quads: number;
  /** Threads side by side on channels, and rows taken at once: together 256. */
  readonly quadLanes: number;
  readonly rowLanes: number;
  readonly channelTiles: number;
  readonly rowsPerPart: number;
  readonly partsPerGroup: number;
  readonly workgroups: number;
}

/** Enough to keep a large GPU busy. */
const wantedWorkgroups = 2048;

export function rowGrid(
  shape: { readonly groups: number; readonly rowsPerGroup: number; readonly channels: number },
  rowsPerThread: { readonly least: number; readonly most: number },
): RowGrid {
  const { groups, rowsPerGroup } = shape;
  const quads = quadsOf(shape.channels);
  let quadLanes = 2;
  while (quadLanes < 32 && quads % (quadLanes * 2) === 0) quadLanes *= 2;
  const rowLanes = threadsPerWorkgroup / quadLanes;
  const channelTiles = quads / quadLanes;
  const fair = Math.floor((groups * rowsPerGroup * channelTiles) / (rowLanes * wantedWorkgroups));
  const rowsPerPart = rowLanes * Math.min(rowsPerThread.most, Math.max(rowsPerThread.least, fair));
  const partsPerGroup = Math.ceil(rowsPerGroup / rowsPerPart);
  const workgroups = groups * partsPerGroup * channelTiles;
  return {
    groups,
    rowsPerGroup,
    quads,
    quadLanes,
    rowLanes,
    channelTiles,
    rowsPerPart,
    partsPerGroup,
    workgroups,
  };
}

/** Head of `main`: `group`, `part`, `quad`, and the rows `firstRow + lane`, ... below `endRow` of the whole tensor. */
export function rowGridText(grid: RowGrid): string {
  return `${mainText(grid.workgroups)}
  let groupPart = workgroup / ${grid.channelTiles}u;
  let part = groupPart % ${grid.partsPerGroup}u;
  let group = groupPart / ${grid.partsPerGroup}u;
  let quad = (workgroup % ${grid.channelTiles}u) * ${grid.quadLanes}u + local % ${grid.quadLanes}u;
  let lane = local / ${grid.quadLanes}u;
  let groupRow = group * ${grid.rowsPerGroup}u;
  let firstRow = groupRow + part * ${grid.rowsPerPart}u;
  let endRow = min(firstRow + ${grid.rowsPerPart}u, groupRow + ${grid.rowsPerGroup}u);`;
}

/** Rows whose loads are issued together: enough bytes in flight for a fast memory. */
const rowsInFlight = 4;

/**
 * The walk down the rows, `rowsInFlight` at a time and then the rest singly. In both texts `#` numbers the row: `load` declares
 * what a row reads from `at#`, the quad's index in an activation; `work` uses it. Rows are worked through in order.
 */
export function rowLoopText(grid: RowGrid, load: string, work: string): string {
  const numbers = Array.from({ length: rowsInFlight }, (_, row) => row);
  const numbered = (text: string, row: number): string => text.replaceAll('#', String(row));
  const at = (row: number): string => `    let at${row} = (row + ${row * grid.rowLanes}u) * ${grid.quads}u + quad;\n`;
  return `  var row = firstRow + lane;
  for (; row + ${(rowsInFlight - 1) * grid.rowLanes}u < endRow; row += ${rowsInFlight * grid.rowLanes}u) {
${numbers.map((number) => at(number) + numbered(load, number)).join('\n')}
${numbers.map((number) => numbered(work, number)).join('\n')}
  }
  for (; row < endRow; row += ${grid.rowLanes}u) {
${at(0)}${numbered(load, 0)}
${numbered(work, 0)}
  }`;
}
