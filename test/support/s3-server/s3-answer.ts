import type { ServerResponse } from 'node:http';

/** A refusal as S3 gives it: a status, and a code that clients match on. */
export class S3Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message = code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

export type XmlValue = string | number | boolean | readonly XmlNode[];
export type XmlNode = readonly [name: string, value: XmlValue];

function render([name, value]: XmlNode): string {
  const inner =
    typeof value === 'object'
      ? value.map(render).join('')
      : String(value).replace(/[&<>]/g, (sign) => escapes[sign] ?? sign);
  return `<${name}>${inner}</${name}>`;
}

export function answerXml(res: ServerResponse, status: number, node: XmlNode): void {
  const body = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${render(node)}`);
  res.writeHead(status, { 'content-type': 'application/xml', 'content-length': body.length });
  res.end(body);
}

export function answerEmpty(
  res: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string | number>> = {},
): void {
  res.writeHead(status, headers);
  res.end();
}

/** As S3 does, the answer to HEAD has no body: the client knows the status alone. */
export function answerRefusal(res: ServerResponse, refusal: S3Refusal, method: string): void {
  if (method === 'HEAD' || refusal.status === 304) {
    answerEmpty(res, refusal.status);
    return;
  }
  answerXml(res, refusal.status, [
    'Error',
    [
      ['Code', refusal.code],
      ['Message', refusal.message],
      ['RequestId', '4442587FB7D0A2F9'],
    ],
  ]);
}
