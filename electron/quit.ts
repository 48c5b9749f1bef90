/** What happens to running jobs when the person closes the app. */
import type { MessageBoxOptions } from 'electron';
import type { JobState } from '../main/common/contract/jobs.ts';

export type QuitChoice = 'stop' | 'background' | 'stay';
const choices: readonly QuitChoice[] = ['background', 'stop', 'stay'];

export function quitQuestion(running: readonly Pick<JobState, 'title'>[]): MessageBoxOptions {
  const titles = running.map(({ title }) => title).join(', ');
  return {
    type: 'question',
    title: 'Trefoil',
    message: `Still running: ${titles}.`,
    detail: 'A stopped run keeps its last checkpoint and goes on from there when you resume it.',
    buttons: ['Go on in the background', 'Stop and quit', 'Stay'],
    defaultId: 0,
    cancelId: 2,
    noLink: true,
  };
}

export function quitChoice(button: number): QuitChoice {
  return choices[button] ?? 'stay';
}
