#!/usr/bin/env node
// Starts a program of this project on the Node.js it ships, whatever Node.js was called.
//   node build/launch.js                 the trefoil command line
//   node build/launch.js --run FILE ...  any other script, e.g. the test runner
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNode } from './node-runtime.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const given = process.argv.slice(2);
const script = given[0] === '--run' ? given[1] : join(root, 'main', 'entries', 'cli.ts');
const rest = given[0] === '--run' ? given.slice(2) : given;
const node = findNode();

if (node === null || script === undefined) {
  process.stderr.write(
    `Trefoil needs Node.js 24 and found ${process.version} without its own runtime.\n` +
      'Run "npm ci" in the project folder (it installs the runtime for this platform), then try again.\n',
  );
  process.exit(1);
}

const child = spawn(node, ['--disable-warning=ExperimentalWarning', script, ...rest], {
  stdio: 'inherit',
  windowsHide: true,
  // Node's four file threads would all be taken by two drives that do not answer.
  env: { UV_THREADPOOL_SIZE: '12', ...process.env },
});
// A terminal sends Ctrl-C to the whole group, so the child has it already; a supervisor's signal reaches only this process.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
process.on('SIGHUP', () => child.kill('SIGHUP'));
child.on('error', (error) => {
  process.stderr.write(`Could not start ${node}: ${error.message}\n`);
  process.exit(1);
});
child.on('exit', (code, signal) => {
  if (signal !== null) {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  } else {
    process.exit(code ?? 1);
  }
});
