/**
 * What is written to a program is what was to be written, also where our own memory is collected in
 * the middle of it: the garbage collector does not see that an address is still in use.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NativeBuffer } from '../../src/sys/libc.ts';
import { TargetMemory } from '../../src/tracee/target-memory.ts';
import { collectAndOverwrite, optimize, prepareToOptimize } from '../support/optimized.ts';

const SIZES = [12, 100, 5000, 200_000];
const WARMING_ROUNDS = 500;
const ROUNDS = 50;

/** Our own memory stands for a program's. Who it is is asked in the middle of a write. */
class Task {
  isCollecting = false;
  private readonly sizeBytes: number;

  constructor(sizeBytes: number) {
    this.sizeBytes = sizeBytes;
  }

  get living(): number {
    if (this.isCollecting) collectAndOverwrite(this.sizeBytes);
    return process.pid;
  }
}

for (const sizeBytes of SIZES) {
  for (const way of ['write', 'forceWrite'] as const) {
    test(`${way} of ${sizeBytes} bytes while memory is collected`, () => {
      const task = new Task(sizeBytes);
      const there = new NativeBuffer(sizeBytes);
      const method: unknown = Reflect.get(TargetMemory.prototype, way);
      prepareToOptimize(method);
      for (let round = 0; round < WARMING_ROUNDS + ROUNDS; round += 1) {
        // Optimized code alone lets go of what it will not use any more.
        if (round === WARMING_ROUNDS - 1) optimize(method);
        task.isCollecting = round >= WARMING_ROUNDS;
        const memory = new TargetMemory(task);
        const bytes = Buffer.alloc(sizeBytes, round);
        assert.equal(memory[way](there.address, bytes), true);
        assert.ok(there.bytes.subarray(0, sizeBytes).equals(bytes), `round ${round}`);
        memory.close();
      }
    });
  }
}
