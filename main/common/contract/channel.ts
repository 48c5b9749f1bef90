/**
 * What a transport must provide: texts in both directions, in order, and word of the end. A WebSocket, a MessagePort and an
 * in-process pair all fit. Not a protocol: that is client.ts and main/server/connection.ts.
 */
export interface Channel {
  send(text: string): void;
  onMessage(listener: (text: string) => void): void;
  /** Called once, whichever side ends it. */
  onClose(listener: () => void): void;
  close(): void;
}

/** Two ends in one process; texts arrive in a later task, as on a real wire. */
export function channelPair(): readonly [Channel, Channel] {
  const ends = [new PairEnd(), new PairEnd()] as const;
  ends[0].other = ends[1];
  ends[1].other = ends[0];
  return ends;
}

class PairEnd implements Channel {
  other: PairEnd | null = null;
  private readonly messageListeners: ((text: string) => void)[] = [];
  private readonly closeListeners: (() => void)[] = [];
  private isOpen = true;

  send(text: string): void {
    const { other } = this;
    queueMicrotask(() => {
      if (other?.isOpen === true) for (const listener of other.messageListeners) listener(text);
    });
  }

  onMessage(listener: (text: string) => void): void {
    this.messageListeners.push(listener);
  }

  onClose(listener: () => void): void {
    this.closeListeners.push(listener);
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    queueMicrotask(() => {
      for (const listener of this.closeListeners) listener();
      this.other?.close();
    });
  }
}

/** The part of a browser's WebSocket (and of the `ws` package's) that is used; `main/common` knows no DOM. */
export interface WebSocketLike {
  readonly readyState: number;
  send(text: string): void;
  close(): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'close', listener: () => void): void;
}

/** The socket must be open. */
export function webSocketChannel(socket: WebSocketLike): Channel {
  return {
    send: (text) => {
      // A closed socket loses what is sent anyway; the close listener rejects what waits for an answer.
      if (socket.readyState === 1) socket.send(text);
    },
    onMessage: (listener) =>
      socket.addEventListener('message', ({ data }) => {
        if (typeof data === 'string') listener(data);
      }),
    onClose: (listener) => socket.addEventListener('close', listener),
    close: () => socket.close(),
  };
}
