/**
 * Runs the whole way on the demo images through the same services as everything else. Each step is resumable, so a second
 * run goes on where the first stopped and repeats nothing that is finished. The project stays open: the app shows it next.
 */
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import type { ClientOf } from '#common/contract/service.ts';
import { implementService } from '#common/contract/service.ts';
import { demoCalls, type DemoResult } from '#common/contract/demo.ts';
import type { ProjectSlide, Refused } from '#common/contract/slides.ts';
import { TrefoilError } from '#common/errors.ts';
import type { StageContext } from '#common/stage.ts';
import { writeFileAtomically } from '../files/atomic-file.ts';
import type { ServicesWithoutDemo } from './core.ts';
import type { OpenProjects } from './open-projects.ts';

const resources = fileURLToPath(new URL('../../resources/demo/', import.meta.url));

/** 10x objective: about 1 um/px. The JPEG files do not say, so the project keeps it as set by hand. */
const fieldMpp = 1;
const tilePx = 128;
/** Its folder's name is the name a person sees. */
export const projectName = 'Osteosarcoma demo';
/** The fields are 1 mm wide: a finer mask and smaller specks than on a whole slide; one field is all small specks. */
const fieldTissue = { maskMpp: 4, minSpeckUm2: 5000, minFocus: 0 };

export interface DemoField {
  readonly file: string;
  readonly class: string;
  readonly specimen: string;
  readonly patient: string;
}

/** `CLASS___SPECIMEN-X-Y_N.jpg`; the patient is `Case-N` or `PN` at the specimen's start. */
export function parseFieldName(file: string): DemoField {
  const match = /^(?<class>.+)___(?<specimen>(?<patient>Case-\d+|P\d+)-.+)-\d+-\d+_\d+\.jpg$/.exec(file);
  if (match?.groups === undefined) {
    throw new TrefoilError(
      'file-invalid',
      `${file} is not named like a demo image.`,
      'Restore resources/demo from the release.',
    );
  }
  const { class: name = '', specimen = '', patient = '' } = match.groups;
  return { file, class: name.replaceAll('-', ' '), specimen, patient };
}

export function createDemoService(
  services: ServicesWithoutDemo,
  projects: OpenProjects,
  now: () => number,
): ClientOf<typeof demoCalls> {
  return implementService('demo', demoCalls, {
    run: async (input, context) => {
      const { out, seed } = input;
      const startedAt = now();
      const directory = resolve(out);
      const projectDirectory = join(directory, projectName);
      await mkdir(directory, { recursive: true });
      using making = begin(projects, projectDirectory);
      const { project } = making;
      const fields = await addSlides(services, project, context);
      await services.tiles.extract(
        { project, settings: { sizePx: tilePx, mpp: fieldMpp, minTissue: 0.3, tissue: fieldTissue } },
        context,
      );
      const labelled = await importFieldLabels(services, project, directory, fields);
      const run = await pretrain(services, project, input, context);
      const evaluations = [];
      for (const fraction of [0.1, 0.01]) {
        evaluations.unshift(
          await services.classifier.finetune({ project, run: run.run, fraction, seed, group: 'specimen' }, context),
        );
      }
      // The last classifier trained, the one at 1 %, makes the map.
      const { slides } = await services.classifier.classify({ project }, context);
      const exported = await services.exports.export(
        { project, out: join(directory, 'export'), kinds: ['geojson', 'csv', 'png', 'safetensors'] },
        context,
      );
      const wholeSlide = slides.find((slide) => slide.name.endsWith('.svs'));
      const result: DemoResult = {
        project,
        directory,
        images: fields.length,
        tiles: labelled,
        run,
        evaluations,
        exportedFiles: exported.files,
        wholeSlide: {
          name: wholeSlide?.name ?? '',
          tiles: wholeSlide?.classes.reduce((sum, item) => sum + item.tiles, 0) ?? 0,
        },
        seconds: (now() - startedAt) / 1000,
      };
      await writeFileAtomically(join(directory, 'results.json'), Buffer.from(`${JSON.stringify(result, null, 2)}\n`));
      making.finish();
      // Among the recent ones from now on.
      await services.projects.open({ directory: projectDirectory });
      return result;
    },
  });
}

