/** The machine: what runs here and whether it computes rightly; and what a person prefers. */
import { existsSync, readFileSync } from 'node:fs';
import { arch, cpus, platform, totalmem } from 'node:os';
import { join } from 'node:path';
import { implementService, type ClientOf } from '#common/contract/service.ts';
import { engineChoice } from '#common/domain/engine-choice.ts';
import { aboutTrefoil, appCalls, type AboutTrefoil, type DoctorReport } from '#common/contract/app.ts';
import { engineFolderVariable } from '../engine/tfjs/select-backend.ts';
import type { EngineDescription } from '../engine/port.ts';
import { runSelfTest } from '../engine/self-test.ts';
import { runBench } from './bench.ts';
import { measureSpeed } from './computer-speed.ts';
import { selectEngine } from '../engine/select-engine.ts';
import { openDevice } from '../engine/webgpu/open-device.ts';
import { openSlideVersion } from '../slides/openslide/openslide-version.ts';
import type { AllowedFiles } from './allowed-files.ts';
import type { Preferences } from './preferences.ts';

/** Trefoil's version, from package.json. */
export function trefoilVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return String((JSON.parse(text) as { version: unknown }).version);
}

/** The list is written by the packager (build/package); a source checkout has none. */
function about(): AboutTrefoil {
  const list = new URL('../../third-party.json', import.meta.url);
  return aboutTrefoil.parse({
    version: trefoilVersion(),
    licence: 'Apache-2.0',
    attribution:
      'Demo images: Osteosarcoma-Tumor-Assessment, The Cancer Imaging Archive, CC BY 3.0; CMU-1-Small-Region, OpenSlide test data, CC0.',
    packages: existsSync(list) ? (JSON.parse(readFileSync(list, 'utf8')) as unknown) : [],
    engineFolder: process.env[engineFolderVariable] ?? '',
  });
}

export function createAppService(preferences: Preferences, files: AllowedFiles): ClientOf<typeof appCalls> {
  return implementService('app', appCalls, {
    about: async () => about(),
    bench: (input) => runBench(input),
    doctor: () => examine(),
    checkComputer: async (_input, { signal, onProgress }) => {
      onProgress?.({ stage: 'Looking at this computer', done: 0, total: 2 });
      const report = await examine();
      signal?.throwIfAborted();
      onProgress?.({ stage: 'Measuring a few steps', done: 1, total: 2 });
      const speed = await measureSpeed(report.engine.engine, runBench);
      signal?.throwIfAborted();
      return { report, speed };
    },
    settings: async () => preferences.settings,
    setSettings: async ({ theme, language, page }) =>
      preferences.setSettings({
        ...(theme === undefined ? {} : { theme }),
        ...(language === undefined ? {} : { language }),
        ...(page === undefined ? {} : { page }),
      }),
    recentProjects: async () =>
      preferences.recentProjects.map(({ directory, name, openedAt }) => ({
        id: files.allowOne(directory),
        name,
        location: directory,
        openedAt,
        isThere: existsSync(join(directory, 'project.sqlite')),
      })),
    forgetProject: async ({ id }) => {
      const known = preferences.recentProjects.find(({ directory }) => files.allowOne(directory) === id);
      if (known !== undefined) await preferences.forget(known.directory);
      return {};
    },
  });
}

async function examine(): Promise<DoctorReport> {
  let description: EngineDescription | null = null;
  const selfTest = await runSelfTest(async (options) => {
    const engine = await selectEngine(options, engineChoice.parse({}));
    description = engine.describe();
    return engine;
  });
  const engine = requireDescription(description);
  return {
    version: trefoilVersion(),
    node: process.version,
    platform: `${platform()} ${arch()}`,
    cores: cpus().length,
    memoryBytes: totalmem(),
    engine: { ...engine, versions: { ...engine.versions } },
    gpu: await inspectGpu(),
    openSlide: await openSlideVersion(),
    selfTest: { ...selfTest },
    sentence: plainSentence(engine, selfTest.passed),
  };
}

/** The GPU as the engine would open it, a software one too: it is named as such and never chosen. */
async function inspectGpu(): Promise<DoctorReport['gpu']> {
  try {
    const { device, adapter, precision, reason } = await openDevice({ allowSoftware: true });
    device.destroy();
    return { ...adapter, features: [...adapter.features], precision, reason };
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) };
  }
}

function requireDescription(description: EngineDescription | null): EngineDescription {
  if (description === null) throw new Error('the self-test ended without an engine');
  return description;
}

function plainSentence(engine: EngineDescription, passed: boolean): string {
  if (!passed) return 'The numbers are wrong on this machine: do not train here, and report this output.';
  if (engine.engine === 'webgpu') return `Pretraining will run on ${engine.backend}.`;
  if (engine.backend === 'tfjs-node-gpu') return 'Pretraining will run on the GPU through TensorFlow.';
  return 'Pretraining will run on the processor: the quick recipe takes minutes, the standard recipe hours.';
}
