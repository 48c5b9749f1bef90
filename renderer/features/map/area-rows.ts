/** The area table as rows: classes first, then what was not classified and what is no tissue, which are no share of the tissue. Pure. */
import type { MapAreas } from '#common/contract/maps.ts';

export interface AreaRow {
  readonly kind: 'class' | 'unclassified' | 'no-tissue';
  /** '' for the rows that the page names. */
  readonly name: string;
  readonly colour: string | null;
  readonly areaMm2: number;
  /** null: no share of the tissue. */
  readonly percent: number | null;
  readonly tiles: number;
}

type Areas = Pick<MapAreas, 'classes' | 'unclassified'> & { readonly noTissue?: MapAreas['noTissue'] };

export function areaRows({ classes, unclassified, noTissue }: Areas): readonly AreaRow[] {
  return [
    ...classes.map((item) => ({ kind: 'class' as const, ...item })),
    {
      kind: 'unclassified',
      name: '',
      colour: null,
      areaMm2: unclassified.areaMm2,
      percent: null,
      tiles: unclassified.tiles,
    },
    ...(noTissue === undefined
      ? []
      : [
          {
            kind: 'no-tissue' as const,
            name: '',
            colour: null,
            areaMm2: noTissue.areaMm2,
            percent: null,
            tiles: noTissue.tiles,
          },
        ]),
  ];
}

/** A region's classes have no names of their own: they are those of its slide. */
export function regionRows(slide: MapAreas, region: MapAreas['regions'][number]): readonly AreaRow[] {
  const classes = region.classes.map((item, index) => ({
    ...item,
    name: slide.classes[index]?.name ?? '',
    colour: slide.classes[index]?.colour ?? '',
  }));
  return areaRows({ classes, unclassified: region.unclassified });
}
