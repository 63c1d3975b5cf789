/**
 * Memory whose address a call is given stays until the call is over, also where our own is
 * collected before: optimized code lets go of what it has asked for nothing but its address.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NativeBuffer } from '../../src/sys/libc.ts';
import { TargetMemory } from '../../src/tracee/target-memory.ts';
import { collectAndOverwrite, optimize, prepareToOptimize } from '../support/optimized.ts';

const WARMING_ROUNDS = 500;
const ROUNDS = 50;

const memory = new TargetMemory({ living: process.pid });

for (const sizeBytes of [8, 128, 4096, 200_000]) {
  test(`${sizeBytes} bytes stay while an address of theirs is in use`, () => {
    let isCollecting = false;
    const use = (content: number): Buffer => {
      const { bytes, address } = new NativeBuffer(sizeBytes);
      bytes.fill(content);
      if (isCollecting) collectAndOverwrite(sizeBytes);
      return memory.read(address, sizeBytes);
    };
    prepareToOptimize(use);
    for (let round = 0; round < WARMING_ROUNDS; round += 1) use(round);
    optimize(use);
    isCollecting = true;
    for (let round = 0; round < ROUNDS; round += 1) {
      assert.ok(use(round).equals(Buffer.alloc(sizeBytes, round)), `round ${round}`);
    }
  });
}
