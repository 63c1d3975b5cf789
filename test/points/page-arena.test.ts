/** Memory for saved pages: slots are apart, keep what is in them, and go when nobody needs them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PageArena } from '../../src/store/page-arena.ts';
import { NoRoomError, PageLimit } from '../../src/store/page-limit.ts';

const PAGE_SIZE = 4096;
const MANY = 16 * 1024;

/** How much of our address space is mapped, in bytes. */
function readMapped(): number {
  const [, kb] = /^VmSize:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'latin1')) ?? [];
  return Number(kb) * 1024;
}

function allocate(arena: PageArena, count: number): number[] {
  return Array.from({ length: count }, () => arena.allocate());
}

function makePoints(arena: PageArena, count: number, pages: number): void {
  for (let point = 0; point < count; point += 1) {
    const slots = allocate(arena, pages);
    for (const slot of slots) arena.free(slot);
    arena.warm();
  }
}

/** Addresses of the slots, which must be apart. */
function assertApart(arena: PageArena, slots: readonly number[]): void {
  const addresses = new Set(slots.map((slot) => arena.address(slot)));
  assert.equal(addresses.size, slots.length);
  for (const address of addresses) assert.equal(address % PAGE_SIZE, 0);
}

test('what every point needs again stays', () => {
  const arena = new PageArena();
  makePoints(arena, 100, MANY / 8);
  const mapped = readMapped();
  const slots = allocate(arena, MANY / 8);
  assert.equal(readMapped(), mapped);
  assertApart(arena, slots);
  arena.close();
});

test('what many points in a row have not needed is given back, and can be had again', () => {
  const arena = new PageArena();
  const kept = allocate(arena, 10);
  const before = kept.map((slot) => arena.address(slot));
  for (const slot of allocate(arena, MANY)) arena.free(slot);
  const most = readMapped();
  makePoints(arena, 1000, 10);
  assert.ok(most - readMapped() > (MANY * PAGE_SIZE) / 2);
  assert.deepEqual(
    kept.map((slot) => arena.address(slot)),
    before,
  );
  const again = allocate(arena, MANY);
  assertApart(arena, [...kept, ...again]);
  for (const slot of again) assert.ok(arena.isZero(slot));
  assert.equal(arena.used, MANY + kept.length);
  arena.close();
});

test('several share a limit, in which what is claimed counts', () => {
  const limit = new PageLimit(100 * PAGE_SIZE);
  const [one, other] = [new PageArena(limit), new PageArena(limit)];
  const slots = allocate(one, 60);
  other.claim(30);
  assert.throws(() => {
    one.claim(11);
  }, NoRoomError);
  allocate(one, 10);
  assert.throws(() => one.allocate(), NoRoomError);
  for (let count = 0; count < 20; count += 1) other.allocateClaimed();
  assert.equal(limit.room, 0);
  other.unclaim();
  assert.equal(limit.room, 10);
  for (const slot of slots) one.free(slot);
  assert.equal(limit.room, 70);
  one.close();
  other.close();
  assert.equal(limit.room, 100);
});
