/** `trefoil serve`: the app in a browser on this machine. Prints one line when ready and runs until it is stopped. */
import type { Command } from 'commander';
import { configurationFolder } from '../configuration-folder.ts';
import { startServer } from '../serve.ts';
import { given, integerOption } from './options.ts';
import type { CommandEnvironment } from './program.ts';

export function addServeCommand(program: Command, { output, context }: CommandEnvironment): void {
  program
    .command('serve')
    .argument('[project]', 'folder of a project to open')
    .description('the app in a browser on this machine; the printed address holds the token that lets the browser in')
    .option('--port <number>', 'port on 127.0.0.1; 0 for any free one', integerOption, 0)
    .option('--allow <folder...>', 'folders whose files the page may use; else the home folder and that of the project')
    .action(async (project: string | undefined, options: { port: number; allow?: string[] }) => {
      // A token of one's own keeps open pages valid over a restart; on the command line others could read it.
      const token = process.env['TREFOIL_TOKEN'];
      const server = await startServer({
        port: options.port,
        configurationFolder: configurationFolder(process.env, process.platform),
        log: (line) => output.note(line),
        ...given({ project, allowedFolders: options.allow, token }),
      });
      output.result({ url: server.url, port: server.port }, () => `Trefoil is ready: ${server.url}`);
      await stopped(context.signal);
      await server.close();
    });
}

function stopped(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((done) => {
    if (signal?.aborted === true) done();
    else signal?.addEventListener('abort', () => done(), { once: true });
  });
}
