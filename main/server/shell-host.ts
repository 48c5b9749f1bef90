/**
 * The core's end of the pipe to the desktop shell: many pages over one line, each a Channel of its own. A page that does not
 * take what it is sent is dropped before memory grows. Knows no process; entries/core.ts gives it the line.
 */
import type { Channel } from '#common/contract/channel.ts';
import { fromShell, type FromCore } from '#common/contract/shell-link.ts';

/** A page this far behind is as good as gone. */
export const maximumWaitingBytes = 64 * 1024 * 1024;

export interface ShellLine {
  /** `sent` is called when the message has left this process. */
  send(message: FromCore, sent: () => void): void;
}

export interface ShellHostOptions {
  readonly line: ShellLine;
  readonly onChannel: (channel: Channel) => void;
  /** Ids for files a person chose; in the same order. */
  readonly allow: (paths: readonly { readonly path: string; readonly isFolder: boolean }[]) => readonly string[];
  readonly quit: () => void;
  readonly logDefect: (error: unknown) => void;
}

interface Page {
  readonly messages: ((text: string) => void)[];
  readonly closes: (() => void)[];
  waitingBytes: number;
}

export interface ShellHost {
  /** Whatever came over the line. */
  receive(message: unknown): void;
  /** The line has ended. */
  end(): void;
}

export function createShellHost({ line, onChannel, allow, quit, logDefect }: ShellHostOptions): ShellHost {
  const pages = new Map<number, Page>();
  const send = (message: FromCore, sent: () => void = () => undefined): void => line.send(message, sent);

  function drop(id: number): void {
    const page = pages.get(id);
    if (!pages.delete(id)) return;
    for (const listener of page?.closes ?? []) listener();
  }

  function open(id: number): void {
    drop(id);
    const page: Page = { messages: [], closes: [], waitingBytes: 0 };
    pages.set(id, page);
    onChannel({
      send: (text) => {
        if (pages.get(id) !== page) return;
        page.waitingBytes += text.length;
        if (page.waitingBytes > maximumWaitingBytes) {
          send({ type: 'close', page: id });
          return drop(id);
        }
        send({ type: 'text', page: id, text }, () => (page.waitingBytes -= text.length));
      },
      onMessage: (listener) => void page.messages.push(listener),
      onClose: (listener) => void page.closes.push(listener),
      close: () => {
        if (pages.get(id) !== page) return;
        send({ type: 'close', page: id });
        drop(id);
      },
    });
  }

  return {
    receive: (message) => {
      const parsed = fromShell.safeParse(message);
      if (!parsed.success) return logDefect(new Error(`the shell sent what is no message: ${parsed.error.message}`));
      const said = parsed.data;
      switch (said.type) {
        case 'open':
          return open(said.page);
        case 'text':
          for (const listener of pages.get(said.page)?.messages ?? []) listener(said.text);
          return;
        case 'close':
          return drop(said.page);
        case 'ping':
          return send({ type: 'pong', id: said.id });
        case 'allow':
          return send({ type: 'allowed', id: said.id, ids: [...allow(said.paths)] });
        case 'quit':
          return quit();
      }
    },
    end: () => {
      for (const id of [...pages.keys()]) drop(id);
    },
  };
}
