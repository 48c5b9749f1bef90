/**
 * A portable model: one ZIP file with everything a person needs to make the same map of another slide on another computer, and
 * to know how far to trust it. This file says what is in it; it reads and writes nothing. Documented in docs/bundles.md.
 */
import { z } from 'zod';
import { tissueSettings } from '#common/contract/tiles.ts';
import { colourChoices } from '#common/domain/slide.ts';

export const bundleExtension = '.trefoil-model';
export const bundleFormat = 'trefoil-model';
export const bundleVersion = 1;

/** Names of the entries; a bundle holds exactly these. */
export const bundleEntries = {
  manifest: 'manifest.json',
  encoder: 'encoder.onnx',
  weights: 'encoder.safetensors',
  classifier: 'classifier.json',
  card: 'method-card.json',
  readme: 'README.txt',
} as const;
export type BundleEntry = Exclude<(typeof bundleEntries)[keyof typeof bundleEntries], 'manifest.json'>;

const entryNames = [
  bundleEntries.encoder,
  bundleEntries.weights,
  bundleEntries.classifier,
  bundleEntries.card,
  bundleEntries.readme,
] as const;

const share = z.number().min(0).max(1);
const figure = z.object({
  value: z.number(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  intervalNote: z.string().nullable(),
});

export const bundleManifest = z.object({
  format: z.literal(bundleFormat),
  version: z.literal(bundleVersion),
  notice: z.string().max(1000),
  /** Of Trefoil when it was written. */
  trefoil: z.string().max(100),
  /** Of the classifier. */
  createdAt: z.string().max(100),
  classes: z
    .array(
      z.object({
        name: z.string().min(1).max(200),
        colour: z.string().regex(/^#[0-9a-f]{6}$/i),
        trainingLabels: z.number().int().min(0),
      }),
    )
    .min(2)
    .max(1000),
  /** How tiles are cut: all that decides which pixels the network sees. */
  tiles: z.object({
    sizePx: z.number().int().min(8).max(4096),
    /** Micrometres per pixel. */
    mpp: z.number().positive().max(100),
    stridePx: z.number().int().min(1).max(4096),
    minTissue: share,
    tissue: tissueSettings,
    colour: z.enum(colourChoices),
  }),
  encoder: z.object({
    network: z.string().max(100),
    method: z.string().max(100),
    seed: z.number().int(),
    viewPx: z.number().int().min(8).max(1024),
    features: z.number().int().min(1).max(100_000),
    mean: z.array(z.number()).length(3),
    std: z.array(z.number().positive()).length(3),
  }),
  /** What the classifier reached on groups it had not seen; with what it was compared. */
  evaluation: z.object({
    balancedAccuracy: figure,
    baselines: z.array(z.object({ features: z.string().max(200), balancedAccuracy: figure })).max(10),
    evaluatedTiles: z.number().int().min(0),
    folds: z.number().int().min(0),
    groupLevel: z.string().max(50),
    trainingLabels: z.number().int().min(0),
    trainingSlides: z.number().int().min(0),
    sentences: z.array(z.string().max(2000)).max(100),
  }),
  files: z
    .array(
      z.object({
        name: z.enum(entryNames),
        byteLength: z.number().int().min(1),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .length(entryNames.length),
});
export type BundleManifest = z.output<typeof bundleManifest>;
