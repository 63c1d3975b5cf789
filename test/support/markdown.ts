/** What tests need of a Markdown file: its code blocks, links and anchors of headings. */

export interface CodeBlock {
  readonly language: string;
  readonly text: string;
  /** From 1: where its first line is. */
  readonly line: number;
}

const FENCE = /^```(\S*)[^\n]*\n(.*?)^```$/gms;

export function readCodeBlocks(markdown: string): CodeBlock[] {
  return [...markdown.matchAll(FENCE)].map((match) => ({
    language: match[1] ?? '',
    text: match[2] ?? '',
    line: markdown.slice(0, match.index).split('\n').length + 1,
  }));
}

function withoutCode(markdown: string): string {
  return markdown.replaceAll(FENCE, '').replaceAll(/`[^`]*`/g, '');
}

/** Targets of links, as they are written. */
export function readLinks(markdown: string): string[] {
  const inline = withoutCode(markdown).matchAll(/\]\(([^)\s]+)\)/g);
  return [...inline].map((match) => match[1] ?? '');
}

/** The anchors that a forge makes of the headings. */
export function readAnchors(markdown: string): Set<string> {
  const headings = markdown.replaceAll(FENCE, '').matchAll(/^#+ (.*)$/gm);
  const slugs = [...headings].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
  return new Set(slugs);
}
