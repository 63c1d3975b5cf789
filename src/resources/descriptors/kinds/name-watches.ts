/** What an epoll set does not do as it did, in words for the log. */
import { isDisarmed, isSameWatch, type Pairs, type Watch } from './watches.ts';

/** Chosen: so many numbers of a kind are named. */
const NAMED_MAX = 8;

/** Behind "epoll set 5 "; empty: there is no difference. */
export function describeDifferences(wanted: readonly Watch[], { pairs, left }: Pairs): string {
  const missing: Watch[] = [];
  const changed: Watch[] = [];
  const asked: Watch[] = [];
  for (const [index, watch] of wanted.entries()) {
    const present = pairs[index];
    if (present === undefined) missing.push(watch);
    else if (isSameWatch(present, watch)) continue;
    else if (isDisarmed(watch)) asked.push(watch);
    else changed.push(watch);
  }
  return [
    say(missing, (list) => `does not watch ${list} any more`),
    say(changed, (list) => `watches ${list} for other events than it did`),
    say(asked, (list) => `may report that ${list} has ended, which it was not to`),
    say(left, (list) => `goes on watching what ${list} led to`),
  ]
    .filter((text) => text !== '')
    .join(', ');
}

function say(watches: readonly Watch[], text: (list: string) => string): string {
  if (watches.length === 0) return '';
  const numbers = watches.slice(0, NAMED_MAX).map(({ fd }) => fd);
  const more = watches.length > NAMED_MAX ? `, and ${watches.length - NAMED_MAX} more` : '';
  return text(`${numbers.join(', ')}${more}`);
}
