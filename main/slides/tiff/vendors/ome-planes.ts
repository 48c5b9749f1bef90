/**
 * Which pages of an OME-TIFF hold the first focal plane at the first time, one for each separately stored channel
 * (OME-TIFF specification, "The TiffData element"). Pages are numbered along the chain of the file.
 */
import { childAt, childrenOf, numberOf, type XmlElement } from '../xml.ts';

/** More channels than any slide has; only the first ones can be shown. */
const maximumChannels = 64;

export function firstPlanes(root: XmlElement, pixels: XmlElement): { ifds: number[]; notes: string[] } {
  const size = (name: string): number => Math.max(1, Math.floor(numberOf(pixels, name) ?? 1));
  const perPlane = Math.max(1, numberOf(childAt(pixels, 'Channel'), 'SamplesPerPixel') ?? 1);
  const counts = { Z: size('SizeZ'), T: size('SizeT'), C: Math.max(1, Math.floor(size('SizeC') / perPlane)) };
  const order = /^XY([ZCT])([ZCT])([ZCT])$/.exec(pixels.attributes.get('DimensionOrder') ?? '');
  const axes = (order ? [order[1], order[2], order[3]] : ['C', 'Z', 'T']) as ('Z' | 'C' | 'T')[];
  const positionOf = (at: { Z: number; C: number; T: number }): number =>
    axes.reduceRight((position, axis) => position * counts[axis] + at[axis], 0);
  const blocks = dataBlocks(root, pixels, positionOf, counts.Z * counts.T * counts.C);
  const ifds: number[] = [];
  for (let channel = 0; channel < Math.min(counts.C, maximumChannels); channel++) {
    const plane = positionOf({ Z: 0, C: channel, T: 0 });
    const block = blocks.find(({ first, count }) => plane >= first && plane < first + count);
    if (block) ifds.push(block.ifd + plane - block.first);
  }
  const notes: string[] = [];
  if (counts.Z > 1) notes.push(`Of ${counts.Z} focal planes the first is shown.`);
  if (counts.T > 1) notes.push(`Of ${counts.T} times the first is shown.`);
  return { ifds, notes };
}

/** Runs of planes that lie in consecutive pages of this file. */
function dataBlocks(
  root: XmlElement,
  pixels: XmlElement,
  positionOf: (at: { Z: number; C: number; T: number }) => number,
  planeCount: number,
): { ifd: number; first: number; count: number }[] {
  const own = root.attributes.get('UUID');
  const elements = childrenOf(pixels, 'TiffData');
  if (elements.length === 0) return [{ ifd: 0, first: 0, count: planeCount }];
  return elements.flatMap((element) => {
    const uuid = childAt(element, 'UUID');
    // Planes of another file of the same set; the name alone says nothing, as files are renamed.
    if (uuid && own !== undefined && uuid.text !== own) return [];
    const ifd = numberOf(element, 'IFD');
    const at = {
      Z: numberOf(element, 'FirstZ') ?? 0,
      C: numberOf(element, 'FirstC') ?? 0,
      T: numberOf(element, 'FirstT') ?? 0,
    };
    const count = numberOf(element, 'PlaneCount') ?? (ifd === null ? planeCount : 1);
    return [{ ifd: ifd ?? 0, first: positionOf(at), count }];
  });
}
