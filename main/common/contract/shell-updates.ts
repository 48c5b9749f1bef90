/**
 * What the page may ask the shell about updates, and what it hears back. A folder is chosen in the system's dialog and only its
 * name comes back. Off until a person says where newer versions are: a hospital's computer asks nobody.
 */
import { z } from 'zod';

/** Only encrypted, and nothing secret in it: it is kept in a file and shown. */
export const updateAddress = z
  .string()
  .max(2000)
  .refine((text) => {
    const url = URL.parse(text);
    return url !== null && url.protocol === 'https:' && url.username === '' && url.password === '' && url.hash === '';
  }, 'an address that begins with https:// and has no name or password in it');

export const updateRequest = z.discriminatedUnion('type', [
  z.object({ type: z.literal('state') }),
  z.object({ type: z.literal('turn-off') }),
  /** Asks in the system's dialog; nothing changes when the person gives up. */
  z.object({ type: z.literal('choose-folder') }),
  z.object({ type: z.literal('use-address'), address: z.string().max(10_000) }),
  z.object({ type: z.literal('check-at-start'), isOn: z.boolean() }),
  z.object({ type: z.literal('check') }),
]);
export type UpdateRequest = z.output<typeof updateRequest>;

/** What became of the last thing asked for. 'ready': installed when Trefoil is closed. */
export type UpdateOutcome =
  | 'current'
  | 'declined'
  | 'ready'
  | 'no-feed'
  | 'bad-address'
  | 'bad-folder'
  | 'unreachable'
  | 'wrong-file'
  | 'not-updatable'
  | 'failed';

export interface UpdateState {
  readonly feed: { readonly kind: 'folder' | 'address'; readonly name: string } | null;
  readonly checksAtStart: boolean;
  readonly outcome: UpdateOutcome | null;
  /** The newer version that was found. */
  readonly version: string | null;
}
