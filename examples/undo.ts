/** A Node program that writes over its own heap through an FFI, and is put back with its timers. */
import { tsetjmp } from 'belay/target';
import koffi from 'koffi';
import { setTimeout as sleep } from 'node:timers/promises';

const libc = koffi.load('libc.so.6');
const memset = libc.func('void *memset(_Inout_ uint8_t *bytes, int value, size_t size)');

const timer = sleep(50, 'a timer set before the point');
const notes = ['first', 'second'];

const point = tsetjmp();
console.log(`point ${point.cd}, ${point.cause}: ${notes.join(', ')}`);
if (point.cause === 'saved') {
  notes.length = 0;
  // Sixteen bytes, written as a gigabyte: the heap behind them, and on until something gives.
  memset(new Uint8Array(16), 0x23, 2 ** 30);
}
console.log(`${await timer} has run`);
