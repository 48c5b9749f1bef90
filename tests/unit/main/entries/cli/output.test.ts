import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { TrefoilError } from '#common/errors.ts';
import { createOutput, formatDuration } from '#main/entries/cli/output.ts';
import { textTable } from '#main/entries/cli/text-table.ts';

function terminal(json: boolean, isTTY = false) {
  let time = 0;
  const out = new PassThrough();
  const err: PassThrough & { isTTY?: boolean } = new PassThrough();
  err.isTTY = isTTY;
  const output = createOutput(json, out, err, () => time);
  const read = (stream: PassThrough) => String(stream.read() ?? '');
  return { output, stdout: () => read(out), stderr: () => read(err), wait: (ms: number) => (time += ms) };
}

describe('command line output', () => {
  it('with --json is exactly one JSON document on standard output', () => {
    const { output, stdout, stderr } = terminal(true);
    output.progress({ stage: 'Reading', done: 1, total: 2 });
    output.note('almost there');
    output.result({ kept: 3 }, () => 'kept 3');
    expect(JSON.parse(stdout())).toEqual({ kept: 3 });
    expect(stderr()).toBe('');
  });

  it('without --json is text for a person', () => {
    const { output, stdout } = terminal(false);
    output.result({ kept: 3 }, () => 'kept 3');
    expect(stdout()).toBe('kept 3\n');
  });

  it('ends as failed when a part was refused, although the rest was done', () => {
    const { output, stdout } = terminal(false);
    expect(output.exitCode()).toBe(0);
    output.result({ refused: [] }, () => 'all', []);
    expect(output.exitCode()).toBe(0);
    output.result({ refused: ['a.svs'] }, () => 'the rest', ['a.svs']);
    expect(output.exitCode()).toBe(1);
    expect(stdout()).toBe('all\nthe rest\n');
  });

  it.each([
    ['file-truncated', 1],
    ['invalid-input', 2],
    ['cancelled', 130],
  ] as const)('ends with the documented exit code for %s', (code, exitCode) => {
    const { output, stdout, stderr } = terminal(true);
    expect(output.failure(new TrefoilError(code, 'What happened.', 'What to do.'))).toBe(exitCode);
    expect(JSON.parse(stdout())).toEqual({
      error: { code, message: 'What happened.', hint: 'What to do.', details: {} },
    });
    expect(stderr()).toBe('What happened.\nWhat to do.\n');
  });

  it('names an unexpected failure as a defect, with its stack', () => {
    const { output, stderr } = terminal(false);
    expect(output.failure(new RangeError('boom'))).toBe(70);
    expect(stderr()).toMatch(/Unexpected failure: boom[\s\S]+RangeError: boom/);
  });

  it('shows progress with the time left, redrawn on a terminal', () => {
    const { output, stderr, wait } = terminal(false, true);
    output.progress({ stage: 'Extracting', done: 0, total: 100 });
    wait(10_000);
    output.progress({ stage: 'Extracting', done: 25, total: 100, note: 'slide A' });
    expect(stderr()).toContain('\r\u001b[2KExtracting: 25 % (25 of 100, 30 s left)  slide A');
  });

  it('does not flood a log file: one line a stage and one every 15 seconds', () => {
    const { output, stderr, wait } = terminal(false);
    for (let done = 0; done < 100; done += 1) {
      wait(200);
      output.progress({ stage: 'Extracting', done, total: 1000 });
    }
    expect(stderr().trim().split('\n')).toHaveLength(2);
  });
});

describe('durations', () => {
  it.each([
    [8, '8 s'],
    [75, '1 min 15 s'],
    [3 * 3600 + 120, '3 h 2 min'],
  ])('%d seconds read %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});

describe('text tables', () => {
  it('align the first column left and numbers right', () => {
    expect(
      textTable(
        ['name', 'n'],
        [
          ['a', '1'],
          ['long name', '100'],
        ],
      ),
    ).toBe(['name         n', '---------  ---', 'a            1', 'long name  100'].join('\n'));
  });
});
