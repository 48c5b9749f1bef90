/**
 * A process with the core's end of the shell's pipe that sends a page more than any pipe holds, as a run gone wild would. Prints
 * one line of JSON: how much it had handed over when the page was dropped, and how far its memory had grown by then.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { Channel } from '#common/contract/channel.ts';
import type { FromCore } from '#common/contract/shell-link.ts';
import { createShellHost } from '#main/server/shell-host.ts';

const text = 'x'.repeat(256 * 1024);
const mostTexts = 4096;

async function flood(channel: Channel): Promise<void> {
  let isDropped = false;
  channel.onClose(() => (isDropped = true));
  const before = process.memoryUsage().rss;
  let sentBytes = 0;
  while (!isDropped && sentBytes < mostTexts * text.length) {
    channel.send(text);
    sentBytes += text.length;
    await turn();
  }
  const grownBytes = process.memoryUsage().rss - before;
  process.stdout.write(`${JSON.stringify({ isDropped, sentBytes, grownBytes })}\n`);
}

const host = createShellHost({
  line: { send: (message: FromCore, sent) => void process.send?.(message, undefined, {}, () => sent()) },
  onChannel: (channel) => void flood(channel),
  allow: () => [],
  quit: () => process.exit(0),
  logDefect: () => undefined,
});
process.on('message', (message) => host.receive(message));
process.on('disconnect', () => process.exit(0));
