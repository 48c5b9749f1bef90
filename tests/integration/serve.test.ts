/** `serve` over real sockets: who is let in, what is answered, what happens when a page leaves or the server stops. */
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { webSocketChannel, type WebSocketLike } from '#common/contract/channel.ts';
import { connectClient, type CoreClient } from '#common/contract/client.ts';
import type { CoreEvent } from '#common/contract/events.ts';
import { maximumLevel, pyramidTile } from '#common/slide-pyramid.ts';
import { startServer, type RunningServer } from '#main/entries/serve.ts';
import { createCore } from '#main/services/core.ts';
import { openSlide } from '#main/slides/open-slide.ts';
import { readScaledRegion } from '#main/slides/read-scaled-region.ts';

const svs = fileURLToPath(new URL('../../resources/demo/CMU-1-Small-Region.svs', import.meta.url));
const token = 'test-token-0123456789-0123456789-0123456789';

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly bytes: Buffer;
  readonly json: () => { code?: string; hint?: string };
}

describe('trefoil serve', () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'trefoil-serve-')));
  const directory = join(root, 'Projekt Größe 組織');
  const pageFolder = join(root, 'page');
  const defects: string[] = [];
  const clients: CoreClient[] = [];
  let server: RunningServer;
  let cookie = '';
  let project = '';
  let slide = '';

  const start = (port = 0): Promise<RunningServer> =>
    startServer({
      project: directory,
      port,
      token,
      pageFolder,
      configurationFolder: join(root, 'configuration'),
      allowedFolders: [join(root, 'allowed')],
      log: (line) => defects.push(line),
    });
  /** Sends the path as it is written: fetch would tidy up "..". */
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const sent = httpRequest(
        { host: '127.0.0.1', port: server.port, path, method, headers: { cookie, ...headers } },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('error', reject);
          response.on('end', () => {
            const bytes = Buffer.concat(parts);
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              bytes,
              json: () => JSON.parse(bytes.toString()) as object,
            });
          });
        },
      );
      sent.on('error', reject);
      sent.end();
    });
  const openSocket = async (headers: Record<string, string> = {}, origin?: string): Promise<WebSocket> => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/socket`, {
      origin: origin ?? `http://127.0.0.1:${server.port}`,
      headers: { cookie, ...headers },
    });
    await new Promise((done, failed) => socket.once('open', done).once('error', failed));
    return socket;
  };
  const connect = async (): Promise<CoreClient> => {
    const client = await connectClient(webSocketChannel((await openSocket()) as unknown as WebSocketLike));
    clients.push(client);
    return client;
  };

  beforeAll(async () => {
    mkdirSync(join(root, 'allowed'));
    mkdirSync(join(pageFolder, 'assets'), { recursive: true });
    writeFileSync(join(pageFolder, 'index.html'), '<!doctype html><title>page</title>');
    writeFileSync(join(pageFolder, 'assets', 'app-1a2b.js'), 'export {};');
    writeFileSync(join(root, 'secret.txt'), 'secret');
    copyFileSync(svs, join(root, 'allowed', 'Schnitt 1.svs'));
    const core = createCore();
    ({ project } = await core.projects.create({ directory }));
    const { added } = await core.slides.add({ project, slides: [{ file: join(root, 'allowed', 'Schnitt 1.svs') }] });
    slide = added[0]!.slide;
    await core.close();
    mkdirSync(join(directory, 'exports', 'first'), { recursive: true });
    writeFileSync(join(directory, 'exports', 'first', 'tiles.csv'), '0123456789');
    writeFileSync(join(directory, 'exports', 'first', 'report.html'), '<!doctype html><title>report</title>');
    server = await start();
    const first = await get(`/?token=${token}`);
    cookie = String(first.headers['set-cookie']).split(';')[0] ?? '';
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await server.close();
    rmSync(root, { recursive: true, force: true });
    expect(defects).toEqual([]);
  });

  describe('access', () => {
    it('lets a browser in once with the token and sets a strict cookie no script can read', async () => {
      const answer = await get(`/?token=${token}`, { cookie: '' });
      expect(answer.status).toBe(200);
      expect(String(answer.headers['set-cookie'])).toMatch(/HttpOnly; SameSite=Strict/);
      expect(answer.bytes.toString()).not.toContain(token);
      expect((await get('/')).bytes.toString()).toContain('<title>page</title>');
    });

    it.each([
      ['no cookie', { cookie: '' }],
      ['a wrong cookie', { cookie: 'trefoil-00000000=nothing' }],
      ['a foreign Host, as after DNS rebinding', { host: 'evil.example:80' }],
      ['another origin', { origin: 'http://evil.example' }],
      ['another port as origin', { origin: 'http://127.0.0.1:1' }],
      ["another site's picture", { 'sec-fetch-site': 'cross-site' }],
    ])('refuses %s, on every address', async (_, headers) => {
      for (const path of ['/', '/assets/app-1a2b.js', `/slides/${project}/${slide}/8/0_0.jpeg`]) {
        const answer = await get(path, headers);
        expect(answer.status).toBe(403);
        expect(answer.json()).toMatchObject({ code: 'not-allowed', hint: expect.stringMatching(/.+/) });
      }
    });

    it('tells a person in sentences what to do', async () => {
      const answer = await get('/', { cookie: '', accept: 'text/html,*/*' });
      expect(answer.status).toBe(403);
      expect(answer.headers['content-type']).toContain('text/plain');
      expect(answer.bytes.toString()).toContain('Open the address that Trefoil printed');
    });

    it('refuses a wrong token', async () => {
      expect((await get(`/?token=${token.slice(1)}`, { cookie: '' })).status).toBe(403);
    });

    it.each([
      ['no cookie', { cookie: '' }, undefined],
      ['a foreign Host', { host: 'evil.example' }, undefined],
      ['another origin', {}, 'http://evil.example'],
      ['no origin', {}, ''],
    ])('refuses a WebSocket with %s', async (_, headers, origin) => {
      await expect(openSocket(headers, origin)).rejects.toThrow('403');
    });

    it('sends the strict policy with every answer, also with refusals', async () => {
      for (const answer of [await get('/'), await get('/nothing'), await get('/', { cookie: '' })]) {
        const policy = String(answer.headers['content-security-policy']);
        expect(policy).toContain("default-src 'none'");
        expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval'");
        expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'/);
        expect(answer.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
      }
    });

    it('answers only on this machine', async () => {
      expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=/);
    });

    it.each([
      '/../secret.txt',
      '/assets/../../secret.txt',
      '/assets/..%2f..%2fsecret.txt',
      '//etc/passwd',
      '/%2e%2e/secret.txt',
      '/assets/%00',
    ])('finds nothing at %s', async (path) => {
      const answer = await get(path);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.bytes.toString()).not.toContain('secret');
    });

    it('answers GET and HEAD only', async () => {
      expect((await get('/', {}, 'POST')).status).toBe(400);
      const head = await get('/', {}, 'HEAD');
      expect(head.status).toBe(200);
      expect(head.bytes).toHaveLength(0);
    });
  });

  describe('pictures', () => {
    it('show exactly the part of the slide that the pyramid says, at several zooms', async () => {
      await using reader = await openSlide(svs);
      const top = maximumLevel(reader.info);
      for (const [level, column, row] of [
        [top, 3, 4],
        [top - 1, 4, 5],
        [top - 3, 1, 1],
        [8, 0, 0],
      ] as const) {
        const answer = await get(`/slides/${project}/${slide}/${level}/${column}_${row}.jpeg`);
        expect(answer.status).toBe(200);
        const tile = pyramidTile(reader.info, level, column, row)!;
        const expected = await readScaledRegion(reader, tile.rect, tile.widthPx, tile.heightPx);
        const { data, info } = await sharp(answer.bytes).raw().toBuffer({ resolveWithObject: true });
        expect([info.width, info.height]).toEqual([tile.widthPx, tile.heightPx]);
        const difference = data.reduce((sum, value, index) => sum + Math.abs(value - expected.data[index]!), 0);
        // JPEG at quality 90 changes a value by about 2; a shift by one pixel would change it by 10 or more.
        expect(difference / data.length).toBeLessThan(3);
      }
    });

    it('are cached by what the file is, and asked for again they are not sent', async () => {
      const path = `/slides/${project}/${slide}/9/0_0.jpeg`;
      const first = await get(path);
      expect(first.headers['cache-control']).toContain('immutable');
      const again = await get(path, { 'if-none-match': String(first.headers['etag']) });
      expect(again.status).toBe(304);
      expect(again.bytes).toHaveLength(0);
    });

    it('include thumbnails and associated images', async () => {
      const thumbnail = await sharp(
        (await get(`/slides/${project}/${slide}/thumbnail.jpeg?width=100`)).bytes,
      ).metadata();
      expect([thumbnail.width, thumbnail.height]).toEqual([100, 134]);
      const macro = `/slides/${project}/${slide}/associated/macro.jpeg`;
      expect((await get(macro)).status, 'may show the label').toBe(403);
      expect((await get(`${macro}?show=patient-data`)).status).toBe(200);
    });

    it.each([
      ['/slides/PROJECT/SLIDE/8/5_5.jpeg', 404, 'not-found'],
      ['/slides/PROJECT/SLIDE/99/0_0.jpeg', 404, 'not-found'],
      ['/slides/PROJECT/slide-none/8/0_0.jpeg', 404, 'not-found'],
      ['/slides/none/SLIDE/8/0_0.jpeg', 404, 'not-found'],
      ['/slides/PROJECT/SLIDE/thumbnail.jpeg?width=999999', 400, 'invalid-input'],
      ['/slides/PROJECT/SLIDE/associated/none.jpeg', 404, 'not-found'],
      ['/slides/%E0%A4%A/SLIDE/8/0_0.jpeg', 400, 'invalid-input'],
      ['/tiles/PROJECT/tiles-none/0.jpeg', 404, 'not-found'],
    ])('answer %s with %i and a reason', async (path, status, code) => {
      const answer = await get(path.replace('PROJECT', project).replace('SLIDE', slide));
      expect(answer.status).toBe(status);
      expect(answer.json()).toMatchObject({ code, hint: expect.stringMatching(/.+/) });
    });

    it('that are no longer wanted leave nothing behind: the next ones come', async () => {
      for (let round = 0; round < 5; round += 1) {
        const socket = connectSocket(server.port, '127.0.0.1');
        for (let column = 0; column < 8; column += 1) {
          socket.write(
            `GET /slides/${project}/${slide}/12/${column}_3.jpeg HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: ${cookie}\r\n\r\n`,
          );
        }
        await new Promise((done) => setImmediate(done));
        socket.destroy();
      }
      expect((await get(`/slides/${project}/${slide}/12/0_0.jpeg`)).status).toBe(200);
    });
  });

  describe('exported files', () => {
    const path = (): string => `/exports/${project}/first/tiles.csv`;

    it('show a report in the browser, without scripts and apart from the page, and save everything else', async () => {
      const report = await get(`/exports/${project}/first/report.html`);
      expect(report.headers['content-disposition']).toMatch(/^inline;/);
      const policy = String(report.headers['content-security-policy']);
      expect(policy).toMatch(/default-src 'none'; style-src 'unsafe-inline'; img-src data:;.*sandbox$/);
      expect(policy).not.toMatch(/script-src|allow-/);
      expect(report.headers['x-content-type-options']).toBe('nosniff');
      expect((await get(path())).headers['content-disposition']).toMatch(/^attachment;/);
    });

    it.each([
      [undefined, 200, '0123456789', undefined],
      ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
      ['bytes=7-', 206, '789', 'bytes 7-9/10'],
      ['bytes=-3', 206, '789', 'bytes 7-9/10'],
      ['bytes=5-99', 206, '56789', 'bytes 5-9/10'],
      ['bytes=10-', 416, '', 'bytes */10'],
      ['bytes=1-2,4-5', 200, '0123456789', undefined],
    ])('answer the range %s', async (range, status, text, contentRange) => {
      const answer = await get(path(), range === undefined ? {} : { range });
      expect([answer.status, answer.bytes.toString()]).toEqual([status, text]);
      expect(answer.headers['content-range']).toBe(contentRange);
      expect(answer.headers['content-disposition']).toContain('attachment');
    });

    it('start again when the file has changed since the first part', async () => {
      const answer = await get(path(), { range: 'bytes=2-4', 'if-range': '"older"' });
      expect([answer.status, answer.bytes.toString()]).toEqual([200, '0123456789']);
    });

    it('are never outside the exports folder', async () => {
      symlinkSync(join(root, 'secret.txt'), join(directory, 'exports', 'first', 'link.txt'));
      for (const file of [
        'first/link.txt',
        '..%2f..%2f/project.sqlite',
        '../project.sqlite',
        'first/none.csv',
        'first/..',
      ]) {
        const answer = await get(`/exports/${project}/${file}`);
        expect(answer.status).toBe(404);
        expect(answer.bytes.toString()).not.toContain('secret');
      }
    });
  });

  describe('pages', () => {
    it('see the project that was opened, add a slide by id and never by path, and hear of it both', async () => {
      const [first, second] = [await connect(), await connect()];
      expect((await first.projects.list({})).map((item) => item.project)).toEqual([project]);
      const events: CoreEvent[] = [];
      second.onEvent((event) => events.push(event));
      const raw = { file: join(root, 'allowed', 'Schnitt 1.svs') } as never;
      await expect(first.slides.info(raw)).rejects.toMatchObject({ code: 'invalid-input' });
      const [folder] = await first.files.roots({});
      const { entries } = await first.files.list({ folder: folder!.id });
      const file = { id: entries.find(({ name }) => name === 'Schnitt 1.svs')!.id };
      expect(await first.slides.info({ file })).toMatchObject({ vendor: 'aperio' });
      expect((await first.slides.add({ project, slides: [{ file }] })).alreadyThere).toEqual([slide]);
      await first.slides.setGroups({ project, slide, patient: 'P 7' });
      await vi.waitFor(() =>
        expect(events).toContainEqual({ type: 'project-changed', project, kinds: ['slides', 'history'] }),
      );
      await second.projects.undo({ project });
      expect((await first.slides.list({ project }))[0]?.patient).toBe('Schnitt 1');
    });

    it('keep their settings and find their projects again', async () => {
      const client = await connect();
      await client.app.setSettings({ theme: 'dark' });
      expect((await client.app.settings({})).theme).toBe('dark');
      const [recent] = await client.app.recentProjects({});
      expect(recent).toMatchObject({ name: 'Projekt Größe 組織', isThere: true });
      expect((await client.projects.open({ directory: { id: recent!.id } })).project).toBe(project);
    });

    it('make a project in an allowed folder and nowhere else', async () => {
      const client = await connect();
      const [folder] = await client.files.roots({});
      const made = await client.projects.create({ directory: { folder: folder!.id, name: 'Neu' } });
      expect(made.name).toBe('Neu');
      await client.projects.close({ project: made.project });
      await expect(client.projects.create({ directory: { folder: folder!.id, name: '../out' } })).rejects.toMatchObject(
        {
          code: 'invalid-input',
        },
      );
    });

    it('start a job that goes on without them and is found by the next', async () => {
      const first = await connect();
      const input = { project, settings: { sizePx: 64, mpp: 2 } };
      const { job } = await first.jobs.start({ service: 'tiles', call: 'extract', input });
      first.close();
      const second = await connect();
      const state = await vi.waitFor(
        async () => {
          const found = await second.jobs.get({ job });
          expect(found.status).toBe('finished');
          return found;
        },
        { timeout: 60_000, interval: 100 },
      );
      const { tileSet, kept } = state.result as { tileSet: string; kept: number };
      expect(kept).toBeGreaterThan(20);
      const tile = await get(`/tiles/${project}/${tileSet}/0.jpeg`);
      expect(await sharp(tile.bytes).metadata()).toMatchObject({ width: 64, height: 64 });
      const around = await get(`/tiles/${project}/${tileSet}/0.jpeg?context=2`);
      expect(await sharp(around.bytes).metadata()).toMatchObject({ width: 320, height: 320 });
      expect((await get(`/tiles/${project}/${tileSet}/999999.jpeg`)).status).toBe(400);
    });

    it('connect again with the same cookie after the server was restarted', async () => {
      const client = await connect();
      const { port } = server;
      await server.close();
      await client.closed;
      await expect(client.slides.list({ project })).rejects.toMatchObject({ code: 'connection-lost' });
      server = await start(port);
      const again = await connect();
      expect((await again.slides.list({ project })).map((item) => item.slide)).toEqual([slide]);
    });
  });

  it('says which port is taken', async () => {
    await expect(
      startServer({ port: server.port, token, pageFolder, allowedFolders: [], log: () => undefined }),
    ).rejects.toMatchObject({ code: 'invalid-input', message: expect.stringContaining(String(server.port)) });
  });

  it('refuses a token that could be guessed', async () => {
    await expect(startServer({ port: 0, token: 'short', log: () => undefined })).rejects.toMatchObject({
      code: 'invalid-input',
    });
  });
});
