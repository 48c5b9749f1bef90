/**
 * The calls that may run as jobs, with what each reads and writes of a project. Two jobs of one project may run together
 * unless one writes what the other reads or writes. A new long call is one line here.
 */
import type { ProjectKind } from '#common/contract/events.ts';

/** `embeddings` has no kind of its own: pages do not show it. */
export type JobResource = ProjectKind | 'embeddings';

export interface JobKind {
  /** Present participle, as in "A job is running (Cutting tiles)". */
  readonly title: string;
  readonly reads: readonly JobResource[];
  readonly writes: readonly JobResource[];
}

const jobKinds: ReadonlyMap<string, JobKind> = new Map<string, JobKind>([
  ['app.checkComputer', { title: 'Checking this computer', reads: [], writes: [] }],
  ['slides.add', { title: 'Adding slides', reads: [], writes: ['slides'] }],
  ['slides.findMoved', { title: 'Looking for moved slides', reads: [], writes: ['slides'] }],
  ['tiles.extract', { title: 'Cutting tiles', reads: ['slides', 'regions'], writes: ['tiles'] }],
  ['tiles.plan', { title: 'Planning tiles', reads: ['slides', 'regions'], writes: [] }],
  ['runs.estimate', { title: 'Measuring a few steps', reads: ['tiles'], writes: [] }],
  ['runs.pretrain', { title: 'Pretraining', reads: ['tiles'], writes: ['runs'] }],
  ['encoders.import', { title: 'Importing an encoder', reads: ['tiles'], writes: ['runs'] }],
  [
    'classifier.finetune',
    { title: 'Training the classifier', reads: ['tiles'], writes: ['classifiers', 'embeddings'] },
  ],
  ['classifier.classify', { title: 'Making maps', reads: ['tiles', 'classifiers'], writes: ['maps', 'embeddings'] }],
  [
    'classifier.refresh',
    {
      title: 'Refreshing classifier and maps',
      reads: ['tiles'],
      writes: ['classifiers', 'maps', 'embeddings'],
    },
  ],
  ['classifier.compare', { title: 'Comparing methods', reads: ['tiles', 'runs'], writes: ['embeddings', 'studies'] }],
  ['classifier.leak', { title: 'Comparing with a leaking split', reads: ['tiles'], writes: ['classifiers'] }],
  ['classifier.efficiency', { title: 'Measuring label efficiency', reads: ['tiles'], writes: ['classifiers'] }],
  ['labels.simulate', { title: 'Simulating labelling', reads: ['tiles', 'runs'], writes: ['embeddings', 'studies'] }],
  ['exports.make', { title: 'Exporting', reads: ['classifiers', 'maps'], writes: ['exports'] }],
  ['exports.export', { title: 'Exporting to a folder', reads: ['classifiers', 'maps'], writes: ['exports'] }],
  ['bundles.write', { title: 'Writing a model', reads: ['tiles', 'classifiers'], writes: ['embeddings'] }],
  ['bundles.apply', { title: 'Applying a model', reads: [], writes: [] }],
  [
    'demo.run',
    { title: 'Making the demo project', reads: [], writes: ['slides', 'tiles', 'runs', 'classifiers', 'maps'] },
  ],
]);

export function findJobKind(service: string, call: string): JobKind | null {
  return jobKinds.get(`${service}.${call}`) ?? null;
}

export function jobsCollide(one: JobKind, other: JobKind): boolean {
  const touches = ({ reads, writes }: JobKind): readonly JobResource[] => [...reads, ...writes];
  return (
    one.writes.some((resource) => touches(other).includes(resource)) ||
    other.writes.some((resource) => touches(one).includes(resource))
  );
}
