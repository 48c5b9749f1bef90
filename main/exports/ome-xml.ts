/**
 * OME-XML for an image of one channel a class (schema of June 2016, ome-model.readthedocs.io). What the standard has no place
 * for, where the image lies on the slide, is a MapAnnotation: names and values that Bio-Formats, OMERO and QuPath show.
 */
import { rgbOfColour } from '#common/domain/classes.ts';

export interface OmeImage {
  readonly name: string;
  readonly description: string;
  readonly creator: string;
  readonly width: number;
  readonly height: number;
  /** Micrometres of a pixel's sides. */
  readonly pixelUmX: number;
  readonly pixelUmY: number;
  /** Colour as "#rrggbb". */
  readonly channels: readonly { readonly name: string; readonly colour: string }[];
  readonly facts: Readonly<Record<string, string | number>>;
}

const namespace = 'http://www.openmicroscopy.org/Schemas/OME/2016-06';

export function omeXml(image: OmeImage): string {
  const { channels, facts } = image;
  const channel = channels.map(
    ({ name, colour }, index) =>
      `<Channel ID="Channel:0:${index}" Name="${escaped(name)}" SamplesPerPixel="1" Color="${omeColour(colour)}"/>`,
  );
  const planes = channels.map(
    (_, index) => `<TiffData FirstC="${index}" FirstT="0" FirstZ="0" IFD="${index}" PlaneCount="1"/>`,
  );
  const values = Object.entries(facts).map(([name, value]) => `<M K="${escaped(name)}">${escaped(String(value))}</M>`);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<OME xmlns="${namespace}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="${namespace} ${namespace}/ome.xsd" Creator="${escaped(image.creator)}">`,
    `<Image ID="Image:0" Name="${escaped(image.name)}">`,
    `<Description>${escaped(image.description)}</Description>`,
    `<Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="float" BigEndian="false" Interleaved="false" SizeX="${image.width}" SizeY="${image.height}" SizeZ="1" SizeC="${channels.length}" SizeT="1" PhysicalSizeX="${image.pixelUmX}" PhysicalSizeXUnit="µm" PhysicalSizeY="${image.pixelUmY}" PhysicalSizeYUnit="µm">`,
    ...channel,
    ...planes,
    '</Pixels>',
    '<AnnotationRef ID="Annotation:0"/>',
    '</Image>',
    '<StructuredAnnotations>',
    '<MapAnnotation ID="Annotation:0" Namespace="trefoil/map-on-slide">',
    `<Value>${values.join('')}</Value>`,
    '</MapAnnotation>',
    '</StructuredAnnotations>',
    '</OME>',
    '',
  ].join('\n');
}

/** Red, green, blue, alpha in one signed 32-bit number. */
function omeColour(colour: string): number {
  const [red, green, blue] = rgbOfColour(colour);
  return (red << 24) | (green << 16) | (blue << 8) | 255;
}

/** XML 1.0 has no place for control characters, not even escaped. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
