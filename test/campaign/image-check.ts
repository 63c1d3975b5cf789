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

const file = process.env.BELAY_IMAGES ?? '/dev/null';
const lists = new WeakMap<PointList, ResourceList>();
const { watch } = TracedProcess.prototype;
const { add, dropNewerThan, forget } = PointList.prototype;

function write(list: PointList, point: Point, when: string): void {
  const lines = lists.get(list)?.all.map((resource, index) => {
    const bytes = Buffer.from(resource.encode(point.image[index])).toString('base64');
    return `${JSON.stringify({ cd: point.cd, name: resource.name, when, bytes })}\n`;
  });
  appendFileSync(file, lines?.join('') ?? '');
}

TracedProcess.prototype.watch = function (): ResourceList {
  const list = watch.call(this);
  lists.set(this.points, list);
  return list;
};

PointList.prototype.add = function (point): void {
  add.call(this, point);
  write(this, point, 'made');
};

PointList.prototype.forget = function (point): void {
  write(this, point, 'gone');
  forget.call(this, point);
};

PointList.prototype.dropNewerThan = function (point): void {
  dropNewerThan.call(this, point);
  // Whatever happened to the process since, the point's image is what it was.
  write(this, point, 'gone');
};
