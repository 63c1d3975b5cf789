/**
 * Reads records and events, those included that this release does not know: of a later one, or with
 * a value that no schema has thought of. They are told as they came, never left out.
 */
import type * as z from 'zod/mini';
import { logRecordSchema, supervisorEventSchema } from './records.ts';
import type { LogRecord, SupervisorEvent } from './records.ts';

/** A JSON object that is no record as we know them. */
export interface UnknownRecord {
  readonly type: 'unknown';
  /** As far as they can be told: milliseconds since 1970, and the process it is about. */
  readonly time?: number;
  readonly pid?: number;
  readonly value: Readonly<Record<string, unknown>>;
  /** The same as JSON in one line, with every digit of its numbers. */
  readonly text: string;
}

/** One line of a log. Undefined: it is not a JSON object, and nothing can be told of it. */
export function readLogLine(line: string): LogRecord | UnknownRecord | undefined {
  const value = parseObject(line);
  if (value === undefined) return undefined;
  return readAs(logRecordSchema, value) ?? toUnknown(value, line);
}

/** An event of a supervisor, as it came over the socket. */
export function readEvent(
  value: Readonly<Record<string, unknown>>,
): SupervisorEvent | UnknownRecord {
  return readAs(supervisorEventSchema, value) ?? toUnknown(value, JSON.stringify(value));
}

/** Fields that the schema does not have are kept beside those that it has. */
function readAs<Schema extends z.ZodMiniType<object>>(
  schema: Schema,
  value: Readonly<Record<string, unknown>>,
): z.infer<Schema> | undefined {
  const parsed = schema.safeParse(value);
  return parsed.success ? { ...value, ...parsed.data } : undefined;
}

function toUnknown(value: Readonly<Record<string, unknown>>, text: string): UnknownRecord {
  const { time, pid } = value;
  return {
    type: 'unknown',
    ...(isTime(time) ? { time } : {}),
    ...(typeof pid === 'number' ? { pid } : {}),
    value,
    // The blanks that JSON allows besides the space are control characters in a line.
    text: /[\t\r]/.test(text) ? JSON.stringify(value) : text,
  };
}

/** 8.64e15 ms is the last moment of ECMAScript's calendar. */
function isTime(time: unknown): time is number {
  return typeof time === 'number' && Math.abs(time) <= 8.64e15;
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
