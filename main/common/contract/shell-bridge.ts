/**
 * What the page may ask of the shell besides the contract, and how: names of channels and schemas of everything that crosses.
 * The preload script offers it as one object, ipc.ts answers it. Files are ids of the core, never paths.
 */
import { z } from 'zod';
import type { UpdateRequest, UpdateState } from './shell-updates.ts';

export const fileQuestion = z.discriminatedUnion('mode', [
  z.object({
    mode: z.literal('files'),
    kinds: z
      .array(z.enum(['folder', 'slide', 'image', 'csv', 'geojson', 'onnx', 'model', 'other']))
      .max(8)
      .readonly(),
    isMultiple: z.boolean(),
    title: z.string().max(200).optional(),
    /** Said above the list; a system's own dialog has no place for it. */
    note: z.string().max(400).optional(),
  }),
  z.object({ mode: z.literal('folder'), title: z.string().max(200).optional() }),
  z.object({ mode: z.literal('project'), title: z.string().max(200).optional() }),
  z.object({ mode: z.literal('new'), suggestedName: z.string().max(200), title: z.string().max(200).optional() }),
]);
export type FileQuestion = z.output<typeof fileQuestion>;

export interface ChosenFile {
  readonly reference: { readonly id: string } | { readonly folder: string; readonly name: string };
  readonly name: string;
}

/** Paths as the preload script reads them from dropped files; they go to the core and come back as ids. */
export const droppedPaths = z.array(z.string().min(1).max(32_768)).max(10_000);

export const menuCommands = z
  .array(
    z.object({
      id: z.string().max(100),
      title: z.string().max(200),
      group: z.string().max(100),
      key: z.string().max(40),
      isEnabled: z.boolean(),
    }),
  )
  .max(1000);
export type MenuCommand = z.output<typeof menuCommands>[number];

/** What the page finds as `window.trefoilShell`. */
export interface ShellBridge {
  readonly platform: 'linux' | 'win32' | 'darwin';
  /** The port comes as a 'message' event of the window with the data `channels.port`. */
  connect(): void;
  chooseFiles(question: FileQuestion): Promise<readonly ChosenFile[] | null>;
  /** `files` are the page's own File objects. */
  allowDropped(files: readonly object[]): Promise<readonly ChosenFile[]>;
  setCommands(commands: readonly MenuCommand[]): void;
  updates(request: UpdateRequest): Promise<UpdateState>;
  /** Chosen in the menu. Returns the function that ends the subscription. */
  onCommand(listener: (id: string) => void): () => void;
  /** A project was opened by double click or from another start: its id for `projects.open`. */
  onOpenProject(listener: (id: string) => void): () => void;
}
