/** The machine (what runs here, how fast, and why) and what a person prefers. */
import { z } from 'zod';
import { benchInput, benchReport } from './bench.ts';

export const doctorReport = z.object({
  version: z.string(),
  node: z.string(),
  platform: z.string(),
  cores: z.number().int(),
  memoryBytes: z.number(),
  engine: z.object({
    engine: z.string(),
    backend: z.string(),
    reason: z.string(),
    precision: z.string(),
    versions: z.record(z.string(), z.string()),
  }),
  /** What WebGPU finds, whether or not it is chosen. */
  gpu: z.union([
    z.object({
      vendor: z.string(),
      architecture: z.string(),
      description: z.string(),
      isSoftware: z.boolean(),
      features: z.array(z.string()),
      maximumBufferBytes: z.number(),
      maximumBindingBytes: z.number(),
      workgroupMemoryBytes: z.number(),
      precision: z.string(),
      /** Precision and kernel family, in words. */
      reason: z.string(),
    }),
    z.object({ missing: z.string() }),
  ]),
  /** Version of the OpenSlide library that reads further slide formats; null when there is none. */
  openSlide: z.string().nullable(),
  /** A fixed small step computed here against values known in advance. */
  selfTest: z.object({ passed: z.boolean(), text: z.string() }),
  sentence: z.string(),
});
export type DoctorReport = z.output<typeof doctorReport>;

/** Measured by a few steps on the engine that will run. */
const computerSpeed = z.union([
  z.object({
    network: z.string(),
    imagesPerSecond: z.number(),
    /** 79,000 tiles of 128 px, 100 epochs. */
    exampleHours: z.number(),
  }),
  z.object({ missing: z.string() }),
]);
export type ComputerSpeed = z.output<typeof computerSpeed>;
export const checkedComputer = z.object({ report: doctorReport, speed: computerSpeed });

export const appSettings = z.object({
  theme: z.enum(['system', 'light', 'dark']).default('system'),
  /** 'system': the browser's. */
  language: z.enum(['system', 'en', 'de']).default('system'),
  /** What the page keeps for itself (sizes of panes, shown hints): small texts by name. */
  page: z
    .record(z.string().max(100), z.string().max(2000))
    .refine((record) => Object.keys(record).length <= 500, 'at most 500 entries')
    .default({}),
});
export type AppSettings = z.output<typeof appSettings>;

export const recentProject = z.object({
  /** For `projects.open({ directory: { id } })`. */
  id: z.string(),
  name: z.string(),
  /** Shown, never sent back. */
  location: z.string(),
  openedAt: z.string(),
  /** False when the folder is gone or its drive is not connected. */
  isThere: z.boolean(),
});

export const aboutTrefoil = z.object({
  version: z.string(),
  licence: z.string(),
  /** Of the demo images. */
  attribution: z.string(),
  /** What ships with Trefoil; empty where it runs from its source, whose node_modules hold the licences. */
  packages: z.array(z.object({ name: z.string(), version: z.string(), licence: z.string(), author: z.string() })),
  /** Where a person may install engines of their own; shown, never sent back. */
  engineFolder: z.string(),
});
export type AboutTrefoil = z.output<typeof aboutTrefoil>;

export const appCalls = {
  about: { input: z.object({}), output: aboutTrefoil },
  doctor: { input: z.object({}), output: doctorReport },
  /** doctor and a short measurement; long, so pages run it as a job. */
  checkComputer: { input: z.object({}), output: checkedComputer },
  bench: { input: benchInput, output: benchReport },
  settings: { input: z.object({}), output: appSettings },
  /** What is left out stays. */
  setSettings: {
    input: z.object({
      theme: appSettings.shape.theme.unwrap().optional(),
      language: appSettings.shape.language.unwrap().optional(),
      page: appSettings.shape.page.unwrap().optional(),
    }),
    output: appSettings,
  },
  /** Last opened first. */
  recentProjects: { input: z.object({}), output: z.array(recentProject) },
  forgetProject: { input: z.object({ id: z.string() }), output: z.object({}) },
} as const;
