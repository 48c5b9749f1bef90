/** Whether OpenSlide can be used here, for people who ask why a slide does not open. */
import { TrefoilError } from '#common/errors.ts';
import { openSlideLibraries } from './library-places.ts';
import { OpenSlideClient } from './openslide-client.ts';

/** e.g. "3.4.1"; null when the library is not found or cannot be loaded. */
export async function openSlideVersion(): Promise<string | null> {
  const libraries = openSlideLibraries(process.env, process.platform);
  const client = new OpenSlideClient({ name: 'OpenSlide', libraries });
  try {
    return await client.version();
  } catch (error) {
    if (error instanceof TrefoilError) return null;
    throw error;
  } finally {
    await client.close();
  }
}
