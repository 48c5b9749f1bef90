/**
 * The command tree. Each command parses its options, calls one service of the core and prints the answer; no work is done
 * here, so the app and the command line cannot drift apart.
 */
import { Command, CommanderError } from 'commander';
import type { StageContext } from '#common/stage.ts';
import type { Core } from '../../services/core.ts';
import { exitCodes, type Output } from './output.ts';
import { addBundleCommands } from './bundle-commands.ts';
import { addCompareCommand } from './compare-command.ts';
import { addSimulateCommand } from './simulate-command.ts';
import { addTrustCommand } from './trust-command.ts';
import { addDataCommands } from './data-commands.ts';
import { addEncoderCommands } from './encoder-commands.ts';
import { addLearningCommands } from './learning-commands.ts';
import { addDemoCommand } from './demo-command.ts';
import { addBenchCommand } from './bench-command.ts';
import { addDoctorCommand } from './doctor-command.ts';
import { addReadingsCommands } from './readings-commands.ts';
import { addServeCommand } from './serve-command.ts';

export interface CommandEnvironment {
  readonly core: Core;
  readonly output: Output;
  readonly context: StageContext;
  /** Opens the project at a folder, runs the work with its id and closes it again. */
  withProject<T>(directory: string, work: (project: string) => Promise<T>): Promise<T>;
}

export function buildProgram(
  core: Core,
  output: Output,
  signal: AbortSignal,
): { run(args: string[]): Promise<number> } {
  const environment: CommandEnvironment = {
    core,
    output,
    context: {
      signal,
      onProgress: (progress) => output.progress(progress),
      onMessage: (text) => output.note(text),
    },
    withProject: async (directory, work) => {
      const { project } = await core.projects.open({ directory });
      try {
        return await work(project);
      } finally {
        await core.projects.close({ project });
      }
    },
  };

  const program = new Command('trefoil')
    .description(
      'Few-label tissue maps for whole-slide images, on this machine. Every command also takes --json and --help.',
    )
    .option('--json', 'print one JSON document on standard output instead of text')
    .exitOverride()
    .configureOutput({ writeErr: (text) => process.stderr.write(text) });
  addDoctorCommand(program, environment);
  addBenchCommand(program, environment);
  addDataCommands(program, environment);
  addLearningCommands(program, environment);
  addEncoderCommands(program, environment);
  addCompareCommand(program, environment);
  addSimulateCommand(program, environment);
  addBundleCommands(program, environment);
  addTrustCommand(program, environment);
  addReadingsCommands(program, environment);
  addDemoCommand(program, environment);
  addServeCommand(program, environment);
  for (const command of allCommands(program)) {
    command.exitOverride();
    if (command !== program) command.option('--json', 'print one JSON document on standard output instead of text');
  }

  return {
    async run(args) {
      if (args.length === 0) {
        program.outputHelp();
        return exitCodes.done;
      }
      try {
        await program.parseAsync(args, { from: 'user' });
        return output.exitCode();
      } catch (error) {
        if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
        return output.failure(error);
      }
    },
  };
}

function allCommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap((child) => allCommands(child as Command))];
}
