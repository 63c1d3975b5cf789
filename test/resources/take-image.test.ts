/** What an image has of a program's pages, against sets of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { divide, without } from '../../src/resources/address-space/take-image.ts';
import { PageRanges } from '../../src/resources/address-space/page-ranges.ts';

const PAGE_COUNT = 40;
const somePages = fc.uniqueArray(fc.nat(PAGE_COUNT));

function rangesOf(pages: readonly number[]): PageRanges {
  const ranges = new PageRanges();
  for (const page of pages.toSorted((a, b) => a - b)) ranges.pushJoined(page, page + 1);
  return ranges;
}

function pagesOf(ranges: PageRanges): number[] {
  const pages: number[] = [];
  ranges.forEachPage((page) => pages.push(page));
  return pages;
}

test('what both have and what the image has not are all that the program has', () => {
  fc.assert(
    fc.property(somePages, somePages, (own, theirs) => {
      const { both, rest } = divide(rangesOf(own), rangesOf(theirs));
      const sorted = own.toSorted((a, b) => a - b);
      assert.deepEqual(
        pagesOf(both),
        sorted.filter((page) => theirs.includes(page)),
      );
      assert.deepEqual(
        pagesOf(rest),
        sorted.filter((page) => !theirs.includes(page)),
      );
    }),
  );
});

test('pages of which a byte is in the range are left out', () => {
  const left = without(rangesOf([1, 2, 3, 4]), { start: 2 * 4096 + 4095, end: 3 * 4096 + 1 });
  assert.deepEqual(pagesOf(left), [1, 4]);
  assert.deepEqual(pagesOf(without(rangesOf([0, 1]), { start: 0, end: 0 })), [0, 1]);
});
