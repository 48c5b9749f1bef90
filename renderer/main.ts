/**
 * The first thing the page runs; what it does is in start.ts. zod tries out whether it may compile code at run time, the policy
 * forbids it, and even the try counts as a violation, which would hide real ones: it is told before any schema is made. As a
 * plain import start.ts would come first, since the bundler puts what chunks share before the entry.
 */
import { z } from 'zod';

z.config({ jitless: true });
await import('./start.ts');
