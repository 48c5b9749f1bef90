/**
 * How tissue is found and tiles are cut, as the person set it: remembered for the project, else as the tiles on disk were
 * cut, else the defaults. Changing them changes nothing on disk; that is what "Cut tiles" does.
 */
import { computed } from 'vue';
import { defineStore } from 'pinia';
import { z } from 'zod';
import { defaultTissueSettings, type TileSettings, type TissueSettings } from '#common/domain/tile.ts';
import { tileSettings } from '#common/contract/tiles.ts';
import { useProject } from '../../stores/project.ts';
import { useSettings } from '../../stores/settings.ts';
import { useTileSets } from '../../stores/tile-sets.ts';

export const defaultTileSettings: TileSettings = {
  sizePx: 128,
  mpp: 1,
  stridePx: 128,
  minTissue: 0.3,
  tissue: defaultTissueSettings,
};

export const useTileSettings = defineStore('tileSettings', () => {
  const project = useProject();
  const settings = useSettings();
  const tileSets = useTileSets();
  const name = computed(() => `tiles.${project.id ?? ''}`);

  /** Those of the tiles on disk; null before there are any. */
  const cut = computed((): TileSettings | null => {
    const { current } = tileSets;
    if (current === null) return null;
    const { sizePx, mpp, stridePx, minTissue, tissue } = current;
    return { sizePx, mpp, stridePx, minTissue, tissue };
  });
  const current = computed(
    (): TileSettings => readSettings(settings.remembered(name.value)) ?? cut.value ?? defaultTileSettings,
  );

  function set(next: TileSettings): void {
    settings.remember(name.value, JSON.stringify(next));
  }
  function change(part: Partial<Omit<TileSettings, 'tissue'>>): void {
    set({ ...current.value, ...part });
  }
  function changeTissue(part: Partial<TissueSettings>): void {
    set({ ...current.value, tissue: { ...current.value.tissue, ...part } });
  }
  function resetTissue(): void {
    changeTissue(defaultTissueSettings);
  }
  function resetTiles(): void {
    set({ ...defaultTileSettings, tissue: current.value.tissue });
  }
  function resetToCut(): void {
    if (cut.value !== null) set(cut.value);
  }

  return { current, cut, set, change, changeTissue, resetTissue, resetTiles, resetToCut };
});

/** What another version wrote, or a hand, is not trusted. */
export function readSettings(text: string | null): TileSettings | null {
  if (text === null) return null;
  try {
    const parsed = tileSettings.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return null;
    throw error;
  }
}

export function isSame(one: TileSettings, other: TileSettings): boolean {
  const list = ({ sizePx, mpp, stridePx, minTissue, tissue }: TileSettings): readonly (number | string)[] => [
    sizePx,
    mpp,
    stridePx,
    minTissue,
    tissue.method,
    // Otsu finds its own.
    tissue.method === 'otsu' ? 0 : tissue.saturationThreshold,
    tissue.maskMpp,
    tissue.minHoleUm2,
    tissue.minSpeckUm2,
    tissue.maxPen,
    tissue.minFocus,
    tissue.foldContrast,
    tissue.foldContrast === 0 ? 0 : tissue.maxFold,
    tissue.darkLimit,
    tissue.darkLimit === 0 ? 0 : tissue.maxDark,
  ];
  const values = list(other);
  return list(one).every((value, index) => value === values[index]);
}
