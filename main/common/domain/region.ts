/** Areas a person chose on a slide, in level-0 pixels. Outer ring first, then holes (as in GeoJSON). */

export type Ring = readonly (readonly [number, number])[];
export type Polygon = readonly Ring[];

export interface RegionShape {
  readonly kind: 'include' | 'exclude';
  readonly name: string;
  /** One or more polygons. */
  readonly polygons: readonly Polygon[];
}
