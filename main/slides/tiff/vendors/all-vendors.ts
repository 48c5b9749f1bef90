/** The vendors in the order they are asked; the first whose mark is in the file describes it. */
import { aperio } from './aperio.ts';
import { genericTiff } from './generic.ts';
import type { TiffVendor } from './tiff-slide.ts';

export const tiffVendors: readonly TiffVendor[] = [aperio, genericTiff];
