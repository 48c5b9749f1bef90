/** What every long stage takes: a way to be cancelled and a way to tell how far it is. Stages know no project and no window. */

export interface StageProgress {
  /** Short present participle: "Extracting tiles". */
  readonly stage: string;
  readonly done: number;
  readonly total: number;
  /** Extra text for a person, e.g. the slide's name. */
  readonly note?: string;
}

export interface StageContext {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: StageProgress) => void) | undefined;
  /** A sentence a person must not miss while the job runs: a warning, a restart. */
  readonly onMessage?: ((text: string) => void) | undefined;
}
