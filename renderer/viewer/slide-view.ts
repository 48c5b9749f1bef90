/**
 * A handle on what one viewer shows: positions, moves, layers. Made by SlideViewer.vue, given to its children. It hides
 * OpenSeadragon, whose coordinates are fractions of the slide's width.
 */
import { inject, shallowReactive, shallowRef, type InjectionKey, type ShallowRef } from 'vue';
import OpenSeadragon from 'openseadragon';
import { toLevel0, toScreen, visibleRect, type Point, type Rect, type ViewState } from './view-geometry.ts';

/** What a layer draws with: the canvas is set up so that its units are level-0 pixels. */
export interface Drawing {
  readonly context: CanvasRenderingContext2D;
  readonly view: ViewState;
  readonly visible: Rect;
  /** Length of one screen pixel in level-0 pixels: line widths. */
  readonly pixel: number;
}

export interface Layer {
  /** Drawn in ascending order. */
  readonly order: number;
  readonly draw: (drawing: Drawing) => void;
}

export interface SlideView {
  /** Changes with every frame in which the picture moves. */
  readonly state: ShallowRef<ViewState>;
  /** The element pointer events come from. */
  readonly element: HTMLElement;
  toScreen(point: Point): Point;
  toLevel0(point: Point): Point;
  /** Level-0 position of a pointer event. */
  eventPoint(event: MouseEvent): Point;
  visible(): Rect;
  fit(rect: Rect, isImmediate?: boolean): void;
  home(): void;
  /** `scale` in screen pixels per level-0 pixel; left out: as it is. */
  goTo(centre: Point, scale?: number, isImmediate?: boolean): void;
  zoomBy(factor: number): void;
  panBy(rightPx: number, downPx: number): void;
  rotateTo(degrees: number): void;
  /** Off while a tool takes the pointer; the wheel zooms all the same. */
  setDragging(isOn: boolean): void;
  /** Returns the function that takes the layer away. */
  addLayer(layer: Layer): () => void;
  /** Draws again in the next frame, without a move. */
  redraw(): void;
}

export const slideViewKey: InjectionKey<ShallowRef<SlideView | null>> = Symbol('slide view');

/** The view of the SlideViewer around the component; null until it is ready. */
export function useSlideView(): ShallowRef<SlideView | null> {
  const view = inject(slideViewKey, null);
  if (view === null) throw new Error('useSlideView is for children of SlideViewer');
  return view;
}

const reducesMotion = (): boolean => window.matchMedia('(prefers-reduced-motion: reduce)').matches;

