/** Comparisons and simulations kept with a project: listed, read again, deleted. They are made by their own calls. */
import { studiesCalls } from '#common/contract/studies.ts';
import { implementService, type ClientOf } from '#common/contract/service.ts';
import { TrefoilError } from '#common/errors.ts';
import type { OpenProjects } from './open-projects.ts';
import { isStale, listStudies, readStudy, removeStudy } from './study-files.ts';

export function createStudiesService(projects: OpenProjects): ClientOf<typeof studiesCalls> {
  return implementService('studies', studiesCalls, {
    list: async ({ project: id, kind }) =>
      (await listStudies(projects.get(id)))
        .filter((entry) => kind === undefined || entry.kind === kind)
        .map((entry) => ({ ...entry, files: [...entry.files] })),
    comparison: async ({ project: id, study }) => {
      const project = projects.get(id);
      const record = await readStudy(project, study);
      if (record.kind !== 'comparison') throw otherKind();
      return { study, createdAt: record.createdAt, isStale: isStale(project, record), result: record.result };
    },
    simulation: async ({ project: id, study }) => {
      const project = projects.get(id);
      const record = await readStudy(project, study);
      if (record.kind !== 'simulation') throw otherKind();
      return { study, createdAt: record.createdAt, isStale: isStale(project, record), result: record.result };
    },
    remove: async ({ project, study }) => {
      await removeStudy(projects.get(project), study);
      projects.notify(projects.get(project).id, ['studies']);
      return {};
    },
  });
}

function otherKind(): TrefoilError {
  return new TrefoilError('not-found', 'This study is of another kind.', 'List the studies again.');
}
