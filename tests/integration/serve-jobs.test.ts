/** A pretraining run started by a page goes on when the page leaves, stops with the server, and goes on after a restart. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { webSocketChannel, type WebSocketLike } from '#common/contract/channel.ts';
import { connectClient, type CoreClient } from '#common/contract/client.ts';
import type { JobState } from '#common/contract/jobs.ts';
import { startServer, type RunningServer } from '#main/entries/serve.ts';
import { createCore } from '#main/services/core.ts';

const svs = fileURLToPath(new URL('../../resources/demo/CMU-1-Small-Region.svs', import.meta.url));

describe('a run started by a page', () => {
  const folder = mkdtempSync(join(tmpdir(), 'trefoil-serve-jobs-'));
  const directory = join(folder, 'project');
  let project = '';
  let server: RunningServer;

  const start = (): Promise<RunningServer> =>
    startServer({ project: directory, port: 0, allowedFolders: [], log: () => undefined });
  const connect = async (): Promise<CoreClient> => {
    const { headers } = await fetch(server.url);
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/socket`, {
      origin: `http://127.0.0.1:${server.port}`,
      headers: { cookie: headers.get('set-cookie')?.split(';')[0] ?? '' },
    });
    await new Promise((done, failed) => socket.once('open', done).once('error', failed));
    return connectClient(webSocketChannel(socket as unknown as WebSocketLike));
  };
  const until = (client: CoreClient, job: string, isSo: (state: JobState) => boolean): Promise<JobState> =>
    vi.waitFor(
      async () => {
        const state = await client.jobs.get({ job });
        expect(state.error).toBeNull();
        expect(isSo(state)).toBe(true);
        return state;
      },
      { timeout: 90_000, interval: 100 },
    );

  beforeAll(async () => {
    const core = createCore();
    ({ project } = await core.projects.create({ directory }));
    await core.slides.add({ project, slides: [{ file: svs }] });
    await core.tiles.extract({ project, settings: { sizePx: 64, mpp: 1 } });
    await core.close();
    server = await start();
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('outlives the page, stops with the server and is finished after a restart', async () => {
    const first = await connect();
    const { job } = await first.startJob('runs', 'pretrain', {
      project,
      recipe: 'quick',
      network: 'resnet18-narrow',
      batch: 16,
      epochs: 3,
    });
    first.close();

    const second = await connect();
    const found = (await second.jobs.list({ project })).map((state) => state.job);
    expect(found).toEqual([job]);
    const running = await until(second, job, ({ stage, done }) => stage === 'Pretraining' && done > 0);
    expect(running.note).toContain('epoch');
    expect(running.messages.some((text) => text.startsWith('Engine:'))).toBe(true);
    await expect(second.projects.close({ project })).rejects.toMatchObject({ code: 'project-busy' });
    await server.close();
    await second.closed;

    server = await start();
    const third = await connect();
    expect(await third.jobs.list({})).toEqual([]);
    const [stopped] = await third.runs.list({ project });
    expect(stopped?.status).toBe('stopped');
    const resumed = await third.startJob('runs', 'pretrain', { project, resume: stopped!.run });
    const finished = await until(third, resumed.job, ({ status }) => status === 'finished');
    expect(finished.result).toMatchObject({ run: stopped?.run, status: 'finished' });
    expect((await third.runs.list({ project })).map((run) => run.status)).toEqual(['finished']);
  });
});
