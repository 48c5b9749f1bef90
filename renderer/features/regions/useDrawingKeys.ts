/** Every act on regions by key, in palette and keyboard sheet. Call it in a child of SlideViewer, so that it comes after the viewer's own keys. */
import { useEventListener } from '@vueuse/core';
import { useI18n } from 'vue-i18n';
import { offerCommands, useCommands, type Command } from '../../stores/commands.ts';
import { useSlideView } from '../../viewer/index.ts';
import type { Hand, Tool } from './drawing.ts';
import { useRegionEditor } from './region-editor.ts';

export const toolKeys: Readonly<Record<Tool, string>> = {
  move: 'V',
  rectangle: 'R',
  polygon: 'P',
  freehand: 'F',
  brush: 'B',
  eraser: 'E',
};

/** Screen pixels an arrow key moves the crosshair or a corner; with Shift and without. */
const steps = { plain: 8, shift: 64 } as const;

export function useDrawingKeys(): void {
  const { t } = useI18n();
  const view = useSlideView();
  const editor = useRegionEditor();
  const group = (): string => t('regions.title');

  /** The crosshair, which starts in the middle of what is seen. */
  function handOf(shift = false): Hand | null {
    const now = view.value;
    if (now === null) return null;
    const { centreX, centreY, scale } = now.state.value;
    const [x, y] = editor.pointer ?? [centreX, centreY];
    return { point: [x, y], level0PerScreenPx: 1 / scale, shift, alt: false };
  }
  const isEditing = (): boolean => editor.tool === 'move' && editor.selected !== null;
  const isDrawing = (): boolean => editor.tool !== 'move';

  function arrow(rightPx: number, downPx: number): void {
    const now = view.value;
    const hand = handOf();
    if (now === null || hand === null) return;
    if (isEditing()) {
      const factor = hand.level0PerScreenPx;
      return editor.nudge(rightPx * factor, downPx * factor);
    }
    const { x, y } = now.toScreen({ x: hand.point[0], y: hand.point[1] });
    // The first press shows the crosshair where it is.
    const isShown = editor.isCrosshair;
    const next = now.toLevel0(isShown ? { x: x + rightPx, y: y + downPx } : { x, y });
    editor.moveCrosshair({ ...hand, point: onGrid(next.x, next.y, rightPx, downPx) });
    keepSeen(next.x, next.y);
  }
  /** With snapping, a step is at least one line of the grid: smaller ones would snap back. */
  function onGrid(x: number, y: number, rightPx: number, downPx: number): [number, number] {
    if (!editor.isSnapping || editor.gridStep === null) return [x, y];
    const line = editor.gridStep.stridePx * editor.gridStep.downsample;
    const from = editor.pointer === null ? [x, y] : editor.scene.snap(editor.pointer);
    const way = (by: number, moved: number): number => (by === 0 ? 0 : Math.sign(by) * Math.max(line, Math.abs(moved)));
    return [(from[0] ?? x) + way(rightPx, x - (from[0] ?? x)), (from[1] ?? y) + way(downPx, y - (from[1] ?? y))];
  }
  function keepSeen(x: number, y: number): void {
    const now = view.value;
    if (now === null) return;
    const at = now.toScreen({ x, y });
    const { width, height } = now.state.value;
    const margin = 40;
    const right = Math.min(0, at.x - margin) + Math.max(0, at.x - width + margin);
    const down = Math.min(0, at.y - margin) + Math.max(0, at.y - height + margin);
    if (right !== 0 || down !== 0) now.panBy(right, down);
  }

  const directions = [
    ['ArrowLeft', -1, 0],
    ['ArrowRight', 1, 0],
    ['ArrowUp', 0, -1],
    ['ArrowDown', 0, 1],
  ] as const;
  const arrows = directions.flatMap(([key, right, down]) =>
    (['plain', 'shift'] as const).map((how): Command => ({
      id: `regions.${key}.${how}`,
      title: () => t(`regions.keys.${how}`, { key: t(`regions.keys.${key}`) }),
      group,
      keys: [how === 'shift' ? `Shift+${key}` : key],
      isKeyOnly: true,
      isEnabled: () => isDrawing() || isEditing(),
      run: () => arrow(right * steps[how], down * steps[how]),
    })),
  );

  const tools = (Object.keys(toolKeys) as Tool[]).map((tool): Command => ({
    id: `regions.tool.${tool}`,
    title: () => t(`regions.tools.${tool}`),
    group,
    keys: [toolKeys[tool]],
    run: () => editor.choose(tool),
  }));

  // The viewer takes the arrow keys that reach it; while something is drawn or chosen they are the hand's.
  const commands = useCommands();
  useEventListener(
    () => view.value?.element,
    'keydown',
    (event) => {
      if (event.target !== view.value?.element || !event.key.startsWith('Arrow')) return;
      if (commands.handleKey(event)) event.stopPropagation();
    },
    { capture: true },
  );

  offerCommands([
    ...tools,
    ...arrows,
    { id: 'regions.kind', title: () => t('regions.toggleKind'), group, keys: ['X'], run: editor.toggleKind },
    {
      id: 'regions.snap',
      title: () => t('regions.snap'),
      group,
      keys: ['G'],
      run: () => (editor.isSnapping = !editor.isSnapping),
    },
    {
      id: 'regions.smaller',
      title: () => t('regions.smallerBrush'),
      group,
      keys: ['['],
      run: () => editor.resizeBrush(0.8),
    },
    {
      id: 'regions.larger',
      title: () => t('regions.largerBrush'),
      group,
      keys: [']'],
      run: () => editor.resizeBrush(1.25),
    },
    {
      id: 'regions.confirm',
      title: () => t('regions.confirm'),
      group,
      keys: ['Enter', 'Shift+Enter'],
      isKeyOnly: true,
      isEnabled: () => editor.draft !== null || (isDrawing() && editor.isCrosshair),
      run: () => {
        const hand = handOf();
        if (hand !== null) editor.confirm(hand);
      },
    },
    {
      id: 'regions.takeBack',
      title: () => t('regions.takeBack'),
      group,
      keys: ['Backspace'],
      isKeyOnly: true,
      isEnabled: () => editor.draft?.kind === 'polygon',
      run: editor.takeBack,
    },
    {
      id: 'regions.escape',
      title: () => t('regions.escape'),
      group,
      keys: ['Escape'],
      isKeyOnly: true,
      isEnabled: () => editor.draft !== null || editor.selected !== null || isDrawing(),
      run: () => void editor.escape(),
    },
    {
      id: 'regions.delete',
      title: () => t('regions.delete'),
      group,
      keys: ['Delete'],
      isEnabled: () => editor.selected !== null,
      run: editor.deleteChosen,
    },
    {
      id: 'regions.nextVertex',
      title: () => t('regions.nextVertex'),
      group,
      keys: ['N'],
      isEnabled: isEditing,
      run: () => editor.stepVertex(1),
    },
    {
      id: 'regions.previousVertex',
      title: () => t('regions.previousVertex'),
      group,
      keys: ['Shift+N'],
      isEnabled: isEditing,
      run: () => editor.stepVertex(-1),
    },
    {
      id: 'regions.addVertex',
      title: () => t('regions.addVertex'),
      group,
      keys: ['Insert', 'A'],
      isEnabled: () => editor.vertex !== null,
      run: editor.addVertex,
    },
  ]);
}
