/**
 * The desktop shell as the page finds it: window.trefoilShell from the preload script, absent in a browser. Everything that
 * differs between the two hosts is asked here.
 */
import { connectClient, type CoreClient } from '#common/contract/client.ts';
import { portChannel, type MessagePortLike } from '#common/contract/port-channel.ts';
import type { ShellBridge } from '#common/contract/shell-bridge.ts';
import { channels } from '#common/contract/shell-channels.ts';

declare global {
  interface Window {
    readonly trefoilShell?: ShellBridge;
  }
}

/** null in a browser. */
export function desktopShell(): ShellBridge | null {
  return window.trefoilShell ?? null;
}

/** A line to the core through the shell. While there is no core the port is closed at once, which reads as a lost line. */
export async function openPort(shell: ShellBridge): Promise<CoreClient> {
  const port = await new Promise<MessagePort>((done) => {
    const listen = (event: MessageEvent): void => {
      const [first] = event.ports;
      // Our own window only: a message from elsewhere is no port of the shell's.
      if (event.source !== window || event.data !== channels.port || first === undefined) return;
      window.removeEventListener('message', listen);
      done(first);
    };
    window.addEventListener('message', listen);
    shell.connect();
  });
  return connectClient(portChannel(port as unknown as MessagePortLike));
}
