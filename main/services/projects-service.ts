/** Creates, opens and closes projects; history, undo and redo. */
import { implementService, type ClientOf } from '#common/contract/service.ts';
import { projectsCalls, type ProjectSummary } from '#common/contract/projects.ts';
import { readProjectSettings, settingsChanges } from '../store/project-settings.ts';
import { listCommands, redoCommand, undoCommand } from '../store/command-log.ts';
import type { OpenProject, OpenProjects } from './open-projects.ts';

/** `remember` is told of every project opened or made. */
export function createProjectsService(
  projects: OpenProjects,
  remember: (project: OpenProject) => Promise<void>,
): ClientOf<typeof projectsCalls> {
  /** The log does not say cheaply which tables a command touched, so all that a person can change is named. */
  const moved = (project: string, what: string | null): { what: string | null } => {
    if (what !== null) projects.notify(project, ['slides', 'regions', 'classes', 'labels', 'readings', 'history']);
    return { what };
  };
  const opened = async (project: OpenProject): Promise<ProjectSummary> => {
    await remember(project);
    return summarise(project);
  };
  return implementService('projects', projectsCalls, {
    create: async ({ directory }) => opened(projects.createProject(directory)),
    open: async ({ directory }) => opened(projects.openProject(directory)),
    list: async () => projects.all().map(summarise),
    close: async ({ project }) => {
      projects.closeProject(project);
      return {};
    },
    history: async ({ project }) => listCommands(projects.get(project).database),
    settings: async ({ project }) => readProjectSettings(projects.get(project).database),
    changeSettings: async ({ project, colour }) => {
      const target = projects.get(project);
      const changes = settingsChanges(target.database, colour === undefined ? {} : { colour });
      const what = colour === 'as-stored' ? 'Show colours as stored' : "Apply the scanners' colour profiles";
      if (changes.length > 0) target.change(what, 'person', changes);
      return readProjectSettings(target.database);
    },
    undo: async ({ project, command }) => moved(project, undoCommand(projects.get(project).database, command)),
    redo: async ({ project }) => moved(project, redoCommand(projects.get(project).database)),
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
