/**
 * Loaded into a supervisor: encodes every image of every point when it is made and again when it
 * goes, and writes both to the file that BELAY_IMAGES names, for another process to compare.
 *
 *   line  {"cd", "name", "when": "made" | "gone", "bytes": base64}
 */
import { appendFileSync } from 'node:fs';
import { TracedProcess } from '../../src/engine/traced-process.ts';
import type { Point } from '../../src/points/point.ts';
import { PointList } from '../../src/points/point-list.ts';
import type { ResourceList } from '../../src/resources/list.ts';
import { around } from '../support/around.ts';

const file = process.env.BELAY_IMAGES ?? '/dev/null';
const lists = new WeakMap<PointList, ResourceList>();
function write(list: PointList, point: Point, when: string): void {
  const lines = lists.get(list)?.all.map((resource, index) => {
    const bytes = Buffer.from(resource.encode(point.image[index])).toString('base64');
    return `${JSON.stringify({ cd: point.cd, name: resource.name, when, bytes })}\n`;
  });
  appendFileSync(file, lines?.join('') ?? '');
}

around(TracedProcess.prototype, 'watch', (self, watch) => {
  const list = watch();
  lists.set(self.points, list);
  return list;
});

around(PointList.prototype, 'add', (self, add, point) => {
  add(point);
  write(self, point, 'made');
});

around(PointList.prototype, 'forget', (self, forget, point) => {
  write(self, point, 'gone');
  forget(point);
});

around(PointList.prototype, 'dropNewerThan', (self, dropNewerThan, point) => {
  dropNewerThan(point);
  // Whatever happened to the process since, the point's image is what it was.
  write(self, point, 'gone');
});
