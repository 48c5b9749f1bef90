/** A class as a classifier knew it, drawn like the project's own. */
export interface KnownClass {
  /** null: the project has it no more. */
  readonly class: string | null;
  readonly name: string;
  readonly colour: string;
  readonly letter: string;
}
