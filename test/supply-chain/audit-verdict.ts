import { z } from 'zod';

/** What an audit came to. */
export type AuditVerdict =
  | { readonly kind: 'clean' }
  | { readonly kind: 'vulnerable'; readonly sentences: readonly string[] }
  /** Nobody answered: nothing is known. */
  | { readonly kind: 'unanswered'; readonly reason: string };

const reportSchema = z.object({
  vulnerabilities: z.record(
    z.string(),
    z.looseObject({ name: z.string(), severity: z.string(), range: z.string().default('') }),
  ),
});
const failureSchema = z.object({
  message: z.string().optional(),
  error: z.looseObject({ code: z.string().optional(), summary: z.string().optional() }).optional(),
});

const grave = ['high', 'critical'];

/** Reads what `npm audit --json` printed. Only a whole report is taken for an answer. */
export function auditVerdict(printed: string): AuditVerdict {
  const content = parsed(printed);
  const report = reportSchema.safeParse(content);
  if (report.success) {
    const found = Object.values(report.data.vulnerabilities);
    const sentences = found
      .filter(({ severity }) => grave.includes(severity))
      .map(({ name, severity, range }) => `${name} ${range}: ${severity}`);
    return sentences.length === 0 ? { kind: 'clean' } : { kind: 'vulnerable', sentences };
  }
  const failure = failureSchema.safeParse(content).data;
  const said = failure?.error?.summary || failure?.message || failure?.error?.code;
  return { kind: 'unanswered', reason: said || 'npm audit printed no report' };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
