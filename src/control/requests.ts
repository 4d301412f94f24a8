import { z } from 'zod';
import { textOf } from '../errors/e2d-error.ts';
import { harmless, namePattern, shortened } from '../errors/shown.ts';
import { type Refusal, refusal } from './refusal.ts';
import { type Caller, mayCall, needsOperator } from './roles.ts';

/** What is asked is told to the log, and to who asks. */
const name = z.string().regex(namePattern);

const requestSchema = z.object({
  method: z.string().regex(/^\w{1,64}$/),
  /** Of the local socket: shows that who asks can read what only e2d's own user can. */
  token: z.string().max(256).optional(),
  /** For `inspect`: only what happened after the step with this number. */
  since: z.int().nonnegative().optional(),
  /** For `restore`: what an operator asks for. */
  order: z
    .object({
      kind: z.enum(['approve', 'goBack', 'rebuild', 'callOff']),
      snapshotId: name.min(1).nullable(),
      lineage: name.min(1).nullable(),
    })
    .optional(),
});
type Request = z.infer<typeof requestSchema>;

/** What a method may be told beside its name. */
export type ControlParameters = Omit<Request, 'method' | 'token'>;

/** Answers one method; what it returns, or resolves to, is sent as JSON. */
export type ControlMethod = (parameters: ControlParameters, caller: Caller) => unknown;

export type ControlMethods = Readonly<Record<string, ControlMethod>>;

/** A request that was served or refused, for whoever keeps account of it. */
export interface Asked {
  readonly caller: Caller;
  /** Null where it could not be read. */
  readonly method: string | null;
  readonly parameters: ControlParameters;
  /** It changes something, or may: more than looking. */
  readonly isOrder: boolean;
  /** Why nothing was done; null when it was. */
  readonly refusal: string | null;
}

export interface Service {
  readonly methods: ControlMethods;
  /** Told of each request, after it. */
  readonly onAsked?: (asked: Asked) => void;
}

/** Says why a caller is not to be served; null lets the request pass. */
export type Gate = (request: { readonly token?: string | undefined }) => Refusal | null;

/** Serves one line of JSON. Never throws: what goes wrong is the answer. */
export async function serveLine(
  line: string,
  caller: Caller,
  { service, gate }: { readonly service: Service; readonly gate: Gate },
): Promise<object> {
  let request: Request | null = null;
  let answer: { readonly result: unknown } | Refusal;
  try {
    request = requestIn(line);
    answer = gate(request) ?? mayCall(caller, request.method) ?? (await call(request));
  } catch (problem) {
    const why = harmless(shortened(textOf(problem), 500));
    answer = refusal(`the request cannot be served (${why})`);
  }
  const { method = null, token: _, ...parameters } = request ?? {};
  const isOrder = method !== null && needsOperator(method);
  const why = 'error' in answer ? answer.error.message : null;
  service.onAsked?.({ caller, method, parameters, isOrder, refusal: why });
  return answer;

  async function call({ method, token: _, ...parameters }: Request) {
    const { methods } = service;
    const act = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (act === undefined) return refusal(`it knows no method "${method}"`);
    return { result: await act(parameters, caller) };
  }
}

/** What is wrong is told without the request itself, which may hold a token. */
function requestIn(line: string): Request {
  const request = requestSchema.safeParse(parsed(line));
  if (request.success) return request.data;
  const [issue] = request.error.issues;
  throw new Error(`${issue?.path.join('.') || 'it'}: ${issue?.message}`);
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new Error('it is no JSON');
  }
}
