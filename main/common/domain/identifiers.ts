/** Branded ids. The page and the command line speak in these; paths never leave the core. */
declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

export type SlideId = Branded<'SlideId'>;
export type RegionId = Branded<'RegionId'>;
export type RunId = Branded<'RunId'>;
export type ClassId = Branded<'ClassId'>;
export type ClassifierId = Branded<'ClassifierId'>;

/** Index of a kept tile in the project's tile set: 0 .. count-1, also its record number over all shards in order. */
export type TileIndex = number;
