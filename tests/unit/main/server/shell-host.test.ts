import { expect, test } from 'vitest';
import type { Channel } from '#common/contract/channel.ts';
import type { FromCore } from '#common/contract/shell-link.ts';
import { createShellHost, maximumWaitingBytes } from '#main/server/shell-host.ts';

function host() {
  const sent: { message: FromCore; done: () => void }[] = [];
  const channels: Channel[] = [];
  const defects: unknown[] = [];
  const made = createShellHost({
    line: { send: (message, done) => void sent.push({ message, done }) },
    onChannel: (channel) => channels.push(channel),
    allow: (paths) => paths.map(({ path }) => path.toUpperCase()),
    quit: () => undefined,
    logDefect: (error) => defects.push(error),
  });
  return { made, sent, channels, defects };
}

test('pages on one line do not hear each other', () => {
  const { made, sent, channels } = host();
  const heard: string[] = [];
  made.receive({ type: 'open', page: 1 });
  made.receive({ type: 'open', page: 2 });
  channels[0]!.onMessage((text) => heard.push(`1:${text}`));
  channels[1]!.onMessage((text) => heard.push(`2:${text}`));
  made.receive({ type: 'text', page: 2, text: 'hello' });
  channels[0]!.send('answer');
  expect(heard).toEqual(['2:hello']);
  expect(sent.map(({ message }) => message)).toEqual([{ type: 'text', page: 1, text: 'answer' }]);
});

test('a page that takes nothing is dropped before memory grows, the others go on', () => {
  const { made, sent, channels } = host();
  made.receive({ type: 'open', page: 1 });
  made.receive({ type: 'open', page: 2 });
  let isClosed = false;
  channels[0]!.onClose(() => (isClosed = true));
  const text = 'x'.repeat(1024 * 1024);
  for (let i = 0; i < 200; i += 1) channels[0]!.send(text);
  const waiting = sent.filter(({ message }) => message.type === 'text').length * text.length;
  expect(isClosed).toBe(true);
  expect(waiting).toBeLessThanOrEqual(maximumWaitingBytes);
  expect(sent.at(-1)?.message).toEqual({ type: 'close', page: 1 });
  channels[1]!.send('still here');
  expect(sent.at(-1)?.message).toEqual({ type: 'text', page: 2, text: 'still here' });
});

test('a page that takes what it gets may be sent any amount', () => {
  const { made, sent, channels } = host();
  made.receive({ type: 'open', page: 1 });
  const text = 'x'.repeat(1024 * 1024);
  for (let i = 0; i < 200; i += 1) {
    channels[0]!.send(text);
    sent.at(-1)!.done();
  }
  expect(sent.every(({ message }) => message.type === 'text')).toBe(true);
});

test('what is no message is a defect and changes nothing', () => {
  const { made, defects, channels } = host();
  for (const message of [null, 'text', { type: 'open' }, { type: 'text', page: 1 }, { type: 'run', code: 'x' }]) {
    made.receive(message);
  }
  expect([defects.length, channels.length]).toEqual([5, 0]);
});

test('the end of the line is the end of every page', () => {
  const { made, channels } = host();
  let closed = 0;
  for (const page of [1, 2, 3]) made.receive({ type: 'open', page });
  for (const channel of channels) channel.onClose(() => (closed += 1));
  made.end();
  expect(closed).toBe(3);
});
