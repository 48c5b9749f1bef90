/**
 * The build that Playwright can drive has Electron's inspector open (electron/fuses.ts), so it must never leave the machine it
 * was made on: unpacked only, not signed, no updates. Pure.
 */
export interface DrivenChoice {
  readonly isDriven: boolean;
  readonly isDirectory: boolean;
  readonly updateUrl: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const signing = ['CSC_LINK', 'WIN_CSC_LINK', 'APPLE_ID', 'APPLE_API_KEY'] as const;

/** Why these options cannot go together; null when they can. */
export function refusedWithDriven({ isDriven, isDirectory, updateUrl, environment }: DrivenChoice): string | null {
  if (!isDriven) return null;
  if (!isDirectory) return '--driven makes no installers, because it is not for release: add --dir.';
  if (updateUrl !== undefined) return '--driven is not for release and takes no --update-url.';
  const set = signing.find((name) => (environment[name] ?? '') !== '');
  return set === undefined ? null : `--driven is not for release and is never signed: unset ${set}.`;
}
