/**
 * The one list of services and their calls. A transport carries exactly these; a new service is one line here and one in
 * main/services/core.ts. Events are in events.ts.
 */
import { appCalls } from './app.ts';
import { bundlesCalls } from './bundles.ts';
import { classifierCalls } from './classifier.ts';
import { demoCalls } from './demo.ts';
import { exportsCalls } from './exports.ts';
import { encodersCalls } from './encoders.ts';
import type { PageClientOf } from './file-reference.ts';
import { filesCalls } from './files.ts';
import { jobsCalls } from './jobs.ts';
import { labelsCalls } from './labels.ts';
import { mapsCalls } from './maps.ts';
import { projectsCalls } from './projects.ts';
import { readingsCalls } from './readings.ts';
import { regionsCalls } from './regions.ts';
import { reserveCalls } from './reserve.ts';
import { runsCalls } from './runs.ts';
import type { ClientOf } from './service.ts';
import { slidesCalls } from './slides.ts';
import { studiesCalls } from './studies.ts';
import { tilesCalls } from './tiles.ts';
import { tripletsCalls } from './triplets.ts';

/** Raised with every change that an older page or core could not follow. */
export const protocolVersion = 1;

export const contract = {
  app: appCalls,
  projects: projectsCalls,
  files: filesCalls,
  jobs: jobsCalls,
  slides: slidesCalls,
  regions: regionsCalls,
  tiles: tilesCalls,
  triplets: tripletsCalls,
  runs: runsCalls,
  encoders: encodersCalls,
  labels: labelsCalls,
  readings: readingsCalls,
  reserve: reserveCalls,
  classifier: classifierCalls,
  studies: studiesCalls,
  maps: mapsCalls,
  exports: exportsCalls,
  bundles: bundlesCalls,
  demo: demoCalls,
} as const;

export type Contract = typeof contract;
export type ServiceName = keyof Contract;

/** All services in one process, with paths. */
export type Services = { readonly [Name in ServiceName]: ClientOf<Contract[Name]> };
/** All services as a page sees them, with file references. */
export type PageServices = { readonly [Name in ServiceName]: PageClientOf<Contract[Name]> };