/** Ties OpenSeadragon, the overlay canvas and the layers together. Returns the view and its end. */
export function createSlideView(
  osd: OpenSeadragon.Viewer,
  element: HTMLElement,
  canvas: HTMLCanvasElement,
  slide: { readonly width: number; readonly height: number },
): { readonly view: SlideView; dispose(): void } {
  const layers = shallowReactive<Layer[]>([]);
  const state = shallowRef<ViewState>(readState(osd, element, slide.width));
  const context = canvas.getContext('2d');
  let frame = 0;

  function draw(): void {
    cancelAnimationFrame(frame);
    frame = 0;
    const view = readState(osd, element, slide.width);
    state.value = view;
    if (context === null || view.width === 0) return;
    const ratio = window.devicePixelRatio || 1;
    const width = Math.round(view.width * ratio);
    const height = Math.round(view.height * ratio);
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    const angle = (view.rotation * Math.PI) / 180;
    const scale = view.scale * ratio;
    context.translate(width / 2, height / 2);
    context.rotate(angle);
    context.scale(scale, scale);
    context.translate(-view.centreX, -view.centreY);
    const drawing = { context, view, visible: visibleRect(view), pixel: 1 / view.scale };
    for (const layer of [...layers].sort((a, b) => a.order - b.order)) {
      context.save();
      layer.draw(drawing);
      context.restore();
    }
    element.dataset['scale'] = String(view.scale);
    element.dataset['centre'] = `${view.centreX},${view.centreY}`;
    element.dataset['rotation'] = String(view.rotation);
  }
  const redraw = (): void => {
    if (frame === 0) frame = requestAnimationFrame(draw);
  };
  // In the same frame as the picture, so that nothing lags behind it.
  osd.addHandler('update-viewport', draw);
  let isDragging = true;
  const hold = (event: { preventDefaultAction?: boolean }): void => {
    if (!isDragging) event.preventDefaultAction = true;
  };
  osd.addHandler('canvas-drag', hold);
  osd.addHandler('canvas-drag-end', hold);
  const observer = new ResizeObserver(redraw);
  observer.observe(element);

  const toViewport = (point: Point): OpenSeadragon.Point =>
    new OpenSeadragon.Point(point.x / slide.width, point.y / slide.width);
  const zoomOf = (scale: number): number => (scale * slide.width) / Math.max(1, element.clientWidth);
  const isAtOnce = (isImmediate: boolean): boolean => isImmediate || reducesMotion();

  const view: SlideView = {
    state,
    element,
    toScreen: (point) => toScreen(state.value, point),
    toLevel0: (point) => toLevel0(state.value, point),
    eventPoint: (event) => {
      const box = element.getBoundingClientRect();
      return toLevel0(state.value, { x: event.clientX - box.left, y: event.clientY - box.top });
    },
    visible: () => visibleRect(state.value),
    fit: ({ x, y, width, height }, isImmediate = false) => {
      const unit = slide.width;
      osd.viewport.fitBounds(
        new OpenSeadragon.Rect(x / unit, y / unit, width / unit, height / unit),
        isAtOnce(isImmediate),
      );
    },
    home: () => void osd.viewport.goHome(reducesMotion()),
    goTo: (centre, scale, isImmediate = false) => {
      if (scale !== undefined) osd.viewport.zoomTo(zoomOf(scale), undefined, isAtOnce(isImmediate));
      osd.viewport.panTo(toViewport(centre), isAtOnce(isImmediate));
      osd.viewport.applyConstraints(isAtOnce(isImmediate));
    },
    zoomBy: (factor) => {
      osd.viewport.zoomBy(factor, undefined, reducesMotion());
      osd.viewport.applyConstraints(reducesMotion());
    },
    panBy: (rightPx, downPx) => {
      const { centreX, centreY, scale, rotation } = state.value;
      const angle = (-rotation * Math.PI) / 180;
      const x = centreX + (rightPx * Math.cos(angle) - downPx * Math.sin(angle)) / scale;
      const y = centreY + (rightPx * Math.sin(angle) + downPx * Math.cos(angle)) / scale;
      osd.viewport.panTo(toViewport({ x, y }), reducesMotion());
      osd.viewport.applyConstraints(reducesMotion());
    },
    rotateTo: (degrees) => void osd.viewport.setRotation(((degrees % 360) + 360) % 360, reducesMotion()),
    setDragging: (isOn) => {
      isDragging = isOn;
    },
    addLayer: (layer) => {
      layers.push(layer);
      redraw();
      return () => {
        const at = layers.indexOf(layer);
        if (at >= 0) layers.splice(at, 1);
        redraw();
      };
    },
    redraw,
  };
  return {
    view,
    dispose: () => {
      cancelAnimationFrame(frame);
      observer.disconnect();
      osd.removeHandler('update-viewport', draw);
      osd.removeHandler('canvas-drag', hold);
      osd.removeHandler('canvas-drag-end', hold);
    },
  };
}

function readState(osd: OpenSeadragon.Viewer, element: HTMLElement, slideWidth: number): ViewState {
  const width = element.clientWidth;
  const height = element.clientHeight;
  const { viewport } = osd;
  if (viewport === undefined || viewport === null) {
    return { centreX: 0, centreY: 0, scale: 1, rotation: 0, width, height };
  }
  const centre = viewport.getCenter(true);
  return {
    centreX: centre.x * slideWidth,
    centreY: centre.y * slideWidth,
    scale: (viewport.getZoom(true) * viewport.getContainerSize().x) / slideWidth,
    rotation: viewport.getRotation(true),
    width,
    height,
  };
}
