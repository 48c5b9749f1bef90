/**
 * The slide viewer and what is drawn over it. Everything speaks level-0 pixels of the slide.
 *
 *   <SlideViewer :project :slide @ready="view = $event"> layers, as children </SlideViewer>
 *   <TileLayer>     all tiles of a slide, coloured, with letters, outlines, hover and selection
 *   <PolygonLayer>  regions with handles
 *   <MaskLayer>     a small bitmap over a rectangle
 *   <DrawLayer>     anything else: a function that draws on a canvas
 *   useSlideView()  the view inside a child of SlideViewer; usePointerTool() pointer events in level-0 pixels
 */
export { default as SlideViewer } from './SlideViewer.vue';
export { default as TileLayer } from './TileLayer.vue';
export { default as PolygonLayer } from './PolygonLayer.vue';
export { default as MaskLayer } from './MaskLayer.vue';
export { default as DrawLayer } from './DrawLayer.vue';
export { createTileIndex, type TileIndexing } from './tile-index.ts';
export { packColour, tileCellRect } from './tile-drawing.ts';
export { useSlideView, type SlideView, type Drawing, type Layer } from './slide-view.ts';
export { usePointerTool, type PointerTool, type ToolPoint } from './usePointerTool.ts';
export { useLinkedViews } from './useLinkedViews.ts';
export { lengthText, magnificationAt, niceScaleLength, type ViewState } from './view-geometry.ts';
