/**
 * The messages on a supervisor's socket: one JSON object a line, each way.
 *
 *     server  {"belay": 1, "version": "0.1.0", "pid": 4711}          the hello, once, at once
 *     client  {"id": 1, "method": "checkpoint", "params": {}}
 *     server  {"id": 1, "result": {"cd": 3, "pauseUs": 80, "pages": 12}}
 *         or  {"id": 1, "error": {"code": "EBADF", "message": "cannot …", "hint": "…"}}
 *     server  {"event": {"type": "fall", …}}                          after `subscribe`
 *
 * Requests are read by hand (`parseRequest`), since the supervisor has no memory to spare for a
 * schema library; what a client reads is in server-messages.ts.
 */
import { escapeControls } from '../plain-text.ts';

/** Grows with each change that an older peer would misunderstand. */
export const PROTOCOL_VERSION = 1;

/** Chosen: the longest request is under 200 bytes; what is longer is not one of ours. */
export const REQUEST_LINE_MAX_BYTES = 4096;
/** Chosen: 100,000 points at 160 bytes each, the longest answer that makes sense. */
export const REPLY_LINE_MAX_BYTES = 16 * 1024 * 1024;

export const METHODS = ['status', 'points', 'checkpoint', 'rewind', 'subscribe', 'detach'] as const;
export type Method = (typeof METHODS)[number];

/** The parameters of every method; absent ones mean "the program itself" and "the newest". */
export interface RequestParams {
  readonly pid?: number;
  readonly cd?: number;
  readonly value?: number;
}

export interface Request {
  readonly id: number;
  readonly method: Method;
  readonly params: RequestParams;
}

export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

export type ParsedRequest =
  | { readonly ok: true; readonly request: Request }
  | { readonly ok: false; readonly id: number; readonly error: WireError };

const ALLOWED_PARAMS: Readonly<Record<Method, readonly string[]>> = {
  status: [],
  points: ['pid'],
  checkpoint: ['pid'],
  rewind: ['pid', 'cd', 'value'],
  subscribe: [],
  detach: [],
};

const INT32_MAX = 2 ** 31 - 1;
const PARAM_RANGES: Readonly<Record<string, readonly [number, number]>> = {
  pid: [1, INT32_MAX],
  cd: [1, INT32_MAX],
  value: [-(2 ** 31), INT32_MAX],
};

/** Reads one line from a client. A request that makes no sense gives the error to answer with. */
export function parseRequest(line: string): ParsedRequest {
  const message = parseObject(line);
  if (message === undefined) return refusal(0, 'the line is not a JSON object');
  const { id, method, params = {} } = message;
  if (!isWithin(id, 0, Number.MAX_SAFE_INTEGER)) return refusal(0, 'its id is not a number');
  // Never made text of by its own means: a stranger's object has a stranger's toString.
  if (typeof method !== 'string') return refusal(id, 'its method is not a name');
  if (!isMethod(method)) return refusal(id, `there is no method ${quote(method)}`);
  if (!isRecord(params)) return refusal(id, 'its params are not an object');
  for (const [name, value] of Object.entries(params)) {
    if (!ALLOWED_PARAMS[method].includes(name)) {
      return refusal(id, `${method} has no parameter ${quote(name)}`);
    }
    const [least, most] = PARAM_RANGES[name] ?? [0, 0];
    if (!isWithin(value, least, most)) return refusal(id, `its ${name} is out of range`);
  }
  return { ok: true, request: { id, method, params } };
}

export function formatRequest(request: Request): string {
  return `${JSON.stringify(request)}\n`;
}

/** Chosen: enough to recognise a mistake by; an answer is no longer than the question. */
const QUOTED_MAX_CHARS = 64;

function quote(text: string): string {
  const cut = text.length <= QUOTED_MAX_CHARS ? text : `${text.slice(0, QUOTED_MAX_CHARS)}…`;
  return `'${escapeControls(cut)}'`;
}

function refusal(id: number, why: string): ParsedRequest {
  const message = `cannot understand the request: ${why}`;
  return { ok: false, id, error: { code: 'EPROTOCOL', message } };
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    return isRecord(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isMethod(value: string): value is Method {
  return (METHODS as readonly string[]).includes(value);
}

function isWithin(value: unknown, least: number, most: number): value is number {
  return Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most;
}
