import { mkdtempSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { doorFile, OpenProjects } from '#main/services/open-projects.ts';
import { electronBuilderConfiguration } from '../../../../build/package/electron-builder.ts';

const folder = mkdtempSync(join(tmpdir(), 'trefoil-open-projects-'));

test('a new project has a file to double-click, of the kind the installed app opens', async () => {
  const projects = new OpenProjects();
  projects.createProject(join(folder, 'Größe 1'));
  expect((await stat(join(folder, 'Größe 1', doorFile))).isFile()).toBe(true);
  const { fileAssociations } = electronBuilderConfiguration({
    target: { os: 'linux', cpu: 'x64' },
    electronDist: null,
    electronVersion: '1',
    app: '',
    core: '',
    out: '',
    isTestBuild: false,
    updateUrl: null,
  });
  expect([fileAssociations].flat().map((each) => `.${[each?.ext].flat()[0]}`)).toContain(
    doorFile.slice('project'.length),
  );
  projects.closeAll();
});

test('a project is not made where a folder cannot be', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  const projects = new OpenProjects();
  expect(() => projects.createProject(join(file, 'project'))).toThrow(/could not be made/);
  expect(projects.all()).toEqual([]);
});
