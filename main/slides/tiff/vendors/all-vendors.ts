/** The vendors in the order they are asked; the first whose mark is in the file describes it. */
import { aperio } from './aperio.ts';
import { genericTiff } from './generic.ts';
import { hamamatsu } from './hamamatsu.ts';
import { leica } from './leica.ts';
import { omeTiff } from './ome.ts';
import { philips } from './philips.ts';
import type { TiffVendor } from './tiff-slide.ts';
import { ventana } from './ventana.ts';

export const tiffVendors: readonly TiffVendor[] = [hamamatsu, aperio, philips, leica, ventana, omeTiff, genericTiff];
