import ts from 'typescript';
import type { SourceFile } from './project-files.ts';

/** What is wrong, where, and what to do instead: one line for a person. */
export type Violation = string;

const LIMITS = { functionLines: 70, fileLines: 400, columns: 100 } as const;

export function findLongFunctions({ path, text }: SourceFile): readonly Violation[] {
  const source = parse(path, text);
  return nodesOf(source).flatMap((node) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) {
      return [];
    }
    const first = lineOf(source, node.getStart(source));
    const lines = lineOf(source, node.getEnd()) - first + 1;
    return lines <= LIMITS.functionLines
      ? []
      : [`${path}:${first}: a function of ${lines} lines, at most ${LIMITS.functionLines}`];
  });
}

export function findLongFile({ path, text }: SourceFile): readonly Violation[] {
  const lines = text.trimEnd().split('\n').length;
  return lines <= LIMITS.fileLines ? [] : [`${path}: ${lines} lines, at most ${LIMITS.fileLines}`];
}

/** The formatter breaks code, people break comments; only a long text may stick out. */
export function findWideLines({ path, text }: SourceFile): readonly Violation[] {
  const lines = text.split('\n');
  const wide = lines.flatMap((line, index) =>
    columnsOf(line) > LIMITS.columns ? [index + 1] : [],
  );
  if (wide.length === 0) {
    return [];
  }
  const excused = linesOfTexts(parse(path, text));
  return wide
    .filter((line) => !excused.has(line))
    .map((line) => {
      const columns = columnsOf(lines[line - 1] ?? '');
      return `${path}:${line}: ${columns} columns, at most ${LIMITS.columns}`;
    });
}

function columnsOf(line: string): number {
  return [...line].length;
}

const LONG_TEXT = 30;

/** The lines that hold a piece of text which cannot be broken without cutting it. */
function linesOfTexts(source: ts.SourceFile): ReadonlySet<number> {
  const texts = nodesOf(source).filter(
    (node) =>
      ts.isStringLiteralLike(node) ||
      ts.isTemplateExpression(node) ||
      ts.isRegularExpressionLiteral(node),
  );
  return new Set(
    texts
      .filter((node) => node.getWidth(source) >= LONG_TEXT)
      .flatMap((node) => {
        const first = lineOf(source, node.getStart(source));
        const count = lineOf(source, node.getEnd()) - first + 1;
        return Array.from({ length: count }, (_, index) => first + index);
      }),
  );
}

/** Something that code must not use, and what it is to use instead. */
export interface Ban {
  /**
   * A global's name, or `object.property`. `new Date()` means the constructor without arguments.
   */
  readonly use: string;
  readonly instead: string;
  /** Files that may. */
  readonly allowedIn?: RegExp;
}

export function findBanned({ path, text }: SourceFile, bans: readonly Ban[]): readonly Violation[] {
  const banned = new Map(
    bans.filter(({ allowedIn }) => !allowedIn?.test(path)).map((ban) => [ban.use, ban]),
  );
  const source = parse(path, text);
  return nodesOf(source).flatMap((node) => {
    const ban = usesOf(node)
      .map((use) => banned.get(use))
      .find((found) => found !== undefined);
    return ban === undefined
      ? []
      : [`${path}:${lineOf(source, node.getStart(source))}: ${ban.use}: ${ban.instead}`];
  });
}

/** The names under which a node may be banned. */
function usesOf(node: ts.Node): readonly string[] {
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
    return [`${node.expression.text}.${node.name.text}`, `${node.expression.text}.*`];
  }
  if (ts.isNewExpression(node) && ts.isIdentifier(node.expression)) {
    const hasArguments = (node.arguments?.length ?? 0) > 0;
    return hasArguments ? [] : [`new ${node.expression.text}()`];
  }
  return ts.isIdentifier(node) && isGlobalUse(node) ? [node.text] : [];
}

/** Whether an identifier is read as a value, rather than being the name of something new. */
function isGlobalUse(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) {
    return parent.expression === node;
  }
  return (
    ts.isExpressionStatement(parent) ||
    ts.isCallExpression(parent) ||
    ts.isNewExpression(parent) ||
    ts.isBinaryExpression(parent) ||
    ts.isArrowFunction(parent) ||
    ts.isReturnStatement(parent) ||
    ts.isShorthandPropertyAssignment(parent) ||
    (ts.isPropertyAssignment(parent) && parent.initializer === node) ||
    (ts.isVariableDeclaration(parent) && parent.initializer === node)
  );
}

function parse(path: string, text: string): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
}

function nodesOf(node: ts.Node): readonly ts.Node[] {
  const nodes: ts.Node[] = [];
  const visit = (one: ts.Node): void => {
    nodes.push(one);
    ts.forEachChild(one, visit);
  };
  visit(node);
  return nodes;
}

function lineOf(source: ts.SourceFile, position: number): number {
  return source.getLineAndCharacterOfPosition(position).line + 1;
}
