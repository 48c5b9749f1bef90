/** Creates, opens and closes projects; history, undo and redo. */
import { implementService, type ClientOf } from '#common/contract/service.ts';
import { projectsCalls, type ProjectSummary } from '#common/contract/projects.ts';
import { listCommands, redoCommand, undoCommand } from '../store/command-log.ts';
import type { OpenProject, OpenProjects } from './open-projects.ts';

export function createProjectsService(projects: OpenProjects): ClientOf<typeof projectsCalls> {
  return implementService('projects', projectsCalls, {
    create: async ({ directory }) => summarise(projects.createProject(directory)),
    open: async ({ directory }) => summarise(projects.openProject(directory)),
    close: async ({ project }) => {
      projects.closeProject(project);
      return {};
    },
    history: async ({ project }) => listCommands(projects.get(project).database),
    undo: async ({ project }) => ({ what: undoCommand(projects.get(project).database) }),
    redo: async ({ project }) => ({ what: redoCommand(projects.get(project).database) }),
  });
}

function summarise(project: OpenProject): ProjectSummary {
  const count = (table: 'slides' | 'regions' | 'classes' | 'labels' | 'runs'): number =>
    Number(project.database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n'] ?? 0);
  return {
    project: project.id,
    name: project.name,
    directory: project.directory,
    slideCount: count('slides'),
    regionCount: count('regions'),
    classCount: count('classes'),
    labelCount: count('labels'),
    runCount: count('runs'),
  };
}
