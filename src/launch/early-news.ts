/** News before there is anybody to tell: kept, and told when there is. */
import type { News } from '../desk/news.ts';

export class EarlyNews implements News {
  readonly wantsPoints = false;
  readonly isSpent = false;
  readonly events: Parameters<News['tell']>[] = [];
  tell(...event: Parameters<News['tell']>): void {
    this.events.push(event);
  }

  onAlarm(): void {
    // Nothing waits here for its time.
  }
}
