/** What a client reads from a supervisor's socket, as schemas; messages.ts draws the exchange. */
import * as z from 'zod/mini';

export const helloSchema = z.object({
  belay: z.int(),
  /** It becomes part of a sentence of ours. */
  version: z.string().check(z.regex(/^\d[\w.+-]{0,31}$/)),
  pid: z.int(),
});

const id = z.int().check(z.nonnegative());

export const resultMessageSchema = z.object({ id, result: z.unknown() });
export const errorMessageSchema = z.object({
  id,
  error: z.object({ code: z.string(), message: z.string(), hint: z.optional(z.string()) }),
});
/** What is in it `readEvent` says: one that we do not know is an event all the same. */
export const eventMessageSchema = z.object({ event: z.record(z.string(), z.unknown()) });

export const serverMessageSchema = z.union([
  errorMessageSchema,
  eventMessageSchema,
  resultMessageSchema,
]);

export type Hello = z.infer<typeof helloSchema>;
export type ServerMessage = z.infer<typeof serverMessageSchema>;
