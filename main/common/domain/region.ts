/** Areas a person chose on a slide, in level-0 pixels. Outer ring first, then holes (as in GeoJSON). */

export type Ring = readonly (readonly [number, number])[];
export type Polygon = readonly Ring[];

/**
 * include and exclude choose tiles by their centre. tissue and no-tissue are corrections by hand of what was found: inside
 * them the slide counts as tissue without artefacts, or as no tissue.
 */
export const regionKinds = ['include', 'exclude', 'tissue', 'no-tissue'] as const;
export type RegionKind = (typeof regionKinds)[number];

export interface RegionShape {
  readonly kind: RegionKind;
  readonly name: string;
  /** One or more polygons. */
  readonly polygons: readonly Polygon[];
}
