/** The `trefoil` command line: the only place that reads process.argv for it and turns Ctrl-C into a cancelled stage. */
import { createCore } from '../services/core.ts';
import { buildProgram } from './cli/program.ts';
import { createOutput } from './cli/output.ts';
import { endProcess, endWhenDone } from './end-process.ts';
import { useEngineFolder } from './engine-folder.ts';

const output = createOutput(process.argv.includes('--json'), process.stdout, process.stderr, () => performance.now());
useEngineFolder(process.env, process.platform);
const core = createCore();
const cancel = new AbortController();

let interrupts = 0;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interrupts += 1;
    if (interrupts === 1) {
      output.note('Stopping after the current step; what is finished is kept. Press Ctrl-C again to stop at once.');
      cancel.abort();
    } else {
      endProcess(130);
    }
  });
}

const exitCode = await buildProgram(core, output, cancel.signal).run(process.argv.slice(2));
await core.close();
endWhenDone(exitCode);
