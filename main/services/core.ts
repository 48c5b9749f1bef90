/** The core: every service of the contract over one set of open projects. The app, the server and the command line all use this. */
import { availableParallelism } from 'node:os';
import type { ServiceName, Services } from '#common/contract/contract.ts';
import type { StageContext } from '#common/stage.ts';
import { AllowedFiles } from './allowed-files.ts';
import { createAppService } from './app-service.ts';
import { createBundlesService } from './bundles-service.ts';
import { createClassifierService } from './classifier-service.ts';
import { createDemoService } from './demo-service.ts';
import { createEncodersService } from './own-encoder/encoders-service.ts';
import { createExportsService } from './exports-service.ts';
import { createFilesService } from './files-service.ts';
import { createJobs } from './jobs-service.ts';
import { createLabelsService } from './labels-service.ts';
import { OpenProjects, type OpenProject } from './open-projects.ts';
import { Preferences } from './preferences.ts';
import { createMapsService } from './maps-service.ts';
import { createProjectsService } from './projects-service.ts';
import { createReadingsService } from './readings-service.ts';
import { createRegionsService } from './regions-service.ts';
import { createReserveService } from './reserve-service.ts';
import { createRunsService } from './runs-service.ts';
import { SlideImages } from './slide-images.ts';
import { SlideMaps } from './slide-maps.ts';
import { createSlideReading, type SlideReadingOptions } from './slide-reading.ts';
import { createSlidesService } from './slides-service.ts';
import { createStudiesService } from './studies-service.ts';
import { TileLookups } from './tile-lookup.ts';
import { TilePreviews } from './tile-previews.ts';
import { createTilesService } from './tiles-service.ts';
import { TripletViews } from './triplet-views.ts';
import { createTripletsService } from './triplets-service.ts';

export interface CoreOptions {
  /** Clock for the log and for file dates. */
  readonly now?: () => Date;
  readonly workers?: number;
  /** Cache and threads for reading slides. */
  readonly slideReading?: SlideReadingOptions;
  /** Where a person's preferences are kept; left out: nowhere. */
  readonly configurationFolder?: string;
  /** Folders whose files a page may use; the command line is not bound by them. */
  readonly allowedFolders?: readonly string[];
}

interface Shared {
  readonly projects: OpenProjects;
  readonly lookups: TileLookups;
  readonly slideMaps: SlideMaps;
  readonly tilePreviews: TilePreviews;
  readonly tripletViews: TripletViews;
  readonly preferences: Preferences;
  readonly files: AllowedFiles;
  readonly workers: number;
  readonly now: () => Date;
}

function createServices({
  projects,
  lookups,
  slideMaps,
  tilePreviews,
  tripletViews,
  preferences,
  files,
  workers,
  now,
}: Shared) {
  const remember = async ({ directory, name }: OpenProject): Promise<void> => {
    try {
      await preferences.remember({ directory, name, openedAt: now().toISOString() });
    } catch {
      // A list of recent projects that cannot be written must not keep a person from the project.
    }
  };
  return {
    app: createAppService(preferences, files),
    projects: createProjectsService(projects, remember),
    files: createFilesService(files),
    slides: createSlidesService(projects),
    regions: createRegionsService(projects),
    tiles: createTilesService(projects, tilePreviews, workers, now),
    triplets: createTripletsService(projects, lookups, tripletViews),
    runs: createRunsService(projects, now),
    encoders: createEncodersService(projects, now),
    labels: createLabelsService(projects, lookups, now),
    readings: createReadingsService(projects, lookups, now),
    reserve: createReserveService(projects),
    classifier: createClassifierService(projects, lookups, now),
    studies: createStudiesService(projects),
    maps: createMapsService(projects, slideMaps),
    exports: createExportsService(projects, slideMaps, lookups, now),
    bundles: createBundlesService(projects, lookups, workers),
  };
}

export type ServicesWithoutDemo = ReturnType<typeof createServices>;
export type Core = ReturnType<typeof createCore>;

export function createCore(options: CoreOptions = {}) {
  const now = options.now ?? (() => new Date());
  const nowMs = (): number => performance.now();
  const slideReading = createSlideReading(options.slideReading);
  const projects = new OpenProjects(now, slideReading);
  const files = new AllowedFiles(options.allowedFolders ?? []);
  const lookups = new TileLookups();
  const slideMaps = new SlideMaps(projects, lookups);
  const tilePreviews = new TilePreviews(nowMs);
  const tripletViews = new TripletViews();
  const services = createServices({
    tripletViews,
    tilePreviews,
    projects,
    lookups,
    slideMaps,
    files,
    preferences: new Preferences(options.configurationFolder ?? null),
    workers: options.workers ?? availableParallelism(),
    now,
  });
  const withDemo = { ...services, demo: createDemoService(services, projects, nowMs) };
  const jobs = createJobs({
    projects,
    now,
    nowMs,
    findCall: (service, call) =>
      (withDemo[service as keyof typeof withDemo] as unknown as Record<string, AnyCall>)[call] as AnyCall,
  });
  const all: Services = { ...withDemo, jobs: jobs.service };
  const slideImages = new SlideImages(projects);
  return {
    ...all,
    /** For hosts of the core, not for callers of its services. */
    openProjects: projects,
    allowedFiles: files,
    slideImages,
    slideReading,
    slideMaps,
    lookups,
    tilePreviews,
    tripletViews,
    /** Cancels running jobs (what is finished stays), then closes every project. */
    close: async (): Promise<void> => {
      await jobs.close();
      await slideImages.close();
      await slideReading.pool.close();
      projects.closeAll();
    },
  };
}

type AnyCall = (input: unknown, context: StageContext) => Promise<unknown>;

/** Only the services, as the contract lists them. */
export function servicesOf(core: Core): Services {
  return core satisfies Record<ServiceName, unknown>;
}
