/**
 * A Channel over a MessagePort: of the browser in the desktop app's page, of Electron's main process, of worker_threads in tests.
 * Some of these tell the other end of a close and some do not, so the end is also said in a last message.
 */
import type { Channel } from './channel.ts';

/** What all MessagePorts share. */
export interface MessagePortLike {
  postMessage(message: unknown): void;
  close(): void;
  start?(): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'close', listener: () => void): void;
}

/** Texts are strings; this is none. */
const goodbye = null;

export function portChannel(port: MessagePortLike): Channel {
  const messageListeners: ((text: string) => void)[] = [];
  const closeListeners: (() => void)[] = [];
  let isOpen = true;

  const ended = (): void => {
    if (!isOpen) return;
    isOpen = false;
    port.close();
    for (const listener of closeListeners) listener();
  };
  port.addEventListener('message', ({ data }) => {
    if (data === goodbye) ended();
    else if (typeof data === 'string' && isOpen) for (const listener of messageListeners) listener(data);
  });
  port.addEventListener('close', ended);
  port.start?.();

  return {
    send: (text) => {
      if (isOpen) port.postMessage(text);
    },
    onMessage: (listener) => void messageListeners.push(listener),
    onClose: (listener) => void closeListeners.push(listener),
    close: () => {
      if (!isOpen) return;
      port.postMessage(goodbye);
      ended();
    },
  };
}
