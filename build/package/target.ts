/** What a package is made for. Names as npm's `os` and `cpu` fields have them. */
export interface Target {
  readonly os: 'linux' | 'win32' | 'darwin';
  readonly cpu: 'x64' | 'arm64';
}

/** The machine this runs on; throws on one Trefoil is not made for. */
export function hostTarget(os: string = process.platform, cpu: string = process.arch): Target {
  if ((os === 'linux' || os === 'win32' || os === 'darwin') && (cpu === 'x64' || cpu === 'arm64')) return { os, cpu };
  throw new Error(`Trefoil is not packaged for ${os} ${cpu}; choose --os linux|win32|darwin and --cpu x64|arm64.`);
}

/** npm's rule: allowed names, or forbidden ones with "!"; none allows all. Some packages write one name without a list. */
export function fits(names: string | readonly string[] | undefined, name: string): boolean {
  const list = typeof names === 'string' ? [names] : (names ?? []);
  if (list.includes(`!${name}`)) return false;
  const allowed = list.filter((each) => !each.startsWith('!'));
  return allowed.length === 0 || allowed.includes(name);
}
