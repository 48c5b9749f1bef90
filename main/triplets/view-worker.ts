/**
 * Worker thread of the view source: renders the jobs of a chunk and sends the floats back. A pure function of the request,
 * so the number of workers changes no value.
 */
import { parentPort } from 'node:worker_threads';
import { renderViews } from './render-views.ts';
import type { ViewRequest } from './render-views.ts';
import { ViewRenderer } from './augmentation/view-renderer.ts';

const port = parentPort;
if (port) {
  let renderer: ViewRenderer | null = null;
  port.on('message', ({ id, request }: { readonly id: number; readonly request: ViewRequest }) => {
    renderer ??= new ViewRenderer(request.tilePx, request.viewPx);
    const views = renderViews(renderer, request);
    port.postMessage({ id, views }, [views.buffer]);
  });
}
