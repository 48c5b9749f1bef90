/**
 * What an ONNX file says about itself before anything runs it: producer, operator sets, metadata, operators of other makers and
 * files its weights lie in (onnx.proto3). Runs no operator; onnxruntime has the last word on whether it is sound.
 */
import { open, stat } from 'node:fs/promises';
import { TrefoilError } from '#common/errors.ts';
import { ProtobufFileReader, type MessageField } from './protobuf-file-reader.ts';

export interface OnnxFileFacts {
  readonly byteLength: number;
  readonly producer: string;
  /** By domain; '' is ONNX's own. */
  readonly operatorSets: Readonly<Record<string, number>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly nodes: number;
  /** Operators that onnxruntime does not bring, as domain and name. */
  readonly foreignOperators: readonly string[];
  /** Names of files beside the model that hold weights, as the model writes them. */
  readonly externalFiles: readonly string[];
}

/** Domains of onnxruntime's own operators. */
const knownDomains = new Set(['', 'ai.onnx', 'ai.onnx.ml', 'com.microsoft', 'com.microsoft.nchwc']);
const mostNodes = 200_000;
const mostTensors = 100_000;
const mostMetadata = 200;

/** Throws `file-not-found`, `file-invalid`, `file-truncated`, `limit-exceeded`. */
export async function readOnnxFile(path: string, name: string): Promise<OnnxFileFacts> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw new TrefoilError('file-not-found', `${name} cannot be opened.`, 'Check the file and its rights.', {}, error);
  });
  try {
    const status = await stat(path);
    const invalid = new TrefoilError(
      'file-invalid',
      `${name} is no ONNX model.`,
      'Choose a file that torch.onnx.export or another ONNX exporter wrote.',
    );
    if (!status.isFile() || status.size === 0) throw invalid;
    const reader = new ProtobufFileReader(file, name);
    const found = new Findings(name);
    let version = 0;
    let hasGraph = false;
    let producer = '';
    for await (const field of reader.fields(0, status.size)) {
      if (field.field === 1 && field.wireType === 0) version = field.value;
      else if (field.wireType !== 2) continue;
      else if (field.field === 2) producer = await reader.text(field);
      else if (field.field === 3) producer = `${producer} ${await reader.text(field)}`.trim();
      else if (field.field === 7) {
        hasGraph = true;
        await found.graph(reader, field);
      } else if (field.field === 8) await found.operatorSet(reader, field);
      else if (field.field === 14) await found.metadataEntry(reader, field);
      else if (field.field === 25) await found.localFunction(reader, field);
    }
    if (!hasGraph || version < 1 || version > 1000) throw invalid;
    return { byteLength: status.size, producer, ...found.finish() };
  } finally {
    await file.close();
  }
}

class Findings {
  private readonly name: string;
  private readonly operatorSets: Record<string, number> = {};
  private readonly metadata: Record<string, string> = {};
  private readonly operators = new Set<string>();
  private readonly localFunctions = new Set<string>();
  private readonly externalFiles = new Set<string>();
  private nodes = 0;
  private tensors = 0;

  constructor(name: string) {
    this.name = name;
  }

  async graph(reader: ProtobufFileReader, { start, end }: MessageField): Promise<void> {
    for await (const field of reader.fields(start, end)) {
      if (field.wireType !== 2) continue;
      if (field.field === 1) await this.node(reader, field);
      else if (field.field === 5) await this.tensor(reader, field);
    }
  }

  async operatorSet(reader: ProtobufFileReader, { start, end }: MessageField): Promise<void> {
    let domain = '';
    let version = 0;
    for await (const field of reader.fields(start, end)) {
      if (field.field === 1 && field.wireType === 2) domain = await reader.text(field);
      if (field.field === 2 && field.wireType === 0) version = field.value;
    }
    this.operatorSets[domain] = version;
  }

  async metadataEntry(reader: ProtobufFileReader, { start, end }: MessageField): Promise<void> {
    if (Object.keys(this.metadata).length >= mostMetadata) return;
    let key = '';
    let value = '';
    for await (const field of reader.fields(start, end)) {
      if (field.wireType !== 2 || field.end - field.start > 4096) continue;
      if (field.field === 1) key = await reader.text(field);
      if (field.field === 2) value = await reader.text(field);
    }
    this.metadata[key] = value;
  }

  async localFunction(reader: ProtobufFileReader, { start, end }: MessageField): Promise<void> {
    let name = '';
    let domain = '';
    for await (const field of reader.fields(start, end)) {
      if (field.wireType !== 2) continue;
      if (field.field === 1) name = await reader.text(field);
      if (field.field === 10) domain = await reader.text(field);
      if (field.field === 7) await this.node(reader, field);
    }
    this.localFunctions.add(`${domain} ${name}`);
  }

  finish() {
    return {
      operatorSets: this.operatorSets,
      metadata: this.metadata,
      nodes: this.nodes,
      foreignOperators: [...this.operators].filter((operator) => !this.localFunctions.has(operator)).sort(),
      externalFiles: [...this.externalFiles].sort(),
    };
  }

  private async node(reader: ProtobufFileReader, { start, end }: MessageField): Promise<void> {
    this.nodes += 1;
    if (this.nodes > mostNodes) throw this.tooMany('operators', mostNodes);
    let type = '';
    let domain = '';
    for await (const field of reader.fields(start, end)) {
      if (field.wireType !== 2) continue;
      if (field.field === 4) type = await reader.text(field);
      if (field.field === 7) domain = await reader.text(field);
    }
    if (!knownDomains.has(domain)) this.operators.add(`${domain} ${type}`);
  }

  /** Only its place is looked at; values stay unread. */
  private async tensor(reader: ProtobufFileReader, { start, end }: MessageField): Promise<void> {
    this.tensors += 1;
    if (this.tensors > mostTensors) throw this.tooMany('tensors', mostTensors);
    for await (const field of reader.fields(start, end)) {
      if (field.field !== 13 || field.wireType !== 2) continue;
      let key = '';
      let value = '';
      for await (const part of reader.fields(field.start, field.end)) {
        if (part.field === 1 && part.wireType === 2) key = await reader.text(part);
        if (part.field === 2 && part.wireType === 2) value = await reader.text(part);
      }
      if (key === 'location') this.externalFiles.add(value);
    }
  }

  private tooMany(what: string, limit: number): TrefoilError {
    return new TrefoilError(
      'limit-exceeded',
      `${this.name} has more than ${limit} ${what}.`,
      'An image encoder has far fewer: choose another file.',
    );
  }
}