/**
 * The project while it is made: nobody can close it, and no page is offered it. Left without `finish` it is closed again, for
 * nobody opened it; what it holds is kept and the next run goes on there. One that a person has open stays as it is.
 */
function begin(projects: OpenProjects, directory: string): { readonly project: string; finish(): void } & Disposable {
  const isOpen = projects.all().some((project) => project.directory === directory);
  const isThere = existsSync(join(directory, 'project.sqlite'));
  const { id } = isThere ? projects.openProject(directory) : projects.createProject(directory);
  const release = projects.hold(id, 'Making the demo project');
  const show = isOpen ? (): void => undefined : projects.hideUnfinished(id);
  let isFinished = false;
  return {
    project: id,
    finish: () => {
      isFinished = true;
      show();
    },
    [Symbol.dispose]: () => {
      release();
      if (!isFinished && !isOpen) projects.closeProject(id);
    },
  };
}

async function addSlides(
  services: ServicesWithoutDemo,
  project: string,
  context: StageContext,
): Promise<ProjectSlide[]> {
  const folder = join(resources, 'osteosarcoma');
  const fields = readdirSync(folder)
    .filter((file) => file.endsWith('.jpg'))
    .sort()
    .map(parseFieldName);
  const present = new Set((await services.slides.list({ project })).map((slide) => slide.name));
  const missing = fields.filter((field) => !present.has(field.file));
  if (missing.length > 0) {
    const slides = missing.map(({ file, specimen, patient }) => ({ file: join(folder, file), specimen, patient }));
    requireAll(await services.slides.add({ project, slides, mpp: fieldMpp }, context));
  }
  if (![...present].some((name) => name.endsWith('.svs'))) {
    const slides = [{ file: join(resources, 'CMU-1-Small-Region.svs') }];
    requireAll(await services.slides.add({ project, slides }, context));
  }
  return (await services.slides.list({ project })).filter((slide) => slide.name.endsWith('.jpg'));
}

/** The demo's own files are whole, or the release is damaged. */
function requireAll({ refused }: { readonly refused: readonly Refused[] }): void {
  const [first] = refused;
  if (first !== undefined) throw TrefoilError.fromReport(first.error);
}

/** Every tile of a field has the field's class: written as a labels CSV and imported as a user would. */
async function importFieldLabels(
  services: ServicesWithoutDemo,
  project: string,
  directory: string,
  fields: readonly ProjectSlide[],
): Promise<number> {
  const lines = ['slide,x,y,class,reader'];
  for (const field of fields) {
    const name = parseFieldName(field.name).class;
    for (let y = tilePx / 2; y < field.height; y += tilePx) {
      for (let x = tilePx / 2; x < field.width; x += tilePx) lines.push(`${field.name},${x},${y},${name},TCIA`);
    }
  }
  const file = join(directory, 'field-labels.csv');
  await writeFile(file, `${lines.join('\n')}\n`);
  await services.labels.import({ project, file });
  return (await services.labels.counts({ project })).reduce((sum, item) => sum + item.labels, 0);
}

/** A finished run of the same settings is taken, a stopped one goes on, otherwise a new one starts. */
async function pretrain(
  services: ServicesWithoutDemo,
  project: string,
  { seed, epochs, engine, allowSoftware }: z.output<typeof demoCalls.run.input>,
  context: StageContext,
): Promise<Awaited<ReturnType<ServicesWithoutDemo['runs']['pretrain']>>> {
  const slides = await services.slides.list({ project });
  const excludeSlides = slides.filter((slide) => slide.name.endsWith('.svs')).map((slide) => slide.slide);
  const runs = (await services.runs.list({ project })).filter(
    (run) => run.recipe === 'quick' && run.seed === seed && (epochs === undefined || run.epochs === epochs),
  );
  const finished = runs.findLast((run) => run.status === 'finished');
  if (finished !== undefined) return finished;
  const stopped = runs.findLast((run) => run.status === 'stopped' || run.status === 'running');
  if (stopped !== undefined)
    return services.runs.pretrain({ project, resume: stopped.run, engine, allowSoftware }, context);
  return services.runs.pretrain(
    {
      project,
      recipe: 'quick',
      seed,
      excludeSlides,
      engine,
      allowSoftware,
      ...(epochs === undefined ? {} : { epochs }),
    },
    context,
  );
}
