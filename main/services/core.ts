/** The core: every service of the contract over one set of open projects. The app, the server and the command line all use this. */
import { availableParallelism } from 'node:os';
import { createAppService } from './app-service.ts';
import { createClassifierService } from './classifier-service.ts';
import { createDemoService } from './demo-service.ts';
import { createExportsService } from './exports-service.ts';
import { createLabelsService } from './labels-service.ts';
import { OpenProjects } from './open-projects.ts';
import { createProjectsService } from './projects-service.ts';
import { createRegionsService } from './regions-service.ts';
import { createRunsService } from './runs-service.ts';
import { createSlidesService } from './slides-service.ts';
import { createTilesService } from './tiles-service.ts';

export interface CoreOptions {
  /** Clock for the log and for file dates. */
  readonly now?: () => Date;
  readonly workers?: number;
}

function createServices(projects: OpenProjects, workers: number, now: () => Date) {
  return {
    app: createAppService(),
    projects: createProjectsService(projects),
    slides: createSlidesService(projects),
    regions: createRegionsService(projects),
    tiles: createTilesService(projects, workers, now),
    runs: createRunsService(projects, now),
    labels: createLabelsService(projects),
    classifier: createClassifierService(projects, now),
    exports: createExportsService(projects),
  };
}

export type ServicesWithoutDemo = ReturnType<typeof createServices>;
export type Core = ReturnType<typeof createCore>;

export function createCore(options: CoreOptions = {}) {
  const now = options.now ?? (() => new Date());
  const projects = new OpenProjects(now);
  const services = createServices(projects, options.workers ?? availableParallelism(), now);
  return {
    ...services,
    demo: createDemoService(services, () => performance.now()),
    /** Closes every project; running jobs must have been cancelled before. */
    close: async (): Promise<void> => projects.closeAll(),
  };
}
