/** The contract's promises, over every transport: what is true in process must be true over a wire. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { connectClient, type CoreClient } from '#common/contract/client.ts';
import type { CoreEvent } from '#common/contract/events.ts';
import { TrefoilError, throwIfCancelled } from '#common/errors.ts';
import type { StageContext } from '#common/stage.ts';
import type { ConnectionOptions } from '#main/server/connection.ts';
import { servicesWith, type Replacements } from './echo-services.ts';
import { transports, type Transport } from './transports.ts';

describe.each(Object.keys(transports))('over %s', (name) => {
  let transport: Transport | null = null;
  const listeners = new Set<(event: CoreEvent) => void>();
  const defects: { logId: string; error: unknown }[] = [];

  const start = async (replacements: Replacements): Promise<Transport> => {
    const options: ConnectionOptions = {
      services: servicesWith(replacements),
      version: '9.8.7',
      resolveFile: (reference) => {
        if ('id' in reference && reference.id === 'known') return '/allowed/known.svs';
        throw new TrefoilError('not-found', 'No such file.', 'Choose another.');
      },
      subscribe: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      logDefect: (logId, error) => void defects.push({ logId, error }),
    };
    return (transport = await (transports[name] as (options: ConnectionOptions) => Promise<Transport>)(options));
  };
  const connect = async (replacements: Replacements): Promise<CoreClient> =>
    connectClient(await (await start(replacements)).connect());

  afterEach(async () => {
    await transport?.close();
    transport = null;
    listeners.clear();
    defects.length = 0;
  });

  it('answers a call with its output and fills in defaults on the way', async () => {
    const seen: unknown[] = [];
    const client = await connect({
      'classifier.finetune': async (input: unknown) => {
        seen.push(input);
        return { classifier: 'é 組織', figures: [1.5, null] };
      },
    });
    expect(client.version).toBe('9.8.7');
    expect(await client.classifier.finetune({ project: 'p' })).toEqual({ classifier: 'é 組織', figures: [1.5, null] });
    expect(seen).toMatchObject([{ project: 'p', seed: 1, testSlides: [] }]);
  });

  it('validates at the callee, whatever the caller sends', async () => {
    const called = vi.fn();
    const client = await connect({ 'slides.setMpp': called });
    await expect(client.slides.setMpp({ project: 'p', slide: 's', mpp: -1 })).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining('mpp'),
      hint: expect.stringMatching(/.+/),
    });
    await expect(client.slides.setMpp(null as never)).rejects.toMatchObject({ code: 'invalid-input' });
    expect(called).not.toHaveBeenCalled();
  });

  it('gives typed errors back with code, message, hint and details', async () => {
    const client = await connect({
      'slides.list': async () => {
        throw new TrefoilError('file-changed', 'Slide A was changed.', 'Put it back.', { slide: 'A' });
      },
    });
    const error = await client.slides.list({ project: 'p' }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TrefoilError);
    expect(error).toMatchObject({
      code: 'file-changed',
      message: 'Slide A was changed.',
      hint: 'Put it back.',
      details: { slide: 'A' },
    });
    expect(defects).toEqual([]);
  });

  it('logs a defect under an id and shows the page that id but no stack', async () => {
    const client = await connect({
      'slides.list': async () => {
        throw new RangeError('boom');
      },
    });
    const error = (await client.slides.list({ project: 'p' }).catch((thrown: unknown) => thrown)) as TrefoilError;
    expect(error.code).toBe('internal');
    expect(defects).toHaveLength(1);
    expect(defects[0]?.error).toBeInstanceOf(RangeError);
    expect(error.details).toEqual({ logId: defects[0]?.logId });
    expect(error.hint).toContain(defects[0]?.logId);
  });

  it.each(['nothing.here', 'slides.constructor', '__proto__.toString', 'constructor.name', 'slides.nothing'])(
    'refuses the call %s, which is not in the contract',
    async (path) => {
      const page = await (await start({})).connect();
      const client = await connectClient(page);
      expect(client.slides).toBeDefined();
      const [service, call] = path.split('.');
      const answer = new Promise<string>((resolve) => page.onMessage(resolve));
      page.send(JSON.stringify({ t: 'q', i: 'x', m: 'call', a: [1, service, call, {}] }));
      expect(JSON.parse(await answer)).toMatchObject({ i: 'x', r: { ok: false, error: { code: 'not-found' } } });
    },
  );

  it.each([
    '',
    'GET / HTTP/1.1',
    'null',
    '[]',
    '7',
    '{"t":"q","m":7}',
    '{"t":"q","m":"call","a":{}}',
    '{"t":"q","i":1}',
  ])('ends a connection that says %j, and serves the others', async (text) => {
    const client = await connect({ 'slides.list': async () => [] });
    const stranger = await (transport as Transport).connect();
    const ended = new Promise<void>((resolve) => stranger.onClose(resolve));
    stranger.send(text);
    await ended;
    expect(await client.slides.list({ project: 'p' })).toEqual([]);
  });

  it.each([
    '{"t":"s","i":"unknown","r":1}',
    '{"t":"q","m":"call","a":[]}',
    '{"t":"q","m":"cancel","a":[999]}',
    '{"t":"q","i":"x","m":"constructor","a":["alert(1)"]}',
    '{"t":"q","i":"x","m":"call","a":[{"a":1},null,[],{"__proto__":{"file":1}}]}',
    `{"t":"q","i":"x","m":"call","a":[1,"slides","list",${'['.repeat(50_000)}${']'.repeat(50_000)}]}`,
  ])('is not brought down by %.60s', async (text) => {
    const client = await connect({ 'slides.list': async () => [] });
    const stranger = await (transport as Transport).connect();
    await connectClient(stranger);
    stranger.send(text);
    expect(await client.slides.list({ project: 'p' })).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await client.slides.list({ project: 'p' })).toEqual([]);
  });

  it('carries progress and messages of a call to its caller only', async () => {
    const client = await connect({
      'tiles.extract': async ({ project }: { project: string }, { onProgress, onMessage }: StageContext) => {
        onProgress?.({ stage: 'Cutting', done: 1, total: 2, note: project });
        onMessage?.(`message of ${project}`);
        return { tileSet: project, kept: 0, bytes: 0, slides: [] };
      },
    });
    const seen = { a: [] as unknown[], b: [] as unknown[] };
    const contextOf = (list: unknown[]): StageContext => ({
      onProgress: (progress) => list.push(progress),
      onMessage: (text) => list.push(text),
    });
    await Promise.all([
      client.tiles.extract({ project: 'a', settings: {} }, contextOf(seen.a)),
      client.tiles.extract({ project: 'b', settings: {} }, contextOf(seen.b)),
    ]);
    expect(seen.a).toEqual([{ stage: 'Cutting', done: 1, total: 2, note: 'a' }, 'message of a']);
    expect(seen.b).toEqual([{ stage: 'Cutting', done: 1, total: 2, note: 'b' }, 'message of b']);
  });

  it('carries an abort to the callee, which ends the call as cancelled', async () => {
    const started = Promise.withResolvers<void>();
    const client = await connect({
      'tiles.extract': async (_: unknown, { signal }: StageContext) => {
        started.resolve();
        await new Promise((resolve) => signal?.addEventListener('abort', resolve));
        throwIfCancelled(signal);
      },
    });
    const cancel = new AbortController();
    const result = client.tiles.extract({ project: 'p', settings: {} }, { signal: cancel.signal });
    await started.promise;
    cancel.abort();
    await expect(result).rejects.toMatchObject({ code: 'cancelled' });
    await expect(client.slides.list({ project: 'p' }, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'cancelled',
    });
  });

  it('refuses a page of another protocol version, and calls without a greeting', async () => {
    const channel = await (await start({ 'slides.list': async () => [] })).connect();
    await expect(connectClient(channel, 999)).rejects.toMatchObject({
      code: 'protocol-mismatch',
      hint: expect.stringContaining('Reload'),
    });
    const answer = new Promise<string>((resolve) => channel.onMessage(resolve));
    channel.send(JSON.stringify({ t: 'q', i: 'x', m: 'call', a: [1, 'slides', 'list', { project: 'p' }] }));
    expect(JSON.parse(await answer)).toMatchObject({ r: { ok: false, error: { code: 'protocol-mismatch' } } });
  });

  it('fails waiting calls with connection-lost when the core goes away, and later calls too', async () => {
    const client = await connect({ 'slides.list': () => new Promise(() => undefined) });
    const waiting = client.slides.list({ project: 'p' });
    const failed = expect(waiting).rejects.toMatchObject({
      code: 'connection-lost',
      hint: expect.stringMatching(/.+/),
    });
    (transport as Transport).dropAll();
    await failed;
    await client.closed;
    await expect(client.slides.list({ project: 'p' })).rejects.toMatchObject({ code: 'connection-lost' });
  });

  it('cancels what a page that left was waiting for, and forgets its subscription', async () => {
    const aborted = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const client = await connect({
      'tiles.extract': async (_: unknown, { signal }: StageContext) => {
        signal?.addEventListener('abort', () => aborted.resolve());
        started.resolve();
        await aborted.promise;
        throwIfCancelled(signal);
      },
    });
    const result = client.tiles.extract({ project: 'p', settings: {} }).catch((error: unknown) => error);
    await started.promise;
    expect(listeners.size).toBe(1);
    client.close();
    await aborted.promise;
    expect(await result).toMatchObject({ code: 'connection-lost' });
    await vi.waitFor(() => expect(listeners.size).toBe(0));
  });

  it('survives a call that reports on after its page has left, and a page that cancels after the core has gone', async () => {
    const ended = Promise.withResolvers<void>();
    const client = await connect({
      'tiles.extract': async (_: unknown, { signal, onProgress, onMessage }: StageContext) => {
        await new Promise((resolve) => signal?.addEventListener('abort', resolve));
        await new Promise((resolve) => setTimeout(resolve, 20));
        onProgress?.({ stage: 'Late', done: 1, total: 1 });
        onMessage?.('late');
        ended.resolve();
      },
    });
    const cancel = new AbortController();
    const result = client.tiles.extract({ project: 'p', settings: {} }, { signal: cancel.signal });
    const failed = expect(result).rejects.toMatchObject({ code: 'connection-lost' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    client.close();
    await client.closed;
    cancel.abort();
    await failed;
    // An unhandled rejection would fail the whole test run.
    await ended.promise;
  });

  it('keeps 1,000 calls in flight apart, however they end', async () => {
    const waiting: (() => void)[] = [];
    const client = await connect({
      'slides.list': ({ project }: { project: string }) =>
        new Promise((resolve, reject) => {
          const number = Number(project);
          const end = (): void =>
            number % 10 === 0 ? reject(new TrefoilError('not-found', project, 'none')) : resolve([project]);
          waiting.push(end);
          // The last call lets all go, in the other order than they came.
          if (waiting.length === 1000) for (const release of waiting.toReversed()) release();
        }),
    });
    const results = await Promise.allSettled(
      Array.from({ length: 1000 }, (_, index) => client.slides.list({ project: String(index) })),
    );
    results.forEach((result, index) => {
      if (index % 10 === 0) {
        expect(result).toMatchObject({ status: 'rejected', reason: { code: 'not-found', message: String(index) } });
      } else expect(result).toEqual({ status: 'fulfilled', value: [String(index)] });
    });
  });

  it('sends events to every greeted page until it unsubscribes', async () => {
    const first = await connect({});
    const second = await connectClient(await (transport as Transport).connect());
    const seen = { first: [] as CoreEvent[], second: [] as CoreEvent[] };
    const stop = first.onEvent((event) => seen.first.push(event));
    second.onEvent((event) => seen.second.push(event));
    const event: CoreEvent = { type: 'project-changed', project: 'p', kinds: ['labels', 'history'] };
    for (const listener of listeners) listener(event);
    await vi.waitFor(() => expect(seen.second).toEqual([event]));
    await vi.waitFor(() => expect(seen.first).toEqual([event]));
    stop();
    for (const listener of listeners) listener(event);
    await vi.waitFor(() => expect(seen.second).toHaveLength(2));
    expect(seen.first).toHaveLength(1);
  });

  it('refuses a raw path wherever a file is named, also inside a job, and replaces ids by paths', async () => {
    const seen: unknown[] = [];
    const record = async (input: unknown): Promise<unknown> => seen.push(input);
    const client = await connect({ 'slides.add': record, 'slides.info': record, 'jobs.start': record });
    const raw = { file: '/etc/passwd' } as never;
    await expect(client.slides.info(raw)).rejects.toMatchObject({ code: 'invalid-input' });
    await expect(client.slides.add({ project: 'p', slides: [raw] })).rejects.toMatchObject({ code: 'invalid-input' });
    const job = { service: 'exports', call: 'export', input: { project: 'p', out: '../..', kinds: ['csv'] } };
    await expect(client.jobs.start(job)).rejects.toMatchObject({ code: 'invalid-input' });
    await expect(client.slides.info({ file: { id: 'guessed' } })).rejects.toMatchObject({ code: 'not-found' });
    expect(seen).toEqual([]);
    await client.slides.add({ project: 'p', slides: [{ file: { id: 'known' } }] });
    expect(seen).toEqual([{ project: 'p', slides: [{ file: '/allowed/known.svs' }] }]);
  });
});
