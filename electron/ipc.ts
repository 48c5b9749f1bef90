/** Answers the page's few questions to the shell. Each comes from our own page's main frame and fits its schema, or is refused. */
import type { IpcMain, IpcMainEvent, IpcMainInvokeEvent } from 'electron';
import type { z } from 'zod';
import {
  droppedPaths,
  fileQuestion,
  menuCommands,
  type ChosenFile,
  type FileQuestion,
  type MenuCommand,
} from '../main/common/contract/shell-bridge.ts';
import { channels } from '../main/common/contract/shell-channels.ts';
import { updateRequest, type UpdateRequest, type UpdateState } from '../main/common/contract/shell-updates.ts';
import { isPage } from './security.ts';

type Sender = Pick<IpcMainInvokeEvent, 'senderFrame'> | Pick<IpcMainEvent, 'senderFrame'>;

export interface IpcAnswers {
  readonly connect: (event: IpcMainEvent) => void;
  readonly chooseFiles: (question: FileQuestion, event: IpcMainInvokeEvent) => Promise<readonly ChosenFile[] | null>;
  readonly allowDropped: (paths: readonly string[]) => Promise<readonly ChosenFile[]>;
  readonly updates: (request: UpdateRequest) => Promise<UpdateState>;
  readonly setCommands: (commands: readonly MenuCommand[]) => void;
}

/** Our page, and its own frame rather than one inside it. */
export function isTrusted({ senderFrame }: Sender): boolean {
  return senderFrame !== null && senderFrame.parent === null && isPage(senderFrame.url);
}

export function answerPage(
  ipc: Pick<IpcMain, 'handle' | 'on'>,
  answers: IpcAnswers,
  log: (line: string) => void,
): void {
  const checked = <T>(channel: string, event: Sender, schema: z.ZodType<T>, value: unknown): T => {
    if (!isTrusted(event)) {
      log(`security: ${channel} from ${event.senderFrame?.url ?? 'nowhere'} refused`);
      throw new Error('This page may not ask that.');
    }
    const parsed = schema.safeParse(value);
    if (!parsed.success) {
      log(`ipc: ${channel} does not fit: ${parsed.error.message}`);
      throw new Error(`${channel}: the question does not fit.`);
    }
    return parsed.data;
  };
  ipc.on(channels.connect, (event) => {
    if (isTrusted(event)) answers.connect(event);
    else log(`security: ${channels.connect} from ${event.senderFrame?.url ?? 'nowhere'} refused`);
  });
  ipc.on(channels.setCommands, (event, commands: unknown) => {
    try {
      answers.setCommands(checked(channels.setCommands, event, menuCommands, commands));
    } catch {
      // Logged; there is nobody to tell.
    }
  });
  ipc.handle(channels.chooseFiles, (event, question: unknown) =>
    answers.chooseFiles(checked(channels.chooseFiles, event, fileQuestion, question), event),
  );
  ipc.handle(channels.updates, (event, request: unknown) =>
    answers.updates(checked(channels.updates, event, updateRequest, request)),
  );
  ipc.handle(channels.allowDropped, (event, paths: unknown) =>
    answers.allowDropped(checked(channels.allowDropped, event, droppedPaths, paths)),
  );
}
