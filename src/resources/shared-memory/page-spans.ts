/** Spans of pages, in order and apart from each other. */

/** Pages by their number within the object; the end is exclusive. */
export interface PageSpan {
  readonly first: number;
  readonly end: number;
}

/** Ascending numbers as spans. */
export function joinPages(pages: readonly number[]): PageSpan[] {
  const spans: { first: number; end: number }[] = [];
  for (const page of pages) {
    const last = spans.at(-1);
    if (last?.end === page) last.end += 1;
    else spans.push({ first: page, end: page + 1 });
  }
  return spans;
}

/** What is in both lists, and what in one of them alone. */
export function splitSpans(one: readonly PageSpan[], other: readonly PageSpan[]) {
  const both: PageSpan[] = [];
  let at = 0;
  for (const mine of one) {
    while ((other[at]?.end ?? Infinity) <= mine.first) at += 1;
    for (let index = at; index < other.length; index += 1) {
      const theirs = other[index];
      if (theirs === undefined || theirs.first >= mine.end) break;
      const first = Math.max(mine.first, theirs.first);
      both.push({ first, end: Math.min(mine.end, theirs.end) });
    }
  }
  return { both, onlyOne: subtract(one, both), onlyOther: subtract(other, both) };
}

function subtract(spans: readonly PageSpan[], without: readonly PageSpan[]): PageSpan[] {
  const left: PageSpan[] = [];
  let at = 0;
  for (const { first, end } of spans) {
    let from = first;
    while ((without[at]?.end ?? Infinity) <= from) at += 1;
    for (let i = at; i < without.length; i += 1) {
      const hole = without[i];
      if (hole === undefined || hole.first >= end) break;
      if (hole.first > from) left.push({ first: from, end: hole.first });
      from = hole.end;
    }
    if (from < end) left.push({ first: from, end });
  }
  return left;
}
