/** All icons from one SVG. electron-builder makes .ico and .icns of the large one. */
import { join } from 'node:path';
import sharp from 'sharp';

export async function makeIcons(svg: string, out: string): Promise<void> {
  await sharp(svg, { density: 72 * 16 })
    .resize(1024, 1024)
    .png({ compressionLevel: 9 })
    .toFile(join(out, 'icon.png'));
}
