/** Names of the channels between preload script and main process. Apart from bridge.ts, because the preload script carries no zod. */
export const channels = {
  connect: 'trefoil:connect',
  port: 'trefoil:port',
  chooseFiles: 'trefoil:choose-files',
  allowDropped: 'trefoil:allow-dropped',
  setCommands: 'trefoil:set-commands',
  command: 'trefoil:command',
  updates: 'trefoil:updates',
  openProject: 'trefoil:open-project',
} as const;
